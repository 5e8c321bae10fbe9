/**
 * SQL that writes and compares values of a column's type.
 *
 * - A comparison names the column's own collation, so that an index on it serves, and compares the bytes as well: keys
 *   that differ in case or in trailing spaces are two, whatever the collation says (G7).
 * - What the server knows (the person, an assessment's marks) is checked here; what the event brings is checked before
 *   it is sent (column-values.ts).
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import type { ColumnSource } from "../mapping.ts"
import type { ColumnShape } from "./catalog.ts"
import { columnText, REFUSED } from "./column-values.ts"
import { convertedSql } from "./conversion-sql.ts"
import type { MappedColumn } from "./mapping.ts"
import { literal } from "./sql-text.ts"

/** Where a source stands in an event: a key of `data`, or of a group in it. */
export type EventPath = readonly [group: string, key?: string]

/** SQL over a row `f` of the batch for what only the server knows; `undefined`: the event brings it. */
export const serverSource = (source: ColumnSource): string | undefined => SERVER_SOURCES[source]

const SERVER_SOURCES: Readonly<Record<string, string | undefined>> = {
  employee: "f.person",
  "match.rule": "f.match_rule",
  resultId: "f.result_id",
  "assessment.title": "f.assessment_title",
  "assessment.max": "f.assessment_max",
  "assessment.pass": "f.assessment_pass",
  "event.id": "f.event_id",
  "event.type": "f.type",
  position: "f.position",
  now: "utc_timestamp(6)"
}

/** The key whose absence from an event means that the source is not known there; `undefined`: always known. */
export const pathOf = (source: ColumnSource): EventPath | undefined => {
  if (/^assessment\.(title|max|pass)$/.test(source)) return ["assessment", "id"]
  if (serverSource(source) !== undefined || source === "event.time") return undefined
  if (source === "attributes") return ["attributes"]
  const dot = source.indexOf(".")
  return [source.slice(0, dot), source.slice(dot + 1)]
}

const isMark = (source: ColumnSource): boolean => source === "assessment.max" || source === "assessment.pass"

/** The server's decimals have 30 digits behind the point at most (MySQL manual, 14.24.2), and so have the source's. */
const exactMark = (sql: string, scale: number): string =>
  `if(${sql} is null or cast(${sql} as decimal(65, 30)) = cast(${sql} as decimal(65, ${scale})), ${sql}, ${literal(REFUSED)})`

/** SQL of text as a value of the column. A BIT takes text for bytes. */
const assigned = (sql: string, column: ColumnShape): string =>
  column.kind === "bit" ? `cast(${sql} as unsigned)` : sql

/**
 * SQL of a mapped column's value over the rows `f` of the batch and `r` of what was sent for its target.
 * @param sent SQL of the text that was sent for this column
 */
export const valueSql = (column: MappedColumn, zone: TimeZone, sent: string | undefined): string => {
  const { convert, from, shape } = column
  if (typeof from === "object") {
    return assigned(literal(columnText(String(from.value), shape, zone)), shape)
  }
  const source = serverSource(from)
  if (source === undefined) return assigned(sent ?? "null", shape)
  const known = convert === undefined ? source : convertedSql(source, convert)
  const isNumber = shape.kind === "integer" || shape.kind === "decimal"
  return assigned(isMark(from) && isNumber ? exactMark(known, shape.scale ?? 0) : known, shape)
}

const bytes = (sql: string): string => `cast(${sql} as binary)`

/** SQL that is true where a column of any type is written as the text, byte for byte; no index serves. */
export const sameText = (columnSql: string, text: string): string =>
  `${bytes(`convert(${columnSql} using utf8mb4)`)} = ${bytes(text)}`

/** SQL that is true where the column holds the text, byte for byte; an index on the column serves. */
export const holds = (columnSql: string, column: ColumnShape, text: string): string => {
  switch (column.kind) {
    case "integer":
      return `${columnSql} = cast(${text} as ${column.isUnsigned ? "unsigned" : "signed"})`
    case "decimal":
      return `${columnSql} = cast(${text} as decimal(${(column.integerDigits ?? 35) + (column.scale ?? 30)}, ${column.scale ?? 30}))`
    case "text":
      return `${columnSql} = convert(${text} using ${column.charset}) collate ${column.collation}
      and ${bytes(`convert(${columnSql} using utf8mb4)`)} = ${bytes(`convert(${text} using utf8mb4)`)}`
    default:
      return `${columnSql} = ${text}`
  }
}

/** SQL that is true where an employee's column holds a learner's key. A key that its type cannot hold hits nobody. */
export const matches = (columnSql: string, column: ColumnShape, key: string): string => {
  if (column.kind === "integer") {
    // Only the canonical form: 工号 "007" is not employee 7.
    return `${columnSql} = case when ${key} not regexp '[^0-9]' and ${key} <> '' and char_length(${key}) <= 18
        and (${key} = '0' or ${key} not like '0%') then cast(${key} as signed) end`
  }
  if (column.kind === "text") return holds(columnSql, column, key)
  return sameText(columnSql, key)
}
