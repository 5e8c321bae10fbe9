/**
 * MySQL's binary JSON (mysql-server sql-common/json_binary.cc): a tree whose offsets count from the start of the
 * container they stand in, read in place.
 *
 * Invariants: no read leaves its container; a tree is no deeper than the server allows (100 levels), so recursion over
 * it ends; offsets may point anywhere, several at one place too, so everything that is read is paid from a budget that
 * only an impossible document exceeds.
 */
import { damaged } from "./decode-failure.ts"

/** Type bytes of a value. */
export const JsonType = {
  SmallObject: 0x00,
  LargeObject: 0x01,
  SmallArray: 0x02,
  LargeArray: 0x03,
  Literal: 0x04,
  Int16: 0x05,
  Uint16: 0x06,
  Int32: 0x07,
  Uint32: 0x08,
  Int64: 0x09,
  Uint64: 0x0a,
  Double: 0x0b,
  String: 0x0c,
  Opaque: 0x0f
} as const

/** JSON_DOCUMENT_MAX_DEPTH. */
export const JSON_DEPTH_MAX = 100

export const brokenJson = (): Error => damaged("JSON", "a JSON value contradicts its own lengths")

/** One document's bytes and what may still be read of them. */
export interface JsonBytes {
  readonly bytes: Buffer
  budget: number
}

/** A value inside of a document; `end` is the end of the container around it. */
export interface JsonValue {
  readonly document: JsonBytes
  readonly type: number
  readonly at: number
  readonly end: number
}

/** The document `bytes[from .. to)`. No bytes at all stand for the literal null, as in the server. */
export const jsonDocument = (bytes: Buffer, from: number, to: number): JsonValue | undefined =>
  from >= to
    ? undefined
    : {
        document: { bytes, budget: 2 * (to - from) + 64 },
        type: bytes[from]!,
        at: from + 1,
        end: to
      }

export const spend = (document: JsonBytes, amount: number): void => {
  document.budget -= amount
  if (document.budget < 0) throw brokenJson()
}

export interface JsonContainer {
  readonly value: JsonValue
  readonly isObject: boolean
  readonly isLarge: boolean
  readonly count: number
  /** End of the container's own bytes. */
  readonly end: number
}

export const isContainer = (type: number): boolean => type <= JsonType.LargeArray

export const openContainer = (value: JsonValue): JsonContainer => {
  const { document, type, at, end } = value
  const isLarge = type === JsonType.LargeObject || type === JsonType.LargeArray
  const isObject = type <= JsonType.LargeObject
  const width = isLarge ? 4 : 2
  if (at + 2 * width > end) throw brokenJson()
  const count = document.bytes.readUIntLE(at, width)
  const size = document.bytes.readUIntLE(at + width, width)
  const entries = count * (1 + width + (isObject ? width + 2 : 0))
  if (size > end - at || 2 * width + entries > size) throw brokenJson()
  spend(document, count)
  return { value, isObject, isLarge, count, end: at + size }
}

/** Name of the object's member number `index`. */
export const memberName = (container: JsonContainer, index: number): string => {
  const { document, at } = container.value
  const width = container.isLarge ? 4 : 2
  const entry = at + 2 * width + index * (width + 2)
  const from = at + document.bytes.readUIntLE(entry, width)
  const length = document.bytes.readUInt16LE(entry + width)
  return textAt(document, from, length, container.end)
}

/** Entry number `index`: small values stand in the entry itself, others where its offset points. */
export const entryValue = (container: JsonContainer, index: number): JsonValue => {
  const { document, at } = container.value
  const { isLarge, isObject, count, end } = container
  const width = isLarge ? 4 : 2
  const names = isObject ? count * (width + 2) : 0
  const entry = at + 2 * width + names + index * (1 + width)
  const type = document.bytes[entry]!
  const inlined =
    (type >= JsonType.Literal && type <= JsonType.Uint16) ||
    (isLarge && (type === JsonType.Int32 || type === JsonType.Uint32))
  if (inlined) return { document, type, at: entry + 1, end: entry + 1 + width }
  return { document, type, at: at + document.bytes.readUIntLE(entry + 1, width), end }
}

export const textAt = (document: JsonBytes, from: number, length: number, end: number): string => {
  if (length > end - from) throw brokenJson()
  spend(document, length)
  return document.bytes.toString("utf8", from, from + length)
}

export interface JsonSpan {
  readonly from: number
  readonly length: number
}

/** A length of up to five groups of seven bits, lowest first, and the bytes behind it. */
export const lengthAndBytes = (value: JsonValue, offset = 0): JsonSpan => {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const at = value.at + offset + i
    if (at >= value.end) throw brokenJson()
    const byte = value.document.bytes[at]!
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte >= 0x80) continue
    if (length > value.end - at - 1) throw brokenJson()
    return { from: at + 1, length }
  }
  throw brokenJson()
}

/** Offset of a value of fixed width, after checking that it is all there. */
export const fixedAt = (value: JsonValue, width: number): number => {
  if (width > value.end - value.at) throw brokenJson()
  return value.at
}
