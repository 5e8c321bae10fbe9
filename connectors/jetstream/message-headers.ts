/** A message's head as NATS headers, in both directions, without the driver's list searching on the way. */
import { MsgHdrsImpl, type MsgHdrs } from "@nats-io/transport-node"
import { fromHeaders, toHeaders, type LogHead } from "../../schemas/log-head.ts"

/** JetStream refuses larger headers (nats-server: JSStreamHeaderExceedsMaximumErr). */
export const HEADER_BYTES_MAX = 65_535

/**
 * Headers of a message that must become the one after `lastSequence` of `stream`, or be refused. Both expectations are
 * checked by the server before it stores anything (G6).
 */
export const appendHeaders = (head: LogHead, stream: string, lastSequence: number): EncodedHeaders => {
  let text = `NATS/1.0\r\nNats-Expected-Stream: ${stream}\r\nNats-Expected-Last-Sequence: ${lastSequence}\r\n`
  for (const [name, value] of toHeaders(head)) text += `${name}: ${value.replaceAll(LINE_BREAK, " ")}\r\n`
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
export const headOf = (headers: MsgHdrs | undefined): LogHead | undefined =>
  headers === undefined
    ? undefined
    : fromHeaders((name) => {
        const value = headers.get(name)
        return value === "" ? undefined : value
      })
