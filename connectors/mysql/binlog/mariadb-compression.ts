/**
 * MariaDB `log_bin_compress = ON`: an envelope of one header byte (bit 7 set, bits 4-6 the algorithm, bits 0-2 the
 * width of the length), the big-endian length, then a zlib stream (MariaDB sql/log_event.cc, binlog_buf_uncompress).
 */
import { inflateSync } from "node:zlib"
import { damaged, DecodeFailure } from "./decode-failure.ts"

export const inflateEnvelope = (bytes: Buffer, lengthMax: number): Buffer => {
  const header = bytes[0] ?? 0
  const width = header & 0x07
  if ((header & 0xf0) !== 0x80 || width < 1 || width > 4 || bytes.length < 1 + width) {
    throw damaged("compressed event", "a compressed event's header is not known")
  }
  const length = bytes.readUIntBE(1, width)
  if (length > lengthMax) throw tooLarge(length, lengthMax)
  let inflated: Buffer
  try {
    inflated = inflateSync(bytes.subarray(1 + width), { maxOutputLength: Math.max(length, 1) })
  } catch {
    throw damaged("compressed event", "a compressed event cannot be inflated")
  }
  if (inflated.length !== length)
    throw damaged("compressed event", "a compressed event inflates to another length")
  return inflated
}

export const tooLarge = (length: number, lengthMax: number): DecodeFailure =>
  new DecodeFailure(
    "compressed event",
    `a compressed event of ${length} bytes is larger than the limit of ${lengthMax}`,
    "SET PERSIST binlog_transaction_compression = OFF; and raise limits.sourceBytes until this transaction is through. On MariaDB: SET GLOBAL log_bin_compress = OFF;"
  )
