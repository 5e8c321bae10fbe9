/**
 * From packets to events with their place in the binlog: checks every checksum, follows rotations, and counts
 * positions itself, in 64 bits.
 *
 * Invariant: an event leaves with the exact bytes of the file it takes up, and wherever the server states a position
 * (modulo 2^32, and not inside of MariaDB's transactions) it must agree with ours. A byte lost or doubled on the way
 * is an error, not a shifted position.
 */
import { ByteCursor } from "./binlog/byte-cursor.ts"
import { damaged } from "./binlog/decode-failure.ts"
import { CHECKSUM_LENGTH, checksumHolds, HEADER_LENGTH, readEvent, type BinlogEvent } from "./binlog/event.ts"
import { ARTIFICIAL, EventType } from "./binlog/event-type.ts"
import { CHECKSUM_OFF, readFormatDescription, type FormatDescription } from "./binlog/format-description.ts"

export interface FramedEvent {
  readonly event: BinlogEvent
  /** Offset of its first byte; for an artificial event, the current position. */
  readonly start: number
  /** Offset behind its last byte. */
  readonly end: number
}

const U32 = 2 ** 32

export class EventFramer {
  /** Current binlog file. */
  file: string
  /** Offset of the next event in it. */
  position: number
  private format: FormatDescription | undefined = undefined

  constructor(file: string, position: number) {
    this.file = file
    this.position = position
  }

  /** `undefined` for signs of life, which stand in no file. Throws DecodeFailure. */
  frame(bytes: Buffer): FramedEvent | undefined {
    const type = bytes[4]
    if (isSignOfLife(type)) {
      this.verify(bytes, type, false)
      return undefined
    }
    const flags = bytes.length < HEADER_LENGTH ? 0 : bytes.readUInt16LE(17)
    const artificial = (flags & ARTIFICIAL) !== 0
    const event = readEvent(bytes, this.verify(bytes, type, artificial))
    if (type === EventType.Rotate) return this.rotate(event, artificial)
    if (type === EventType.FormatDescription) this.format = readFormatDescription(event)
    const start = this.position
    if (artificial || this.repeated(event)) return { event, start, end: start }
    this.advance(event)
    return { event, start, end: this.position }
  }

  /**
   * Whether the event ends in a checksum, after checking it. The dump thread's own rotate events follow its state, not
   * the file's: there the bytes themselves tell (a false match has a chance of 2^-32).
   */
  private verify(bytes: Buffer, type: number | undefined, artificial: boolean): boolean {
    if (type === EventType.Rotate && artificial) return checksumHolds(bytes)
    // A sign of life follows the file that is being read, as the server's own state does.
    const expected = type === EventType.FormatDescription || (this.format?.checksum ?? true)
    if (expected && !checksumHolds(bytes) && !isUncheckedHead(bytes)) {
      throw damaged(
        `event type ${type} with a wrong checksum`,
        `event type ${type}: its checksum does not hold`
      )
    }
    return expected
  }

  /**
   * Reading from the middle of a file, the server first repeats the file's head with no next position
   * (rpl_binlog_sender.cc, send_format_description_event).
   */
  private repeated(event: BinlogEvent): boolean {
    const head = event.type === EventType.FormatDescription || event.type === EventType.StartEncryption
    return head && (event.nextPosition === 0 || this.position > event.nextPosition)
  }

  private advance(event: BinlogEvent): void {
    this.position += event.size
    if (event.nextPosition !== 0 && event.nextPosition !== this.position % U32) {
      throw damaged(
        `event type ${event.type} out of place`,
        `event type ${event.type} should end at ${this.position}, the server says ${event.nextPosition}: bytes are missing or doubled`
      )
    }
  }

  private rotate(event: BinlogEvent, artificial: boolean): FramedEvent {
    const cursor = new ByteCursor(event.bytes, HEADER_LENGTH, event.bodyEnd, "ROTATE_EVENT")
    const position = Number(cursor.u64())
    const file = cursor.rest().toString("utf8")
    if (file === "") throw damaged("ROTATE_EVENT", "ROTATE_EVENT names no file")
    if (!artificial) this.advance(event)
    this.file = file
    this.position = position
    return { event, start: position, end: position }
  }
}

/** Whether the type is a heartbeat's: the server has nothing more, and that is believed only where its bytes are whole. */
const isSignOfLife = (type: number | undefined): boolean =>
  type === EventType.Heartbeat || type === EventType.HeartbeatV2

/**
 * Reading from the middle of a file without checksums, the server changes fields of the file's head and does not
 * compute its checksum anew.
 */
const isUncheckedHead = (bytes: Buffer): boolean =>
  bytes[4] === EventType.FormatDescription &&
  bytes.length > HEADER_LENGTH + CHECKSUM_LENGTH &&
  bytes[bytes.length - CHECKSUM_LENGTH - 1] === CHECKSUM_OFF
