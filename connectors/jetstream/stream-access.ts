/**
 * Questions about the stream. All are answered by its leader: a direct read may come from a replica that lags behind,
 * and would let the log seem shorter than it is.
 */
import type { NextMsgRequest, SeqMsgRequest, StoredMsg, StreamInfo } from "@nats-io/jetstream"
import { Effect } from "effect"
import type { LogHead } from "../../schemas/log-head.ts"
import { headOf } from "./message-headers.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import { messageSubject, streamSubject, type JetStreamOptions } from "./options.ts"

export interface StoredHead {
  readonly sequence: number
  /** `undefined` where the message is not ours. */
  readonly head: LogHead | undefined
}

export interface StoredMessage extends StoredHead {
  readonly body: Uint8Array
}

export const STREAM_NOT_FOUND = 10059

type Answer<A> = Effect.Effect<A, NatsTrouble>

export const streamOf = (
  connection: NatsConnection["Service"],
  options: JetStreamOptions
): Answer<StreamInfo> =>
  connection.ask(`asking about stream ${options.stream}`, (link) =>
    link.jetstream.streams.info(options.stream)
  )

/** The newest message stored; `undefined` where the stream holds none. */
export const newestHead = (
  connection: NatsConnection["Service"],
  options: JetStreamOptions
): Answer<StoredHead | undefined> =>
  connection
    .ask(`reading the last message of stream ${options.stream}`, (link) =>
      link.jetstream.streams.getMessage(options.stream, { last_by_subj: streamSubject(options.connector) })
    )
    .pipe(Effect.map(storedHead))

/** The newest checkpoint stored, with its body; `undefined` where none is. */
export const newestCheckpoint = (
  connection: NatsConnection["Service"],
  options: JetStreamOptions
): Answer<StoredMessage | undefined> =>
  connection
    .ask(`reading the last checkpoint of stream ${options.stream}`, (link) =>
      link.jetstream.streams.getMessage(options.stream, {
        last_by_subj: messageSubject(options.connector, "checkpoint")
      })
    )
    .pipe(
      Effect.map((message) =>
        message === null
          ? undefined
          : { sequence: message.seq, head: headOf(message.header), body: message.data }
      )
    )

/** The first message stored at or after `sequence`; `undefined` past the end. */
export const headAtOrAfter = (
  connection: NatsConnection["Service"],
  options: JetStreamOptions,
  sequence: number
): Answer<StoredHead | undefined> => {
  // The server takes this here as well as in direct reads; the driver's type knows it only there.
  const query: SeqMsgRequest & NextMsgRequest = {
    seq: Math.max(1, sequence),
    next_by_subj: streamSubject(options.connector)
  }
  return connection
    .ask(`reading message ${sequence} of stream ${options.stream}`, (link) =>
      link.jetstream.streams.getMessage(options.stream, query)
    )
    .pipe(Effect.map(storedHead))
}

const storedHead = (message: StoredMsg | null): StoredHead | undefined =>
  message === null ? undefined : { sequence: message.seq, head: headOf(message.header) }
