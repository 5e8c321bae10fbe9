/**
 * The moving part of capture: from the source's chunks and the snapshot's to appended messages, until something fails.
 *
 * - While it waits it also watches the messages in flight: a refused one ends it.
 * - Transactions without mapped changes move the log by a checkpoint, at most every `checkpointMillis`; so does the word
 *   of an idle source that it has nothing more, the heartbeat that travels the whole way.
 * - The copy of the tables reads its next chunk while the stream goes on, and yields to a stream that is behind.
 * - Operators' commands take their turn with the chunks; what they change is in the log before they are answered.
 */
import { Clock, Effect, Fiber, Option, Result, type Scope } from "effect"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import type { SnapshotCommand } from "../../schemas/snapshot-command.ts"
import { monotonicMillis } from "../pipeline/monotonic-millis.ts"
import { CurrentThrottles } from "../pipeline/Throttles.ts"
import { traced } from "../pipeline/traced.ts"
import type { ChangeLogError, LogAppender, LogMessage } from "./ChangeLog.ts"
import { Undecodable, type ChangeSourceError, type SourceChunk, type SourceReader } from "./ChangeSource.ts"
import { splitKeyText } from "./field-text.ts"
import { FailoverDiffers } from "./history-errors.ts"
import { commandSnapshot, statusOf } from "./snapshot-commands.ts"
import {
  SnapshotConditionRefused,
  SnapshotDesk,
  SnapshotKeyRefused,
  SnapshotUnchecked,
  type SnapshotQuestion,
  type SnapshotRefusal
} from "./SnapshotDesk.ts"
import { SnapshotSource, type ChunkRequest, type SnapshotChunk, type SnapshotKey } from "./SnapshotSource.ts"
import { CaptureWatch } from "./CaptureWatch.ts"
import type { SourceTranslator } from "./SourceTranslator.ts"

export interface PumpOptions {
  readonly checkpointMillis: number
  /** Rows of one chunk of a table's copy. */
  readonly snapshotRows: number
  /** Rows a second that the copy of the tables reads at most, on average; `undefined`: as fast as it can. */
  readonly snapshotRowsPerSecond?: number | undefined
}

/** A source chunk of this size means that more is waiting: the copy gives way. */
const BUSY_BYTES = 64 * 1024

const LAST_FLUSH = "10 seconds"
const MICROS_PER_MILLI = 1000
const MILLIS_PER_SECOND = 1000
const MILLI_DIGITS = 3

interface Copied {
  readonly request: ChunkRequest
  /** Refused: the table's condition no longer means anything to the server. */
  readonly outcome: Result.Result<SnapshotChunk, SnapshotConditionRefused>
  readonly estimate: number | undefined
}

interface Asked {
  readonly question: SnapshotQuestion
  /** The question's, its keys put as a condition. */
  readonly command: SnapshotCommand
  /** What the source has against it. */
  readonly fault: SnapshotRefusal | undefined
  /** What the keys of a revocation make. */
  readonly condition?: string | undefined
}

type Arrival = { readonly source: SourceChunk } | { readonly copied: Copied } | { readonly asked: Asked }
type Waiting = Fiber.Fiber<Arrival, ChangeSourceError>

export const pump = Effect.fnUntraced(function* (
  reader: SourceReader,
  appender: LogAppender,
  translator: SourceTranslator,
  options: PumpOptions
): Effect.fn.Return<never, ChangeSourceError | ChangeLogError, SnapshotSource | Scope.Scope> {
  const desk = yield* Effect.serviceOption(SnapshotDesk)
  const nextQuestion = Option.isSome(desk) ? yield* desk.value.open : Effect.never
  const readSource = Effect.map(reader.next, (source): Arrival => ({ source }))
  const takeQuestion = Effect.flatMap(nextQuestion, (question) => examined(translator, question))
  let streaming: Waiting = yield* Effect.forkScoped(readSource)
  let asking: Waiting = yield* Effect.forkScoped(takeQuestion)
  let copying: Waiting | undefined
  /** A question that waits for the end of a transaction. */
  let open: Asked | undefined
  let isBusy = false
  let copyAgainAt = Number.NEGATIVE_INFINITY
  let now = yield* monotonicMillis
  let lastMessageAt = now
  const watch = yield* CaptureWatch.begin(appender)
  const look = watch.look(appender, translator)
  const send = Effect.fnUntraced(function* (messages: ReadonlyArray<LogMessage>) {
    if (messages.length === 0) return
    yield* traced("capture messages", () => runAttributes(messages), appendAll(appender, messages))
    yield* Effect.andThen(watch.sent(messages), asFastAsAllowed(messages))
    lastMessageAt = yield* monotonicMillis
  })
  while (true) {
    if (copying === undefined && !isBusy && now >= copyAgainAt) {
      const request = translator.nextChunk(chunkRows(options))
      if (request !== undefined) {
        copying = yield* Effect.forkScoped(readCopy(request))
        copyAgainAt = now + restMillis(request.rowsMax, options)
      }
    }
    const rest = copyAgainAt > now ? copyAgainAt - now : options.checkpointMillis
    const arrival = yield* firstOf(open === undefined ? asking : undefined, copying, streaming).pipe(
      // What was read before a source stops must be in the log: an operator may change the mapping before the next start.
      Effect.tapError(() => Effect.ignore(Effect.timeout(appender.flush, LAST_FLUSH))),
      Effect.raceFirst(appender.flush.pipe(Effect.andThen(look), Effect.andThen(Effect.never))),
      Effect.timeoutOption(Math.min(rest, options.checkpointMillis))
    )
    isBusy = false
    if (Option.isSome(arrival)) {
      if ("source" in arrival.value) {
        const { source } = arrival.value
        isBusy = source.bytes >= BUSY_BYTES
        yield* send(yield* translate(translator, source))
        const heartbeat = source.isAll === true ? translator.quiet(yield* timeText) : undefined
        if (heartbeat !== undefined) yield* send([heartbeat])
        yield* watch.read(source, translator)
        streaming = yield* Effect.forkScoped(readSource)
      } else if ("copied" in arrival.value) {
        copying = undefined
        yield* takeCopy(translator, arrival.value.copied)
      } else open = arrival.value.asked
    }
    now = yield* monotonicMillis
    yield* look
    const readAt = yield* timeText
    yield* send(yield* translated(() => translator.copyChunk(readAt)))
    if (open !== undefined && (yield* answered(translator, send, appender.flush, open))) {
      open = undefined
      asking = yield* Effect.forkScoped(takeQuestion)
    }
    if (translator.isBehind && now - lastMessageAt >= options.checkpointMillis) {
      yield* send([translator.checkpoint()])
    }
    if (translator.needsCheckpoint) yield* send([translator.stateCheckpoint()])
  }
})

const appendAll = Effect.fnUntraced(function* (appender: LogAppender, messages: ReadonlyArray<LogMessage>) {
  for (const message of messages) yield* appender.append(message)
})

const runAttributes = (messages: ReadonlyArray<LogMessage>) => {
  const { head } = messages.at(-1)!
  return {
    "gradewire.messages": messages.length,
    "gradewire.events": messages.reduce((sum, message) => sum + message.head.count, 0),
    "gradewire.bytes": messages.reduce((sum, message) => sum + message.body.length, 0),
    "gradewire.position": head.last,
    "gradewire.committed_at": head.committedAt ?? undefined
  }
}

/** Waits where an operator has limited capture. */
const asFastAsAllowed = (messages: ReadonlyArray<LogMessage>): Effect.Effect<void> =>
  Effect.flatMap(CurrentThrottles, (throttles) =>
    throttles.passed(
      "capture",
      messages.reduce((sum, { head }) => sum + head.count, 0)
    )
  )

/** Now, RFC 3339 UTC. */
const timeText = Effect.map(Clock.currentTimeMillis, (millis) =>
  epochMicrosToUtc(millis * MICROS_PER_MILLI, MILLI_DIGITS)
)

/** Where several have arrived, the first one given: a busy stream may not keep the others waiting. */
const firstOf = (...waiting: ReadonlyArray<Waiting | undefined>): Effect.Effect<Arrival, ChangeSourceError> =>
  Effect.raceAllFirst(waiting.filter((fiber) => fiber !== undefined).map((fiber) => Fiber.join(fiber)))

/** A chunk holds no more than a second's rows, so that the copy goes evenly. */
const chunkRows = ({ snapshotRows, snapshotRowsPerSecond }: PumpOptions): number =>
  Math.min(snapshotRows, snapshotRowsPerSecond ?? snapshotRows)

const restMillis = (rows: number, { snapshotRowsPerSecond }: PumpOptions): number =>
  snapshotRowsPerSecond === undefined ? 0 : Math.ceil((rows * MILLIS_PER_SECOND) / snapshotRowsPerSecond)

const readCopy = Effect.fnUntraced(function* (
  request: ChunkRequest
): Effect.fn.Return<Arrival, ChangeSourceError, SnapshotSource> {
  const snapshots = yield* SnapshotSource
  const isFirst = request.after === undefined
  const estimate = isFirst ? yield* snapshots.estimateRows(request.table) : undefined
  const outcome = yield* snapshots.readChunk(request).pipe(
    Effect.map((chunk): Copied["outcome"] => Result.succeed(chunk)),
    Effect.catchTag("SnapshotConditionRefused", (refusal) => Effect.succeed(Result.fail(refusal)))
  )
  return { copied: { request, outcome, estimate } }
})

/** A condition that the server does not take any more must not stop the stream: that copy ends. */
const takeCopy = Effect.fnUntraced(function* (translator: SourceTranslator, copied: Copied) {
  const table = `${copied.request.table.schema}.${copied.request.table.table}`
  if (Result.isSuccess(copied.outcome)) {
    return translator.chunkArrived(table, copied.outcome.success, copied.estimate)
  }
  const canceled = commandSnapshot(translator.snapshot, { command: "cancel", table }, [table])
  if (Result.isSuccess(canceled)) translator.snapshot = canceled.success
  yield* Effect.logWarning("the copy of a table ends: the training database refuses its condition", {
    table,
    errno: copied.outcome.failure.errno
  })
})

/** Lets the source check the condition of a copy before it is accepted. */
const examined = Effect.fnUntraced(function* (
  translator: SourceTranslator,
  question: SnapshotQuestion
): Effect.fn.Return<Arrival, never, SnapshotSource> {
  const { command } = question
  const asked = { question, command, fault: undefined }
  if (command.command !== "start" && command.command !== "revoke") return { asked }
  const request = translator.requestFor(command.table)
  if (request === undefined) return { asked }
  const texts = command.command === "start" ? command.keys : command.rows.map(({ key }) => key)
  const keys = texts?.map((text) => splitKeyText(text, request.key.length))
  if (keys?.includes(undefined) === true)
    return { asked: { ...asked, fault: keyRefused(command.table, request.key) } }
  const snapshots = yield* SnapshotSource
  const given = keys as ReadonlyArray<SnapshotKey> | undefined
  const where = command.command === "start" ? (command.where ?? undefined) : undefined
  return yield* snapshots.check({ ...request, where, keys: given }).pipe(
    Effect.map((condition) => ({
      asked:
        command.command === "start"
          ? { ...asked, command: { ...command, where: condition ?? null } }
          : { ...asked, condition }
    })),
    Effect.catch((error) => {
      const fault =
        error instanceof SnapshotConditionRefused
          ? error
          : new SnapshotUnchecked({ message: error.message, fix: error.remedy })
      return Effect.succeed({ asked: { ...asked, fault } })
    })
  )
})

const keyRefused = (table: string, columns: ReadonlyArray<string>): SnapshotKeyRefused =>
  new SnapshotKeyRefused({ message: `the key of ${table} has ${columns.length} parts`, table, columns })

/** False where it has to wait for the end of a transaction. */
const answered = Effect.fnUntraced(function* (
  translator: SourceTranslator,
  send: (messages: ReadonlyArray<LogMessage>) => Effect.Effect<void, ChangeLogError>,
  flush: Effect.Effect<void, ChangeLogError>,
  { condition, question, command, fault }: Asked
): Effect.fn.Return<boolean, ChangeLogError> {
  const before = translator.snapshot
  const mapped = before.tables.map(({ table }) => table).filter((table) => translator.requestFor(table))
  const decided = commandSnapshot(before, command, mapped, condition)
  if (Result.isFailure(decided) || fault !== undefined) {
    yield* question.answer(Result.isFailure(decided) ? decided.failure : fault!)
    return true
  }
  if (decided.success !== before) {
    if (!translator.isInGap) return false
    translator.snapshot = decided.success
    yield* send([translator.stateCheckpoint()])
    // Whoever is told of it may rely on it, whatever happens to this process.
    yield* flush
  }
  yield* question.answer(statusOf(translator.snapshot))
  return true
})

const translate = (translator: SourceTranslator, chunk: SourceChunk) =>
  translated(() => translator.translate(chunk))

const translated = (
  step: () => ReadonlyArray<LogMessage>
): Effect.Effect<ReadonlyArray<LogMessage>, Undecodable | FailoverDiffers> =>
  Effect.try({ try: step, catch: (error) => error }).pipe(
    Effect.catch((error) =>
      error instanceof Undecodable || error instanceof FailoverDiffers
        ? Effect.fail(error)
        : Effect.die(error)
    )
  )
