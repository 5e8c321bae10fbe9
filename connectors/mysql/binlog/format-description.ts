/**
 * FORMAT_DESCRIPTION_EVENT: first event of every file. It says how long the type-specific headers are and whether the
 * file's events end in a CRC32; a file keeps the answer from its first event to its last.
 */
import { damaged, DecodeFailure } from "./decode-failure.ts"
import { CHECKSUM_LENGTH, HEADER_LENGTH, type BinlogEvent } from "./event.ts"

export interface FormatDescription {
  readonly serverVersion: string
  readonly checksum: boolean
  /** Length of the type-specific header by event type; undefined for types the server does not know. */
  readonly postHeaderLength: (type: number) => number | undefined
}

const VERSION_LENGTH = 50
const FIXED_LENGTH = 2 + VERSION_LENGTH + 4 + 1
/** The algorithm byte of a file whose events have no checksums. */
export const CHECKSUM_OFF = 0
const ALGORITHM_CRC32 = 1

/** `event` must have been read with checksum = true: this event carries one whatever the file does. */
export const readFormatDescription = (event: BinlogEvent): FormatDescription => {
  const body = event.bytes.subarray(HEADER_LENGTH, event.bodyEnd)
  if (body.length < FIXED_LENGTH + 2)
    throw damaged("FORMAT_DESCRIPTION_EVENT", "FORMAT_DESCRIPTION_EVENT is too short")
  const version = body.readUInt16LE(0)
  const headerLength = body[FIXED_LENGTH - 1]!
  if (version !== 4 || headerLength !== HEADER_LENGTH) {
    throw new DecodeFailure(
      `binlog version ${version}`,
      `binlog version ${version} with ${headerLength}-byte headers is not known`,
      "Read from a server of MySQL 5.6 or later, or MariaDB 10.0 or later."
    )
  }
  const nul = body.indexOf(0, 2)
  const serverVersion = body.toString(
    "latin1",
    2,
    nul < 2 || nul > 2 + VERSION_LENGTH ? 2 + VERSION_LENGTH : nul
  )
  const lengths = body.subarray(FIXED_LENGTH, body.length - 1)
  const algorithm = body[body.length - 1]!
  if (algorithm !== CHECKSUM_OFF && algorithm !== ALGORITHM_CRC32) {
    throw new DecodeFailure(
      `binlog checksum algorithm ${algorithm}`,
      `binlog checksum algorithm ${algorithm} is not known`,
      "SET GLOBAL binlog_checksum = CRC32;"
    )
  }
  return {
    serverVersion,
    checksum: algorithm === ALGORITHM_CRC32,
    postHeaderLength: (type) => lengths[type - 1]
  }
}

/** Bytes a checksum takes in events of this format. */
export const checksumLength = (format: FormatDescription): number => (format.checksum ? CHECKSUM_LENGTH : 0)
