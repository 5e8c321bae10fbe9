/** The change log on JetStream, capture's side: one stream, one writer at a time, proven by expected sequences (G6). */
import type { StreamInfo } from "@nats-io/jetstream"
import { Effect, Layer } from "effect"
import {
  ChangeLog,
  LogForeign,
  type ChangeLogError,
  type LogMessage,
  type LogTail
} from "../../src/capture/ChangeLog.ts"
import { logErrorOf } from "./classify-error.ts"
import type { OwnHead } from "../../src/pipeline/first-after.ts"
import { ensureStream } from "./ensure-stream.ts"
import { openAppender } from "./JetStreamAppender.ts"
import { NatsConnection, type Link } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"
import { headAtOrAfter, newestCheckpoint, newestHead } from "./stream-access.ts"

/** Room for headers beside a body; ours take 700 to 1,000 bytes. */
const HEADER_RESERVE_BYTES = 4_096

export const layerChangeLog = (options: JetStreamOptions): Layer.Layer<ChangeLog, never, NatsConnection> =>
  Layer.effect(
    ChangeLog,
    Effect.map(NatsConnection, (connection) => make(options, connection))
  )

const make = (options: JetStreamOptions, connection: NatsConnection["Service"]): ChangeLog["Service"] => {
  const toLogError = (trouble: NatsTrouble): ChangeLogError => logErrorOf(options, trouble)
  const link = Effect.mapError(connection.link, toLogError)
  const ensured = ensureStream(connection, options)

  const storedAt = (sequence: number) =>
    headAtOrAfter(connection, options, sequence).pipe(Effect.mapError(toLogError))
  const headAt = Effect.fnUntraced(function* (
    sequence: number
  ): Effect.fn.Return<OwnHead | undefined, ChangeLogError> {
    const found = yield* storedAt(sequence)
    if (found === undefined) return undefined
    const { head } = found
    if (head?.connector !== options.connector) return yield* foreign(options, found.sequence)
    return { sequence: found.sequence, head }
  })

  const tail = Effect.gen(function* (): Effect.fn.Return<LogTail, ChangeLogError> {
    const { state } = yield* ensured
    const empty = { firstSequence: 0, lastSequence: state.last_seq, head: undefined, firstHead: undefined }
    if (state.messages === 0) return empty
    const newest = yield* newestHead(connection, options).pipe(Effect.mapError(toLogError))
    // Purged, or aged out, between the two questions.
    if (newest === undefined) return empty
    const { head, sequence } = newest
    if (head === undefined || head.connector !== options.connector) {
      return yield* foreign(options, sequence)
    }
    const oldest = yield* storedAt(state.first_seq)
    return {
      firstSequence: oldest?.sequence ?? sequence,
      // The last message may have been deleted by hand; its sequence is spent all the same.
      lastSequence: Math.max(sequence, state.last_seq),
      head,
      firstHead: oldest === undefined ? head : oldest.head
    }
  })

  const lastCheckpoint = Effect.gen(function* (): Effect.fn.Return<LogMessage | undefined, ChangeLogError> {
    const newest = yield* newestCheckpoint(connection, options).pipe(Effect.mapError(toLogError))
    if (newest === undefined) return undefined
    const { body, head, sequence } = newest
    return head?.connector === options.connector ? { head, body } : yield* foreign(options, sequence)
  })

  const limits = Effect.all([link, ensured])
  /** After a batch that the server gave up, one appender does without, so that no transaction waits for ever. */
  let isBatchAvoided = false
  const takeAvoided = (): boolean => {
    const isAvoided = isBatchAvoided
    isBatchAvoided = false
    return isAvoided
  }
  return ChangeLog.of({
    tail,
    headAt,
    lastCheckpoint,
    bodyBytesMax: Effect.map(
      limits,
      ([link, stream]) => messageBytesMax(link, stream) - HEADER_RESERVE_BYTES
    ),
    appender: (lastSequence) =>
      Effect.flatMap(limits, ([link, stream]) =>
        openAppender(link, options, {
          lastSequence,
          messageBytesMax: messageBytesMax(link, stream),
          isReplicated: stream.config.num_replicas > 1,
          isAtomic: stream.config.allow_atomic === true && !takeAvoided(),
          fill: fillOf(stream),
          batchFailed: () => {
            isBatchAvoided = true
          }
        })
      )
  })
}

/** `99812 of 100000 bytes, 12 messages` */
const fillOf = ({ config, state }: StreamInfo): string => {
  const of = (most: number): string => (most > 0 ? ` of ${most}` : "")
  return `${state.bytes}${of(config.max_bytes)} bytes, ${state.messages}${of(config.max_msgs)} messages`
}

/** Headers and body together; the stream's own limit counts both as well. */
const messageBytesMax = (link: Link, stream: StreamInfo): number => {
  const server = link.nats.info?.max_payload ?? 1024 * 1024
  const limit = stream.config.max_msg_size
  return limit > 0 ? Math.min(server, limit) : server
}

const foreign = (options: JetStreamOptions, sequence: number): LogForeign =>
  new LogForeign({
    message: `message ${sequence} of stream ${options.stream} was not written by connector ${options.connector} in a form that this version understands`,
    stream: options.stream,
    sequence
  })
