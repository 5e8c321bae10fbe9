/**
 * GEOMETRY and VECTOR as text that other databases read as it is.
 *
 * - GEOMETRY: EWKB in upper-case hexadecimal digits, as PostGIS prints it: the stored well-known binary with the SRID
 *   (where it is not 0) put into the outermost header. Coordinates stay in stored order, x (longitude) first.
 * - VECTOR: `[1,0.5,-3]`, each number the shortest text that reads back as the same 32-bit float.
 */
import { damaged } from "./decode-failure.ts"
import { floatText } from "./number-text.ts"

const SRID_LENGTH = 4
/** Byte order, type. */
const HEADER_LENGTH = 5
const EWKB_HAS_SRID = 0x20
const LITTLE_ENDIAN = 1

/** `bytes[from .. to)`: SRID, then well-known binary. An empty value, which MariaDB allows, stays empty. */
export const geometryText = (bytes: Buffer, from: number, to: number): string => {
  if (from === to) return ""
  const header = from + SRID_LENGTH
  if (to - header < HEADER_LENGTH || bytes[header] !== LITTLE_ENDIAN) {
    throw damaged("GEOMETRY", "a GEOMETRY is not in the stored form of SRID and well-known binary")
  }
  const body = hex(bytes, header, to)
  const srid = hex(bytes, from, header)
  if (srid === "00000000") return body
  const flags = (bytes[header + HEADER_LENGTH - 1]! | EWKB_HAS_SRID).toString(16).padStart(2, "0")
  return `${body.slice(0, 8)}${flags.toUpperCase()}${srid}${body.slice(10)}`
}

const hex = (bytes: Buffer, from: number, to: number): string => bytes.toString("hex", from, to).toUpperCase()

const FLOAT_LENGTH = 4

export const vectorText = (bytes: Buffer, from: number, to: number): string => {
  if ((to - from) % FLOAT_LENGTH !== 0)
    throw damaged("VECTOR", "a VECTOR's length is no multiple of four bytes")
  const numbers: Array<string> = []
  for (let at = from; at < to; at += FLOAT_LENGTH) numbers.push(floatText(bytes, at))
  return `[${numbers.join(",")}]`
}
