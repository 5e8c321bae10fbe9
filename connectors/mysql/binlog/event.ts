/**
 * One binlog event as it came over the wire: its 19-byte header (mysql-server
 * libs/mysql/binlog/event/binlog_event.h, LOG_EVENT_HEADER_LEN) and the body without the checksum.
 */
import { crc32 } from "node:zlib"
import { damaged } from "./decode-failure.ts"
import { BINLOG_IN_USE, EventType } from "./event-type.ts"

export const HEADER_LENGTH = 19
export const CHECKSUM_LENGTH = 4

export interface BinlogEvent {
  /** Seconds since 1970 UTC; 0 in artificial events. */
  readonly timestamp: number
  readonly type: number
  readonly serverId: number
  /** Header, body and checksum: what the event takes up in the file. */
  readonly size: number
  /** Position of the next event modulo 2^32; 0 where the server does not say. */
  readonly nextPosition: number
  readonly flags: number
  /** All bytes, header included; the body is `bytes[HEADER_LENGTH .. bodyEnd)`. */
  readonly bytes: Buffer
  /** End of the body, before the checksum. */
  readonly bodyEnd: number
}

/** Reads the header and checks the length. `checksum`: whether the last four bytes are a CRC32. */
export const readEvent = (bytes: Buffer, checksum: boolean): BinlogEvent => {
  if (bytes.length < HEADER_LENGTH)
    throw damaged("event header", `an event of ${bytes.length} bytes has no header`)
  const size = bytes.readUInt32LE(9)
  const type = bytes[4]!
  if (size !== bytes.length) {
    throw damaged(`event type ${type}`, `event type ${type} says ${size} bytes and came with ${bytes.length}`)
  }
  const bodyEnd = checksum ? size - CHECKSUM_LENGTH : size
  if (bodyEnd < HEADER_LENGTH)
    throw damaged(`event type ${type}`, `event type ${type} is too short for its checksum`)
  return {
    timestamp: bytes.readUInt32LE(0),
    type,
    serverId: bytes.readUInt32LE(5),
    size,
    nextPosition: bytes.readUInt32LE(13),
    flags: bytes.readUInt16LE(17),
    bytes,
    bodyEnd
  }
}

/** Whether the last four bytes are the CRC32 of all before them. */
export const checksumHolds = (bytes: Buffer): boolean => {
  const at = bytes.length - CHECKSUM_LENGTH
  if (at < HEADER_LENGTH) return false
  const stated = bytes.readUInt32LE(at)
  if (crc32(bytes.subarray(0, at)) === stated) return true
  // The server computes a file's first event's checksum before it sets the in-use flag (log_event.cc, verify_event).
  const flags = bytes.readUInt16LE(17)
  if (bytes[4] !== EventType.FormatDescription || (flags & BINLOG_IN_USE) === 0) return false
  const cleared = Buffer.from(bytes.subarray(0, at))
  cleared.writeUInt16LE(flags & ~BINLOG_IN_USE, 17)
  return crc32(cleared) === stated
}
