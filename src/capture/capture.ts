/**
 * Capture: copies committed changes of the mapped tables into the change log, in commit order.
 *
 * - Every attempt begins with the end of the log, never with memory (D3).
 * - The first message of an attempt is a checkpoint with a higher epoch, written at the expected sequence: whoever
 *   wrote before is refused from then on (G6).
 * - The log's position never passes a change that is not acknowledged (G1); a crash repeats changes at most (G2).
 * - Memory holds one chunk of the source, the messages made of it and the appender's window (G8).
 */
import { Clock, Effect, Fiber, Option, Schedule, type Scope } from "effect"
import { persevere } from "../pipeline/persevere.ts"
import { ApplyProgress, type ApplySilent } from "./ApplyProgress.ts"
import { CaptureFenced, ChangeLog, type ChangeLogError, type LogAppender, type LogTail } from "./ChangeLog.ts"
import {
  ChangeSource,
  Undecodable,
  type ChangeSourceError,
  type SourceChunk,
  type SourceReader
} from "./ChangeSource.ts"
import { mustAskApply, outranks, planResume, type ResumePlan } from "./resume-plan.ts"
import { SourceTranslator, type TranslatorOptions } from "./SourceTranslator.ts"

export type CaptureError = ChangeSourceError | ChangeLogError | ApplySilent

export interface CaptureOptions extends TranslatorOptions {
  readonly start: "earliest" | "latest"
  readonly checkpointMillis: number
}

/** The highest rank that this process wrote under; memory only to know whether somebody else came later. */
interface Rank {
  generation: number
  epoch: number
}

export const capture = (
  options: CaptureOptions
): Effect.Effect<never, CaptureError, ChangeSource | ChangeLog | ApplyProgress> =>
  Effect.suspend(() => {
    const rank: Rank = { generation: 0, epoch: 0 }
    return persevere("capture", (steady) => Effect.scoped(attempt(options, rank, steady)))
  })

const attempt = Effect.fnUntraced(function* (
  options: CaptureOptions,
  rank: Rank,
  steady: Effect.Effect<void>
) {
  const log = yield* ChangeLog
  const source = yield* ChangeSource
  const tail = yield* log.tail
  yield* leaveIfFenced(tail, rank)
  const bounds = yield* source.bounds
  const plan = planResume(tail, yield* whereApplyStands(tail), bounds, options.start, rank.epoch)
  const translator = new SourceTranslator(options, plan)
  const appender = yield* log.appender(tail.lastSequence)
  yield* appender.append(translator.checkpoint())
  yield* appender.flush
  rank.generation = plan.generation
  rank.epoch = plan.epoch
  yield* announce(plan)
  const reader = yield* source.open(plan.anchor)
  yield* steady
  return yield* pump(reader, appender, translator, options.checkpointMillis)
})

const askAgain = Schedule.spaced("200 millis").pipe(Schedule.upTo({ duration: "2 seconds" }))

const leaveIfFenced = (tail: LogTail, rank: Rank): Effect.Effect<void, CaptureFenced> =>
  rank.epoch > 0 && tail.head !== undefined && outranks(tail.head, rank)
    ? Effect.fail(
        new CaptureFenced({
          message: "Another process captures for this connector and took over",
          epoch: rank.epoch,
          newerEpoch: tail.head.epoch
        })
      )
    : Effect.void

/** An empty log is never taken for a new one without an answer; a log that speaks for itself is only checked. */
const whereApplyStands = Effect.fnUntraced(function* (tail: LogTail) {
  const progress = yield* ApplyProgress
  if (mustAskApply(tail)) return yield* progress.ask
  return yield* progress.ask.pipe(
    // In one process both roles start at the same moment; apply needs one to open its desk.
    Effect.retry({ schedule: askAgain }),
    Effect.catchTag("ApplySilent", () =>
      Effect.logInfo("apply does not answer; capture resumes at the end of the change log").pipe(
        Effect.as(undefined)
      )
    )
  )
})

const announce = (plan: ResumePlan): Effect.Effect<void> =>
  Effect.logInfo("capture begins", {
    why: plan.why,
    file: plan.anchor.file,
    position: plan.anchor.position,
    gtid: plan.anchor.gtid,
    after: plan.last,
    generation: plan.generation,
    epoch: plan.epoch
  })

/**
 * Moves changes until something fails. While it waits for the source it also watches the messages in flight, and
 * writes a checkpoint once transactions without mapped changes have been read for `checkpointMillis`.
 */
const pump = Effect.fnUntraced(function* (
  reader: SourceReader,
  appender: LogAppender,
  translator: SourceTranslator,
  checkpointMillis: number
): Effect.fn.Return<never, ChangeSourceError | ChangeLogError, Scope.Scope> {
  let lastMessageAt = yield* Clock.currentTimeMillis
  while (true) {
    const waiting = yield* Effect.forkScoped(reader.next)
    let chunk = Option.none<SourceChunk>()
    while (Option.isNone(chunk)) {
      chunk = yield* Fiber.join(waiting).pipe(
        Effect.raceFirst(appender.flush.pipe(Effect.andThen(Effect.never))),
        Effect.timeoutOption(checkpointMillis)
      )
      const now = yield* Clock.currentTimeMillis
      if (Option.isSome(chunk)) {
        const messages = yield* translate(translator, chunk.value)
        for (const message of messages) yield* appender.append(message)
        if (messages.length > 0) lastMessageAt = now
      }
      if (translator.isBehind && now - lastMessageAt >= checkpointMillis) {
        yield* appender.append(translator.checkpoint())
        lastMessageAt = now
      }
    }
  }
})

const translate = (translator: SourceTranslator, chunk: SourceChunk) =>
  Effect.try({ try: () => translator.translate(chunk), catch: (error) => error }).pipe(
    Effect.catch((error) => (error instanceof Undecodable ? Effect.fail(error) : Effect.die(error)))
  )
