/**
 * Columns read by SELECT in exactly the form that the row decoder gives them: the expression to select, and how its
 * text becomes the value. The session is expected to run in UTC (`time_zone = '+00:00'`).
 */
import type { Value } from "../../src/capture/ChangeSource.ts"
import { doubleText, floatText } from "./binlog/number-text.ts"

export interface SnapshotColumn {
  readonly name: string
  /** `information_schema.COLUMNS.DATA_TYPE`, lower case. */
  readonly type: string
  /** `COLUMN_TYPE`: `bit(12)`, `int unsigned`. */
  readonly full: string
}

export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``

const SMALL_INTEGERS = new Set(["tinyint", "smallint", "mediumint", "int", "year"])
const BINARIES = new Set(["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"])
const TEXTS = new Set(
  "bigint decimal char varchar tinytext text mediumtext longtext enum set date time".split(" ")
)
const BITS_OF_A_NUMBER = 32

/** `undefined` where the type cannot be read; then the decoder stops at it as well. */
export const selectExpression = ({ name, type }: SnapshotColumn): string | undefined => {
  const column = quoteName(name)
  if (BINARIES.has(type)) return `HEX(${column})`
  // FLOAT is printed with six digits; as a DOUBLE it shows the value it really has.
  if (type === "float") return `${column} + 0e0`
  if (type === "bit") return `${column} + 0`
  if (SMALL_INTEGERS.has(type) || TEXTS.has(type)) return column
  return type === "double" || type === "datetime" || type === "timestamp" ? column : undefined
}

/** What the text of {@link selectExpression} means; the same value, byte for byte, as the stream's. */
export const valueReader = ({ type, full }: SnapshotColumn): ((text: string) => Value) => {
  if (SMALL_INTEGERS.has(type)) return Number
  if (BINARIES.has(type)) return (text) => Buffer.from(text, "hex").toString("base64")
  switch (type) {
    case "float":
      return floatOf
    case "double":
      return doubleOf
    case "bit":
      return bitWidth(full) <= BITS_OF_A_NUMBER ? Number : (text) => text
    case "datetime":
      return (text) => text.replace(" ", "T")
    case "timestamp":
      return (text) => (text.startsWith("0000-00-00") ? text.replace(" ", "T") : `${text.replace(" ", "T")}Z`)
    default:
      return (text) => text
  }
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

const INTEGERS = new Set(["tinyint", "smallint", "mediumint", "int", "bigint", "year"])
const NUMBER = /^-?\d+(\.\d+)?$/

/**
 * A key value as an SQL literal that compares as the column does: a number given as a string would be compared as a
 * double. `undefined` where a table cannot be walked in the order of such a column.
 */
export const keyLiteral = (
  { type }: SnapshotColumn,
  value: string,
  escape: (text: string) => string
): string | undefined => {
  if (INTEGERS.has(type) || type === "decimal") return NUMBER.test(value) ? value : undefined
  if (BINARIES.has(type)) return `x'${Buffer.from(value, "base64").toString("hex")}'`
  if (type === "datetime" || type === "timestamp") return escape(value.replace("T", " ").replace("Z", ""))
  return ORDERED_TEXTS.has(type) ? escape(value) : undefined
}

/** ENUM and SET sort by number and compare as text; text columns of unlimited size have no whole index. */
const ORDERED_TEXTS = new Set(["char", "varchar", "date", "time"])

export const canOrderBy = ({ type }: SnapshotColumn): boolean =>
  INTEGERS.has(type) ||
  BINARIES.has(type) ||
  ORDERED_TEXTS.has(type) ||
  ["decimal", "datetime", "timestamp"].includes(type)
