/** A message's head as NATS headers, in both directions, without the driver's list searching on the way. */
import { MsgHdrsImpl, type MsgHdrs } from "@nats-io/transport-node"
import { fromHeaders, messageId, toHeaders, type LogHead } from "../../schemas/log-head.ts"

/** JetStream refuses larger headers (nats-server: JSStreamHeaderExceedsMaximumErr). */
export const HEADER_BYTES_MAX = 65_535

/** Where a message must stand to be stored. */
export interface Expectation {
  readonly stream: string
  /** `undefined` behind the first message of a batch, which speaks for all. */
  readonly lastSequence: number | undefined
  /** Id of the message before, where the same appender wrote it; `undefined` for its first, and within a batch. */
  readonly lastId: string | undefined
  readonly batch: BatchPlace | undefined
}

/** Messages that are stored together or not at all (nats-server, ADR-50). */
export interface BatchPlace {
  readonly id: string
  /** 1, 2, … */
  readonly number: number
  /** The last one; all are stored now. */
  readonly commits: boolean
}

/**
 * The message's id, as nobody else would name it. Two writers may announce the same epoch with the same checkpoint; the
 * chain of ids must still tell them apart.
 */
export const writtenId = (head: LogHead, writer: string): string => `${messageId(head)}.${writer}`

/** Headers of a message that is stored exactly where it is expected to stand, or refused (G6). */
export const appendHeaders = (head: LogHead, id: string, expected: Expectation): EncodedHeaders => {
  const { batch, lastId, lastSequence, stream } = expected
  let text = `NATS/1.0\r\nNats-Msg-Id: ${id}\r\nNats-Expected-Stream: ${stream}\r\n`
  if (lastSequence !== undefined) text += `Nats-Expected-Last-Sequence: ${lastSequence}\r\n`
  if (lastId !== undefined) text += `Nats-Expected-Last-Msg-Id: ${lastId}\r\n`
  if (batch !== undefined) {
    text += `Nats-Batch-Id: ${batch.id}\r\nNats-Batch-Sequence: ${batch.number}\r\n`
    if (batch.commits) text += "Nats-Batch-Commit: 1\r\n"
  }
  for (const [name, value] of toHeaders(head)) {
    if (name !== "Nats-Msg-Id") text += `${name}: ${value.replaceAll(LINE_BREAK, " ")}\r\n`
  }
  return new EncodedHeaders(ENCODER.encode(`${text}\r\n`))
}

const LINE_BREAK = /[\r\n]/g
const ENCODER = new TextEncoder()

/** Headers that are only sent: encoded once, which the driver's own would do by lists and anew for each use. */
class EncodedHeaders extends MsgHdrsImpl {
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    super()
    this.bytes = bytes
  }

  get byteLength(): number {
    return this.bytes.length
  }

  override encode(): Uint8Array {
    return this.bytes
  }
}

/** The head in a message's headers; `undefined` where they are not ours. */
export const headOf = (headers: MsgHdrs | undefined): LogHead | undefined => {
  if (headers === undefined) return undefined
  // The driver's get() lists all names for each question.
  const values = new Map<string, string>()
  for (const [name, [value]] of headers) if (value !== undefined) values.set(name, value)
  return fromHeaders((name) => values.get(name))
}
