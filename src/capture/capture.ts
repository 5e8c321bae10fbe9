/**
 * Capture: copies committed changes of the mapped tables into the change log, in commit order.
 *
 * - Every attempt begins with the end of the log, never with memory (D3).
 * - The first message of an attempt is a checkpoint with a higher epoch, written at the expected sequence: whoever
 *   wrote before is refused from then on (G6).
 * - The log's position never passes a change that is not acknowledged (G1); a crash repeats changes at most (G2).
 * - Memory holds one chunk of the source, the messages made of it and the appender's window (G8).
 */
import { Effect, Result, Schedule, Schema } from "effect"
import { placeOf, type Anchor } from "../../schemas/anchor.ts"
import { capturedAfter, type Captured } from "../../schemas/captured.ts"
import { CheckpointBody, type SnapshotState } from "../../schemas/snapshot-state.ts"
import { persevere } from "../pipeline/persevere.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import { ApplyProgress, OffsetsReset, type ApplySilent } from "./ApplyProgress.ts"
import { CaptureFenced, ChangeLog, type ChangeLogError, type LogTail } from "./ChangeLog.ts"
import { ChangeSource, type ChangeSourceError } from "./ChangeSource.ts"
import { nextToTake } from "./next-to-take.ts"
import { pump, type PumpOptions } from "./pump.ts"
import {
  behindBreak,
  isSentElsewhere,
  mustAskApply,
  onNewTimeline,
  outranks,
  planResume,
  type ApplyAnswer,
  type ResumePlan,
  type StartAt
} from "./resume-plan.ts"
import { withNewTables } from "./SnapshotRun.ts"
import type { SnapshotSource } from "./SnapshotSource.ts"
import { SourceTranslator, type TranslatorOptions } from "./SourceTranslator.ts"

export type CaptureError = ChangeSourceError | ChangeLogError | ApplySilent | OffsetsReset

export interface CaptureOptions extends TranslatorOptions, PumpOptions {
  readonly start: StartAt
  /**
   * Places (placeOf) from which reading cannot go on and which the operator has given up: a new timeline opens at the
   * present end of the binlog, and every table is copied anew.
   */
  readonly acceptedBreaks?: ReadonlyArray<string> | undefined
  /** What becomes of a change that is larger than the largest message. Default refuse: MessageTooLarge. */
  readonly largeEvents?: "refuse" | "split" | undefined
}

/** The highest rank that this process wrote under; memory only to know whether somebody else came later. */
interface Rank {
  generation: number
  epoch: number
}

export const capture = (
  options: CaptureOptions
): Effect.Effect<never, CaptureError, ChangeSource | SnapshotSource | ChangeLog | ApplyProgress> =>
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
  const applied = yield* whereApplyStands(tail)
  const next = yield* nextToTake(tail, applied)
  const planned = planResume({ ...tail, firstHead: next }, applied, bounds, options.start, rank)
  const known = yield* knownAt(planned, tail, applied)
  const isBroken = planned.why !== "new" && (options.acceptedBreaks ?? []).includes(placeOf(planned.anchor))
  const { committedAt } = planned
  const from = yield* source.locate(
    isBroken
      ? { anchor: behindBreak(planned, bounds), committedAt }
      : { anchor: planned.anchor, captured: known.captured, committedAt }
  )
  const plan =
    from.anchor.timeline === planned.anchor.timeline
      ? planned
      : onNewTimeline(planned, isBroken ? "break" : "failover", from.anchor)
  const snapshot = snapshotAt(isBroken ? undefined : known.snapshot, isBroken, options)
  const bodyBytes = yield* log.bodyBytesMax
  const limits = {
    events: options.limits.events,
    bytes: Math.min(options.limits.bytes, bodyBytes),
    pieceBytes: options.largeEvents === "split" ? bodyBytes : undefined
  }
  const translator = new SourceTranslator({ ...options, limits }, plan, snapshot, from)
  const appender = yield* log.appender(tail.lastSequence)
  yield* appender.append(translator.checkpoint())
  yield* appender.flush
  rank.generation = plan.generation
  rank.epoch = plan.epoch
  const vitals = yield* CurrentVitals
  vitals.epochs.set("capture", plan.epoch)
  vitals.connections.set("log", true)
  yield* announce(plan, planned.anchor)
  const isChosen = applied !== "silent" && isSentElsewhere(tail.head, applied)
  const first = isChosen || isFirst(plan, tail)
  const reader = yield* source.open({ ...from, knownUpTo: plan.last, isFirst: first })
  vitals.connections.set("source", true)
  yield* steady
  return yield* Effect.raceFirst(pump(reader, appender, translator, options), untilSentElsewhere(plan))
})

const ASK_SECONDS = 5

/**
 * Apply may have been silent when capture began, or an operator may have reset its offset since: then it takes nothing of
 * what is written here, and capture must go to it.
 */
const untilSentElsewhere = Effect.fnUntraced(function* (
  plan: ResumePlan
): Effect.fn.Return<never, OffsetsReset, ApplyProgress> {
  const progress = yield* ApplyProgress
  while (true) {
    yield* Effect.sleep(`${ASK_SECONDS} seconds`)
    const applied = yield* progress.ask.pipe(Effect.catch(() => Effect.succeed(undefined)))
    if (applied === undefined || applied.generation <= plan.generation) continue
    const { generation, position } = applied
    return yield* new OffsetsReset({
      message: "Apply's offset is of a newer generation: it was reset, or another capture wrote",
      position,
      generation
    })
  }
})

/** Also where an earlier attempt got no further than to say where it begins. */
const isFirst = ({ anchor, why }: ResumePlan, { firstHead }: LogTail): boolean =>
  why === "new" ||
  why === "break" ||
  (why === "resume" &&
    anchor.gtid === null &&
    firstHead !== undefined &&
    placeOf(firstHead.anchor) === placeOf(anchor))

const askAgain = Schedule.spaced("200 millis")
/** By a timer: a schedule that is bounded by a duration compares wall times, and one that is set back has no end. */
const ANSWER_WITHIN = "2 seconds"

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
const whereApplyStands = Effect.fnUntraced(function* (
  tail: LogTail
): Effect.fn.Return<ApplyAnswer, ApplySilent, ApplyProgress> {
  const progress = yield* ApplyProgress
  if (mustAskApply(tail)) return yield* progress.ask
  return yield* progress.ask.pipe(
    // In one process both roles start at the same moment; apply needs one to open its desk.
    Effect.retry({ schedule: askAgain }),
    Effect.timeoutOrElse({
      duration: ANSWER_WITHIN,
      orElse: () =>
        Effect.logInfo("apply does not answer; capture resumes at the end of the change log").pipe(
          Effect.as("silent" as const)
        )
    })
  )
})

const decodeCheckpoint = Schema.decodeUnknownResult(Schema.fromJsonString(CheckpointBody))

interface Known {
  readonly snapshot?: SnapshotState | undefined
  readonly captured?: Captured | undefined
}

/** What is known at the place where capture goes on: of the copy of the tables, and of the transactions before it. */
const knownAt = Effect.fnUntraced(function* (
  plan: ResumePlan,
  tail: LogTail,
  applied: ApplyAnswer
): Effect.fn.Return<Known, ChangeLogError, ChangeLog> {
  if (plan.why !== "resume") return applied === "silent" ? {} : (applied ?? {})
  const checkpoint = yield* (yield* ChangeLog).lastCheckpoint
  const { head } = tail
  if (checkpoint === undefined || checkpoint.head.generation !== head?.generation) return {}
  const body = Result.getOrUndefined(decodeCheckpoint(new TextDecoder().decode(checkpoint.body)))
  // Every writer begins with a checkpoint; segments count from the last one of theirs.
  const isBase = checkpoint.head.epoch === head.epoch
  return {
    snapshot: body?.snapshot,
    captured:
      head.kind === "checkpoint"
        ? body?.captured
        : capturedAfter(isBase ? body?.captured : undefined, head.captured)
  }
})

/** Tables new in the configuration are added; behind a break in the history all of them are copied. */
const snapshotAt = (
  known: SnapshotState | undefined,
  isBroken: boolean,
  options: CaptureOptions
): SnapshotState => {
  const isCovered = known === undefined && options.start !== "snapshot" && !isBroken
  return withNewTables(known, options.tables, isCovered ? "done" : "waiting")
}

const announce = (plan: ResumePlan, planned: Anchor): Effect.Effect<void> =>
  Effect.logInfo("capture begins", {
    why: plan.why,
    file: plan.anchor.file,
    position: plan.anchor.position,
    gtid: plan.anchor.gtid,
    after: plan.last,
    generation: plan.generation,
    epoch: plan.epoch,
    ...(plan.anchor === planned ? {} : { timeline: plan.anchor.timeline, from: placeOf(planned) })
  })
