/**
 * MariaDB's COMPRESSED columns: one byte of header (0 as it is; else the method in bits 4-7, of which 8 is zlib, bit 3
 * "no zlib header", bits 0-2 the width of the length), the big-endian length, the deflated value (MariaDB
 * sql/field.cc, Field_longstr::compress).
 */
import { inflateRawSync, inflateSync } from "node:zlib"
import { damaged } from "./decode-failure.ts"

const ZLIB = 0x80
const RAW = 0x08
/** The server's largest max_allowed_packet. */
const LENGTH_MAX = 2 ** 30

/** The value itself. */
export const uncompressed = (bytes: Buffer, from: number, to: number): Buffer => {
  if (from === to) return bytes.subarray(from, to)
  const header = bytes[from]!
  if (header === 0) return bytes.subarray(from + 1, to)
  const width = header & 0x07
  const start = from + 1 + width
  if ((header & 0xf0) !== ZLIB || width < 1 || width > 4 || start > to) throw broken()
  const length = bytes.readUIntBE(from + 1, width)
  if (length > LENGTH_MAX) throw broken()
  const inflate = (header & RAW) === 0 ? inflateSync : inflateRawSync
  let value: Buffer
  try {
    value = inflate(bytes.subarray(start, to), { maxOutputLength: Math.max(length, 1) })
  } catch {
    throw broken()
  }
  if (value.length !== length) throw broken()
  return value
}

const broken = (): Error => damaged("COMPRESSED column", "a COMPRESSED column's value cannot be inflated")
