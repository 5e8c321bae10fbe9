/**
 * Names the durable steps in the byte streams between gradewire and its servers, without understanding more of the
 * protocols than where a message ends.
 *
 * Marks: NATS `segment`, `checkpoint` (HPUB), `stored` (PubAck), `delivered` (message for apply), `asked` (JetStream API);
 * PostgreSQL `batch`, `take-over`, `statement` (a request up to Sync or a simple query) and the same words for their
 * answers; MySQL `dump` (the dump command), `copy` (a chunk of a table's copy) and `event` (one packet of the binlog).
 */
import type { Framer, Framing, Piece } from "./TcpProxy.ts"

const EMPTY = Buffer.alloc(0)

/** Whole messages as `cut` finds them; what is left waits for the next chunk. */
export const framer = (
  cut: (bytes: Buffer) => { readonly length: number; readonly mark?: string } | undefined
): Framer => {
  let rest: Buffer = EMPTY
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const pieces: Array<Piece> = []
    for (let found = cut(bytes); found !== undefined && bytes.length > 0; found = cut(bytes)) {
      pieces.push({ bytes: bytes.subarray(0, found.length), mark: found.mark })
      bytes = bytes.subarray(found.length)
    }
    rest = bytes
    return pieces
  }
}

const CRLF = Buffer.from("\r\n")

/** One protocol line, with its payload where it announces one (NATS client protocol, docs.nats.io). */
const natsMessage = (mark: (verb: string, subject: string, payload: Buffer) => string | undefined) =>
  framer((bytes) => {
    const end = bytes.indexOf(CRLF)
    if (end < 0) return undefined
    const words = bytes.toString("latin1", 0, end).split(/[ \t]+/)
    const [verb = "", subject = ""] = words
    if (!/^(H?PUB|H?MSG)$/i.test(verb)) return { length: end + 2 }
    const from = end + 2
    const length = from + Number(words.at(-1)) + 2
    if (bytes.length < length) return undefined
    const found = mark(verb.toUpperCase(), subject, bytes.subarray(from, length - 2))
    return { length, ...(found === undefined ? {} : { mark: found }) }
  })

export const natsFraming: Framing = () => ({
  request: natsMessage((_verb, subject) => {
    if (subject.startsWith("$JS.API.")) return "asked"
    const kind = /^gradewire\.[^.]+\.(segment|checkpoint)$/.exec(subject)
    return kind?.[1]
  }),
  answer: natsMessage((verb, subject, payload) => {
    if (/^gradewire\.[^.]+\.(segment|checkpoint)$/.test(subject)) return "delivered"
    return verb === "MSG" && payload.subarray(0, 10).toString("latin1") === '{"stream":'
      ? "stored"
      : undefined
  })
})

const QUERY = "Q".charCodeAt(0)
const PARSE = "P".charCodeAt(0)
const BIND = "B".charCodeAt(0)
const SYNC = "S".charCodeAt(0)
const READY = "Z".charCodeAt(0)

/** Which of gradewire's statements a Parse or Bind message belongs to. */
const statementMark = (type: number, message: Buffer): string | undefined => {
  const text = message.toString("latin1", 5, Math.min(message.length, 400))
  if (type === PARSE && /insert into gradewire\.apply_offset/.test(text)) return "take-over"
  if (type === PARSE || type === BIND)
    return /gradewire_\d+_(full|partial)|gradewire_(move|park)/.test(text) ? "batch" : undefined
  return undefined
}

/** PostgreSQL manual, 53.7 Message Formats: one byte type, four bytes length without the type; the first has no type. */
export const postgresqlFraming: Framing = () => {
  let isStarted = false
  let current: string | undefined
  const sent: Array<string> = []
  return {
    request: framer((bytes) => {
      const header = isStarted ? 1 : 0
      if (bytes.length < header + 4) return undefined
      const length = header + bytes.readUInt32BE(header)
      if (bytes.length < length) return undefined
      if (!isStarted) {
        isStarted = true
        return { length }
      }
      const type = bytes[0]!
      if (type === SYNC || type === QUERY) {
        const mark = current ?? "statement"
        current = undefined
        sent.push(mark)
        return { length, mark }
      }
      current ??= statementMark(type, bytes.subarray(0, length))
      return { length }
    }),
    answer: framer((bytes) => {
      if (bytes.length < 5) return undefined
      const length = 1 + bytes.readUInt32BE(1)
      if (bytes.length < length) return undefined
      // the first one ends the authentication, which was no request
      const mark = bytes[0] === READY ? sent.shift() : undefined
      return { length, ...(mark === undefined ? {} : { mark }) }
    })
  }
}

const COM_QUERY = 0x03
const COM_BINLOG_DUMP = 0x12
const COM_BINLOG_DUMP_GTID = 0x1e
const PACKET_HEADER = 4

const COPY = /^SELECT [^]* FROM `training`\.[^]* ORDER BY [^]* LIMIT \d+$/

/** MySQL packets: three bytes length, one byte sequence. Readable only without TLS. */
export const mysqlFraming: Framing = () => {
  let isDumping = false
  const packet = (mark: (bytes: Buffer) => string | undefined): Framer =>
    framer((bytes) => {
      if (bytes.length < PACKET_HEADER) return undefined
      const length = PACKET_HEADER + bytes.readUIntLE(0, 3)
      if (bytes.length < length) return undefined
      const found = mark(bytes)
      return { length, ...(found === undefined ? {} : { mark: found }) }
    })
  return {
    request: packet((bytes) => {
      const isDump = bytes[3] === 0 && (bytes[4] === COM_BINLOG_DUMP || bytes[4] === COM_BINLOG_DUMP_GTID)
      if (isDump) isDumping = true
      if (isDump) return "dump"
      const isQuery = bytes[3] === 0 && bytes[4] === COM_QUERY
      return isQuery && COPY.test(bytes.toString("latin1", PACKET_HEADER + 1)) ? "copy" : undefined
    }),
    answer: packet(() => (isDumping ? "event" : undefined))
  }
}
