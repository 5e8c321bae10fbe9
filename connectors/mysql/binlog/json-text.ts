/**
 * Binary JSON as the text that the server's own CAST(… AS CHAR) prints (mysql-server sql-common/json_dom.cc,
 * Json_wrapper::to_string): ", " between elements, ": " after names, names in stored order, doubles never without a
 * point or an exponent, decimals as numbers, all other SQL values inside of the document as strings.
 */
import { damaged } from "./decode-failure.ts"
import { ColumnType } from "./column-type.ts"
import {
  brokenJson,
  entryValue,
  fixedAt,
  isContainer,
  JSON_DEPTH_MAX,
  jsonDocument,
  JsonType,
  lengthAndBytes,
  memberName,
  openContainer,
  spend,
  textAt,
  type JsonValue
} from "./json-binary.ts"
import { decimalBytes, decimalText, doubleText } from "./number-text.ts"
import { packedDateText, packedDatetimeText, packedTimeText } from "./temporal-text.ts"

/** Text of the document `bytes[from .. to)`. */
export const jsonText = (bytes: Buffer, from: number, to: number): string => {
  const value = jsonDocument(bytes, from, to)
  return value === undefined ? "null" : jsonValueText(value, 1)
}

/** @param depth of the value, the document's own being 1 */
export const jsonValueText = (value: JsonValue, depth: number): string =>
  isContainer(value.type) ? containerText(value, depth) : scalarText(value)

const containerText = (value: JsonValue, depth: number): string => {
  if (depth > JSON_DEPTH_MAX) throw brokenJson()
  const container = openContainer(value)
  let text = ""
  for (let i = 0; i < container.count; i++) {
    if (i > 0) text += ", "
    if (container.isObject) text += `${JSON.stringify(memberName(container, i))}: `
    text += jsonValueText(entryValue(container, i), depth + 1)
  }
  return container.isObject ? `{${text}}` : `[${text}]`
}

const LITERALS = ["null", "true", "false"]

const scalarText = (value: JsonValue): string => {
  const { document, type } = value
  const { bytes } = document
  switch (type) {
    case JsonType.Literal:
      return LITERALS[bytes[fixedAt(value, 1)]!] ?? fail("literal")
    case JsonType.Int16:
      return String(bytes.readInt16LE(fixedAt(value, 2)))
    case JsonType.Uint16:
      return String(bytes.readUInt16LE(fixedAt(value, 2)))
    case JsonType.Int32:
      return String(bytes.readInt32LE(fixedAt(value, 4)))
    case JsonType.Uint32:
      return String(bytes.readUInt32LE(fixedAt(value, 4)))
    case JsonType.Int64:
      return String(bytes.readBigInt64LE(fixedAt(value, 8)))
    case JsonType.Uint64:
      return String(bytes.readBigUInt64LE(fixedAt(value, 8)))
    case JsonType.Double:
      return withPoint(doubleText(bytes, fixedAt(value, 8)))
    case JsonType.String: {
      const { from, length } = lengthAndBytes(value)
      return JSON.stringify(textAt(document, from, length, value.end))
    }
    case JsonType.Opaque:
      return opaqueText(value)
    default:
      return fail(`type ${type}`)
  }
}

const fail = (what: string): never => {
  throw damaged("JSON", `a JSON value has the unknown ${what}`)
}

/** A double that looks like an integer would come back as one. */
const withPoint = (text: string): string => (/[.e]/.test(text) ? text : `${text}.0`)

/** A value of an SQL type that JSON does not have: the column type, a length, the value's own bytes. */
const opaqueText = (value: JsonValue): string => {
  const { bytes } = value.document
  const type = bytes[fixedAt(value, 1)]!
  const { from, length } = lengthAndBytes(value, 1)
  spend(value.document, length)
  switch (type) {
    case ColumnType.Decimal: {
      const [precision, scale] = [bytes[from] ?? 0, bytes[from + 1] ?? 0]
      const isSound = length >= 2 && precision > 0 && precision <= 65 && scale <= Math.min(precision, 30)
      if (!isSound || length - 2 < decimalBytes(precision, scale)) throw brokenJson()
      return decimalText(bytes, from + 2, precision, scale)
    }
    case ColumnType.Date:
      return `"${packedDateText(packed(bytes, from, length))}"`
    case ColumnType.OldTime:
      return `"${packedTimeText(packed(bytes, from, length))}"`
    case ColumnType.OldDatetime:
    case ColumnType.OldTimestamp:
      return `"${packedDatetimeText(packed(bytes, from, length))}"`
    default:
      return `"base64:type${type}:${wrappedBase64(bytes, from, from + length)}"`
  }
}

const packed = (bytes: Buffer, from: number, length: number): bigint => {
  if (length !== 8) throw brokenJson()
  return bytes.readBigInt64LE(from)
}

const BASE64_LINE = 76

/** The server breaks lines (base64_encode in mysys), and the line feed is escaped like any other. */
const wrappedBase64 = (bytes: Buffer, from: number, to: number): string => {
  const text = bytes.toString("base64", from, to)
  if (text.length <= BASE64_LINE) return text
  let wrapped = text.slice(0, BASE64_LINE)
  for (let i = BASE64_LINE; i < text.length; i += BASE64_LINE)
    wrapped += String.raw`\n${text.slice(i, i + BASE64_LINE)}`
  return wrapped
}
