/**
 * Finds gradewire's steps in a MySQL connection to the HR database: `batch`, `take-over` and `statement` for a command, and
 * the same word for the end of its answer. Readable only without TLS and without compression.
 */
import { framer } from "./framers.ts"
import type { Framing } from "./TcpProxy.ts"

const HEADER = 4
const COM_QUERY = 0x03

const OK = 0x00
const LOCAL_FILE = 0xfb
const EOF = 0xfe
const ERROR = 0xff
/** Longer packets that begin with 0xfe are rows (client/server protocol, EOF_Packet). */
const EOF_LENGTH_MAX = 9
const MORE_RESULTS = 0x0008

const markOf = (text: string): string => {
  if (/insert into `gradewire`\.`apply_offset`/.test(text)) return "take-over"
  return /@gradewire_filed|update `gradewire`\.`apply_offset`/.test(text) ? "batch" : "statement"
}

/** Bytes of a length-encoded integer. */
const lengthOf = (first: number): number =>
  first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : first === 0xfe ? 9 : 1

/** Follows the packets of an answer; true where one is the last of it. EOF packets are not deprecated by the driver. */
class AnswerEnd {
  #state: "result" | "columns" | "rows" = "result"

  isLast(packet: Buffer): boolean {
    const first = packet[HEADER]!
    if (first === ERROR) return this.#over()
    if (this.#state === "result") {
      if (first !== OK && first !== LOCAL_FILE) {
        this.#state = "columns"
        return false
      }
      let at = HEADER + 1
      at += lengthOf(packet[at]!)
      at += lengthOf(packet[at]!)
      return this.#resultEnds(packet.readUInt16LE(at))
    }
    if (first !== EOF || packet.length > HEADER + EOF_LENGTH_MAX - 1) return false
    if (this.#state === "columns") {
      this.#state = "rows"
      return false
    }
    return this.#resultEnds(packet.readUInt16LE(HEADER + 3))
  }

  #resultEnds(status: number): boolean {
    this.#state = "result"
    return (status & MORE_RESULTS) === 0
  }

  #over(): boolean {
    this.#state = "result"
    return true
  }
}

export const mysqlTargetFraming: Framing = () => {
  const sent: Array<string> = []
  const end = new AnswerEnd()
  const packetLength = (bytes: Buffer): number | undefined => {
    if (bytes.length < HEADER) return undefined
    const length = HEADER + bytes.readUIntLE(0, 3)
    return bytes.length < length ? undefined : length
  }
  return {
    request: framer((bytes) => {
      const length = packetLength(bytes)
      if (length === undefined) return undefined
      const isQuery = bytes[3] === 0 && bytes[HEADER] === COM_QUERY
      if (!isQuery) return { length }
      const mark = markOf(bytes.toString("latin1", HEADER + 1, length))
      sent.push(mark)
      return { length, mark }
    }),
    answer: framer((bytes) => {
      const length = packetLength(bytes)
      if (length === undefined) return undefined
      // what comes before the first command is the log-in
      if (sent.length === 0 || !end.isLast(bytes.subarray(0, length))) return { length }
      return { length, mark: sent.shift()! }
    })
  }
}
