/**
 * SQL that turns a part of a change event into a value of a target column's type.
 *
 * - Exact or refused: a score with more digits than its column keeps, or a fraction for a whole number, is an error of
 *   class 22 and ends in the dead letters; PostgreSQL by itself would round it.
 * - Casts go to the type without its length, so that the assignment that follows refuses what is too long; a cast to
 *   `varchar(10)` would cut it.
 * - No cast depends on the session's time zone or date style.
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import type { ColumnSource } from "../mapping.ts"
import type { ColumnShape } from "./catalog.ts"
import { zoneSql } from "./conversion-sql.ts"
import { literal } from "./sql-text.ts"

/** SQL of a source's text in a row `f` of the statement, and whether that row knows it. */
export interface SourceSql {
  readonly text: string
  /** True where the event has the key; `undefined`: always. */
  readonly present: string | undefined
  /** SQL of the same as timestamptz, where it is one without being read. */
  readonly moment?: string
  /** Where the key stands in an event's data, for a look at it before it is sent. */
  readonly path: readonly [group: string, key?: string] | undefined
}

const inData = (group: string, key: string): SourceSql => ({
  text: `(f.d -> ${literal(group)} ->> ${literal(key)})`,
  present: `coalesce(f.d -> ${literal(group)} ? ${literal(key)}, false)`,
  path: [group, key]
})

/** In the form of events: with `Z`, so that no session's zone matters. */
const NOW = `to_char(timezone('UTC', clock_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const always = (text: string): SourceSql => ({ text, present: undefined, path: undefined })

export const sourceSql = (source: ColumnSource): SourceSql => {
  switch (source) {
    case "employee":
      return always("f.person")
    case "match.rule":
      return always("f.match_rule")
    case "resultId":
      return always("f.result_id")
    case "assessment.title":
      return { ...inData("assessment", "id"), text: "f.assessment_title" }
    case "assessment.max":
      return { ...inData("assessment", "id"), text: "f.assessment_max::text" }
    case "assessment.pass":
      return { ...inData("assessment", "id"), text: "f.assessment_pass::text" }
    case "event.id":
      return always("f.event_id")
    case "event.time":
      return always("f.event_time")
    case "event.type":
      return always("f.type")
    case "position":
      return always("f.position")
    case "now":
      return { ...always(NOW), moment: "clock_timestamp()" }
    case "attributes":
      return { text: "(f.d ->> 'attributes')", present: "f.d ? 'attributes'", path: ["attributes"] }
    default: {
      const dot = source.indexOf(".")
      return inData(source.slice(0, dot), source.slice(dot + 1))
    }
  }
}

const INTEGERS: ReadonlySet<string> = new Set(["smallint", "integer", "bigint"])
const TEXTS: ReadonlySet<string> = new Set(["text", "character varying", "bpchar"])

/** An error of class 22 that no planner can see coming and that holds no value: 22003, integer out of range. */
const refuse = (text: string): string => `(2147483648 + length(${text}))::integer`

/** A local time that came twice is its earlier moment, as everywhere here (NamedZone.ts); PostgreSQL takes the later. */
const momentOf = (local: string, zone: string, isFixed: boolean): string => {
  const later = `timezone(${zone}, ${local})`
  if (isFixed) return later
  const earlier = (minutes: number) => `${later} - interval '${minutes} minutes'`
  const cases = [60, 30].map((n) => `when timezone(${zone}, ${earlier(n)}) = ${local} then ${earlier(n)}`)
  return `case ${cases.join(" ")} else ${later} end`
}

/**
 * @param text SQL of type text, without side effects
 * @param zone in which a column without one is written and text without one is read
 */
export const columnValue = (text: string, column: ColumnShape, zone: TimeZone): string => {
  const there = zoneSql(zone)
  const hasZone = `right(${text}, 1) = 'Z'`
  const number = `${text}::numeric`
  if (TEXTS.has(column.type)) return text
  if (INTEGERS.has(column.type)) {
    return `case when trunc(${number}) = ${number} then ${number}::${column.type} else ${refuse(text)} end`
  }
  switch (column.type) {
    case "numeric":
      return column.scale === undefined
        ? number
        : `case when round(${number}, ${column.scale}) = ${number} then ${number} else ${refuse(text)} end`
    case "timestamp with time zone":
      return `case when ${hasZone} then ${text}::timestamptz else ${momentOf(`${text}::timestamp`, there, typeof zone === "number")} end`
    case "timestamp without time zone":
    case "date":
    case "time without time zone": {
      const local = `case when ${hasZone} then timezone(${there}, ${text}::timestamptz) else ${text}::timestamp end`
      return column.type === "timestamp without time zone" ? local : `(${local})::${column.type}`
    }
    default:
      return `${text}::${column.type}`
  }
}

/** SQL of a constant as a value of the column's type. */
export const constantValue = (value: string | number | boolean, column: ColumnShape): string =>
  `${literal(String(value))}::${column.type}`

/**
 * SQL of a learner's key as the employee column's type, so that the comparison can use an index on it.
 * A key that the type cannot hold is NULL and hits nobody.
 */
export const matchKey = (key: string, column: ColumnShape): string => {
  if (INTEGERS.has(column.type)) {
    // Only the canonical form: 工号 "007" is not employee 7.
    return `case when ${key} ~ '^(0|[1-9][0-9]{0,17})$' then ${key}::bigint end`
  }
  return TEXTS.has(column.type) || column.category === "S" ? `${key}::${column.type}` : key
}

/** SQL of a text whose column names a collation as one that names none, so that the other side's index serves. */
export const anyCollation = (sql: string): string => `(to_jsonb(${sql}) #>> '{}')`

/** SQL of the employee column in that comparison. */
export const matchColumn = (sql: string, column: ColumnShape): string =>
  INTEGERS.has(column.type) || TEXTS.has(column.type) || column.category === "S" ? sql : `${sql}::text`
