/**
 * Columns read by SELECT in exactly the form that the row decoder gives them: the expression to select, and how its
 * text becomes the value. The session is expected to run in UTC (`time_zone = '+00:00'`).
 */
import { Undecodable, type Value } from "../../src/capture/ChangeSource.ts"
import { doubleText, floatText } from "./binlog/number-text.ts"
import { geometryText, vectorText } from "./binlog/spatial-text.ts"
import { SQL_TYPES, type ValueForm } from "./binlog/sql-type.ts"

export interface SnapshotColumn {
  readonly name: string
  /** `information_schema.COLUMNS.DATA_TYPE`, lower case. */
  readonly type: string
  /** `COLUMN_TYPE`: `bit(12)`, `int unsigned`. */
  readonly full: string
  readonly mariadb: boolean
}

export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``

const BITS_OF_A_NUMBER = 32

/** MariaDB's VECTOR is plain bytes in the binlog, so it is here. */
const formOf = ({ type, mariadb }: SnapshotColumn): ValueForm | undefined => {
  const form = SQL_TYPES.get(type)?.form
  return form === "vector" && mariadb ? "binary" : form
}

/** `undefined` where the type cannot be read; then the decoder stops at it as well. */
export const selectExpression = (given: SnapshotColumn): string | undefined => {
  const column = quoteName(given.name)
  switch (formOf(given)) {
    case undefined:
      return undefined
    case "address":
      return `CAST(${column} AS BINARY(${SQL_TYPES.get(given.type)!.bytes}))`
    // FLOAT is printed with six digits; as a DOUBLE it shows the value it really has.
    case "float":
      return `${column} + 0e0`
    case "bit":
      return `${column} + 0`
    // The driver takes a JSON column for Latin-1.
    case "json":
      return `CAST(${column} AS CHAR)`
    default:
      return column
  }
}

/** What the text of {@link selectExpression} means; the same value, byte for byte, as the stream's. */
export const valueReader = (column: SnapshotColumn): ((text: string) => Value) => {
  switch (formOf(column)) {
    case "integer":
    case "year":
      return Number
    case "binary":
    case "address":
      return (text) => bytesOf(text).toString("base64")
    case "geometry":
      return (text) => geometryText(bytesOf(text), 0, text.length)
    case "vector":
      return (text) => vectorText(bytesOf(text), 0, text.length)
    case "json":
      return (text) => (text === "" ? refuseLongJson(column.name) : text)
    case "float":
      return floatOf
    case "double":
      return doubleOf
    case "bit":
      return bitWidth(column.full) <= BITS_OF_A_NUMBER ? Number : (text) => text
    case "datetime":
      return (text) => text.replace(" ", "T")
    case "timestamp":
      return (text) => (text.startsWith("0000-00-00") ? text.replace(" ", "T") : `${text.replace(" ", "T")}Z`)
    default:
      return (text) => text
  }
}

/**
 * The driver gives binary columns as Latin-1. HEX would double them, and MariaDB answers NULL where that is more than
 * `max_allowed_packet`.
 */
const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1")

/** No JSON is empty; MySQL prints nothing where the text is longer than `max_allowed_packet`. */
const refuseLongJson = (column: string): never => {
  throw new Undecodable({
    message: `a JSON document in ${column} is longer, as text, than the server's max_allowed_packet`,
    file: "",
    position: 0,
    what: `${column} JSON`,
    fix: "SET PERSIST max_allowed_packet = 1073741824; on MariaDB: SET GLOBAL max_allowed_packet = 1073741824; then start again."
  })
}

const scratch = Buffer.alloc(8)

const floatOf = (text: string): string => {
  scratch.writeFloatLE(Number(text))
  return floatText(scratch, 0)
}

const doubleOf = (text: string): string => {
  scratch.writeDoubleLE(Number(text))
  return doubleText(scratch, 0)
}

const bitWidth = (full: string): number => Number(/\((\d+)\)/.exec(full)?.[1] ?? 1)

const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * A key value as an SQL literal that compares as the column does: a number given as a string would be compared as a
 * double. `undefined` where a table cannot be walked in the order of such a column.
 */
export const keyLiteral = (
  column: SnapshotColumn,
  value: string,
  escape: (text: string) => string
): string | undefined => {
  switch (formOf(column)) {
    case "integer":
    case "year":
    case "bigInteger":
    case "decimal":
      return NUMBER.test(value) ? value : undefined
    case "binary":
      return `x'${Buffer.from(value, "base64").toString("hex")}'`
    case "address":
      return escape(addressText(column.type, Buffer.from(value, "base64")))
    case "datetime":
    case "timestamp":
      return escape(value.replace("T", " ").replace("Z", ""))
    case "date":
    case "time":
      return escape(value)
    case "text":
      return ORDERED_TEXTS.has(column.type) ? escape(value) : undefined
    default:
      return undefined
  }
}

/** Text columns of unlimited size have no whole index. ENUM and SET sort by number and compare as text. */
const ORDERED_TEXTS = new Set(["char", "varchar"])

const addressText = (type: string, bytes: Buffer): string => {
  if (type === "inet4") return [...bytes].join(".")
  const hex = bytes.toString("hex")
  if (type === "inet6") return hex.replaceAll(/.{4}(?!$)/g, "$&:")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

const ORDERED_FORMS: ReadonlySet<ValueForm> = new Set<ValueForm>([
  "integer",
  "year",
  "bigInteger",
  "decimal",
  "binary",
  "address",
  "datetime",
  "timestamp",
  "date",
  "time"
])

export const canOrderBy = (column: SnapshotColumn): boolean => {
  const form = formOf(column)
  return form !== undefined && (ORDERED_FORMS.has(form) || ORDERED_TEXTS.has(column.type))
}
