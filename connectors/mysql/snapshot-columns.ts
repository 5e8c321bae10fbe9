/**
 * Columns read by SELECT in exactly the form that the row decoder gives them: the expression to select, and how its
 * text becomes the value. The session is expected to run in UTC (`time_zone = '+00:00'`).
 */
import { Undecodable, type ColumnTypeName, type Value } from "../../src/capture/ChangeSource.ts"
import { BINARY_COLLATION } from "./binlog/charset.ts"
import { ColumnType } from "./binlog/column-type.ts"
import { canBe, disguisedText, isDisguisedType, type DisguisedType } from "./binlog/disguised-type.ts"
import { doubleText, floatText } from "./binlog/number-text.ts"
import { geometryText, vectorText } from "./binlog/spatial-text.ts"
import { SQL_TYPES, type ValueForm } from "./binlog/sql-type.ts"

export interface SnapshotColumn {
  readonly name: string
  /** `information_schema.COLUMNS.DATA_TYPE`, lower case. */
  readonly type: string
  /** `COLUMN_TYPE`: `bit(12)`, `int unsigned`. */
  readonly full: string
  /** What the configuration says that the column holds. */
  readonly declared?: ColumnTypeName | undefined
  readonly mariadb: boolean
}

type ShownColumn = Parameters<typeof canBe>[1]

export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``

const BITS_OF_A_NUMBER = 32

/** How the binlog shows a column whose values are bytes there; `undefined` for every other. */
const shownAsBytes = ({ type, full, mariadb }: SnapshotColumn): ShownColumn | undefined => {
  if (full.includes("compressed")) return undefined
  const { form, bytes = sizeIn(full) } = SQL_TYPES.get(type)!
  if (form === "address" || type === "binary") return { type: ColumnType.String, meta: bytes, collation }
  if (type === "varbinary") return { type: ColumnType.VarChar, meta: bytes, collation }
  return form === "vector" && mariadb
    ? { type: ColumnType.VarChar, meta: bytes * FLOAT_LENGTH, collation }
    : undefined
}

const collation = BINARY_COLLATION
const FLOAT_LENGTH = 4

/** What is read out of such bytes: as the stream does it, the configuration's word first. */
const disguiseOf = (column: SnapshotColumn): DisguisedType | undefined => {
  const { type, declared } = column
  const shown = shownAsBytes(column)
  if (shown === undefined) return undefined
  if (declared === undefined) return isDisguisedType(type) ? type : undefined
  return declared !== "binary" && canBe(declared, shown) ? declared : undefined
}

const formOf = (column: SnapshotColumn): ValueForm | undefined => {
  if (!SQL_TYPES.has(column.type)) return undefined
  if (shownAsBytes(column) === undefined) return SQL_TYPES.get(column.type)!.form
  const disguise = disguiseOf(column)
  return disguise === undefined ? "binary" : SQL_TYPES.get(disguise)!.form
}

/** Whether SELECT gives the value itself; else it is made from the bytes. */
const isAsDeclared = (column: SnapshotColumn): boolean => disguiseOf(column) === column.type

/** `undefined` where the type cannot be read; then the decoder stops at it as well. */
export const selectExpression = (given: SnapshotColumn): string | undefined => {
  const column = quoteName(given.name)
  switch (formOf(given)) {
    case undefined:
      return undefined
    case "address":
    case "binary":
      return isDisguisedType(given.type) && given.type !== "vector" && !isAsDeclared(given)
        ? `CAST(${column} AS BINARY(${SQL_TYPES.get(given.type)!.bytes}))`
        : column
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
      return (text) => bytesOf(text).toString("base64")
    case "address":
      return isAsDeclared(column)
        ? (text) => text
        : (text) => disguisedText(disguiseOf(column)!, bytesOf(text), 0, text.length)
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
      return sizeIn(column.full) <= BITS_OF_A_NUMBER ? Number : (text) => text
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

/** `bit(12)` => 12; `binary` => 1 */
const sizeIn = (full: string): number => Number(/\((\d+)\)/.exec(full)?.[1] ?? 1)

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
    case "binary": {
      const bytes = Buffer.from(value, "base64")
      return isDisguisedType(column.type)
        ? escape(disguisedText(column.type, bytes, 0, bytes.length))
        : `x'${bytes.toString("hex")}'`
    }
    case "address":
      if (isAsDeclared(column)) return escape(value)
      return isOrderedUuid(column) ? `x'${value.replaceAll("-", "")}'` : undefined
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

/** BINARY(16) declared as `uuid`. */
const isOrderedUuid = (column: SnapshotColumn): boolean =>
  column.type === "binary" && disguiseOf(column) === "uuid"

/** Text columns of unlimited size have no whole index. ENUM and SET sort by number and compare as text. */
const ORDERED_TEXTS = new Set(["char", "varchar"])

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
  if (form === "address" && !isAsDeclared(column) && !isOrderedUuid(column)) return false
  return form !== undefined && (ORDERED_FORMS.has(form) || ORDERED_TEXTS.has(column.type))
}
