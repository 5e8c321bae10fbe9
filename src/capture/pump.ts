/**
 * The moving part of capture: from the source's chunks and the snapshot's to appended messages, until something fails.
 *
 * - While it waits it also watches the messages in flight: a refused one ends it.
 * - Transactions without mapped changes move the log by a checkpoint, at most every `checkpointMillis`.
 * - The copy of the tables reads its next chunk while the stream goes on, and yields to a stream that is behind.
 */
import { Clock, Effect, Fiber, Option, type Scope } from "effect"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import type { ChangeLogError, LogAppender, LogMessage } from "./ChangeLog.ts"
import { Undecodable, type ChangeSourceError, type SourceChunk, type SourceReader } from "./ChangeSource.ts"
import { SnapshotSource, type ChunkRequest, type SnapshotChunk } from "./SnapshotSource.ts"
import type { SourceTranslator } from "./SourceTranslator.ts"

export interface PumpOptions {
  readonly checkpointMillis: number
  readonly snapshotRows: number
}

/** A source chunk of this size means that more is waiting: the copy gives way. */
const BUSY_BYTES = 512 * 1024

const MICROS_PER_MILLI = 1000
const MILLI_DIGITS = 3

interface Copied {
  readonly request: ChunkRequest
  readonly chunk: SnapshotChunk
  readonly estimate: number | undefined
}

type Arrival = { readonly source: SourceChunk } | { readonly copied: Copied }

export const pump = Effect.fnUntraced(function* (
  reader: SourceReader,
  appender: LogAppender,
  translator: SourceTranslator,
  options: PumpOptions
): Effect.fn.Return<never, ChangeSourceError | ChangeLogError, SnapshotSource | Scope.Scope> {
  const readSource = Effect.map(reader.next, (source): Arrival => ({ source }))
  let streaming = yield* Effect.forkScoped(readSource)
  let copying: Fiber.Fiber<Arrival, ChangeSourceError> | undefined
  let isBusy = false
  let lastMessageAt = yield* Clock.currentTimeMillis
  const send = Effect.fnUntraced(function* (messages: ReadonlyArray<LogMessage>) {
    for (const message of messages) yield* appender.append(message)
    if (messages.length > 0) lastMessageAt = yield* Clock.currentTimeMillis
  })
  while (true) {
    if (copying === undefined && !isBusy) {
      const request = translator.nextChunk(options.snapshotRows)
      if (request !== undefined) copying = yield* Effect.forkScoped(readCopy(request))
    }
    const arrival = yield* firstOf(streaming, copying).pipe(
      Effect.raceFirst(appender.flush.pipe(Effect.andThen(Effect.never))),
      Effect.timeoutOption(options.checkpointMillis)
    )
    isBusy = false
    if (Option.isSome(arrival) && "source" in arrival.value) {
      isBusy = arrival.value.source.bytes >= BUSY_BYTES
      yield* send(yield* translate(translator, arrival.value.source))
      streaming = yield* Effect.forkScoped(readSource)
    } else if (Option.isSome(arrival) && "copied" in arrival.value) {
      const { request, chunk, estimate } = arrival.value.copied
      translator.chunkArrived(`${request.table.schema}.${request.table.table}`, chunk, estimate)
      copying = undefined
    }
    const now = yield* Clock.currentTimeMillis
    yield* send(
      yield* translated(() => translator.copyChunk(epochMicrosToUtc(now * MICROS_PER_MILLI, MILLI_DIGITS)))
    )
    if (translator.isBehind && now - lastMessageAt >= options.checkpointMillis) {
      yield* send([translator.checkpoint()])
    }
  }
})

const firstOf = (
  streaming: Fiber.Fiber<Arrival, ChangeSourceError>,
  copying: Fiber.Fiber<Arrival, ChangeSourceError> | undefined
): Effect.Effect<Arrival, ChangeSourceError> =>
  copying === undefined ? Fiber.join(streaming) : Effect.raceFirst(Fiber.join(streaming), Fiber.join(copying))

const readCopy = Effect.fnUntraced(function* (
  request: ChunkRequest
): Effect.fn.Return<Arrival, ChangeSourceError, SnapshotSource> {
  const snapshots = yield* SnapshotSource
  const isFirst = request.after === undefined
  const estimate = isFirst ? yield* snapshots.estimateRows(request.table) : undefined
  return { copied: { request, chunk: yield* snapshots.readChunk(request), estimate } }
})

const translate = (translator: SourceTranslator, chunk: SourceChunk) =>
  translated(() => translator.translate(chunk))

const translated = (
  step: () => ReadonlyArray<LogMessage>
): Effect.Effect<ReadonlyArray<LogMessage>, Undecodable> =>
  Effect.try({ try: step, catch: (error) => error }).pipe(
    Effect.catch((error) => (error instanceof Undecodable ? Effect.fail(error) : Effect.die(error)))
  )
