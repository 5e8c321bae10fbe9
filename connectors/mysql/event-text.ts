/**
 * SQL that writes a row as the content of its event, as the SELECT of a copy (snapshot-columns.ts) and the stream's encoder
 * would together. Pure.
 *
 * - NULL for a row with a value that only the encoder knows how to write: NULL goes through CONCAT.
 * - Columns of types whose text differs between SELECT and binlog (FLOAT, JSON, bytes), and keys of people, which have a
 *   canonical form, are obstacles.
 * - Constants are hexadecimal literals, whatever the session takes a backslash for.
 */
import { LEARNER_KEYS } from "../../schemas/employees-config.ts"
import { steadyOffsets } from "../../schemas/steady-offsets.ts"
import type { Field, FieldKind } from "../../src/capture/field-text.ts"
import type { WrittenTable } from "../../src/capture/RowTexts.ts"
import { SQL_TYPES, type ValueForm } from "./binlog/sql-type.ts"
import { quoteName, type SnapshotColumn } from "./snapshot-columns.ts"

type Columns = ReadonlyMap<string, SnapshotColumn>
type Zone = WrittenTable["zone"]

export interface Obstacle {
  readonly obstacle: string
}

const constant = (text: string): string =>
  text === "" ? "''" : `_utf8mb4 0x${Buffer.from(text).toString("hex")}`
const utf8 = (sql: string): string => `CONVERT(${sql} USING utf8mb4)`
const concat = (parts: ReadonlyArray<string>): string => `CONCAT(${parts.join(", ")})`
const quoted = (sql: string): string => concat([constant('"'), sql, constant('"')])
/** DATETIME, TIMESTAMP. */
const withT = (sql: string): string => `REPLACE(CONCAT(${sql}), ' ', 'T')`

/** In the calendar: no zero or partial date, and none that ALLOW_INVALID_DATES let in. */
const isDay = (sql: string): string => `DAYOFMONTH(${sql}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(${sql}))`

/** For `$` both servers take a line break at the end as well. */
const isDecimal = (sql: string): string =>
  `${sql} REGEXP '^-?[0-9]+([.][0-9]+)?$' AND ${sql} NOT REGEXP '[^0-9.-]'`

const STEADY = new Map<Zone, ReturnType<typeof steadyOffsets>>()

const steady = (zone: Zone): ReturnType<typeof steadyOffsets> => {
  const known = STEADY.get(zone) ?? steadyOffsets(zone)
  STEADY.set(zone, known)
  return known
}

/** Of a local time; NULL where the clocks were changed about then. */
const universal = (local: string, zone: Zone): string => {
  const shifted = (minutes: number): string => {
    const utc = minutes === 0 ? local : `(${local} - INTERVAL ${minutes} MINUTE)`
    return quoted(concat([withT(utc), "'Z'"]))
  }
  const cases = steady(zone).map(({ before, from, minutes }) => {
    const within = from === undefined ? "" : ` AND ${local} >= '${from}' AND ${local} < '${before}'`
    return `WHEN ${isDay(local)}${within} THEN ${shifted(minutes)}`
  })
  return `CASE ${cases.join(" ")} END`
}

type Writers = Partial<Record<ValueForm, Partial<Record<FieldKind, (sql: string, zone: Zone) => string>>>>

const asText = (sql: string): string => `JSON_QUOTE(${utf8(sql)})`
const asDecimal = (sql: string): string => `IF(${isDecimal(utf8(sql))}, ${quoted(utf8(sql))}, NULL)`
const asDatetime = (sql: string): string => quoted(withT(sql))
/** A zero TIMESTAMP has no zone. */
const asTimestamp = (sql: string): string => `IF(${isDay(sql)}, ${quoted(concat([withT(sql), "'Z'"]))}, NULL)`

const WRITERS: Writers = {
  integer: { text: quoted, plain: (sql) => concat([sql]), decimal: quoted },
  bigInteger: { text: quoted, plain: quoted, decimal: quoted },
  decimal: { text: quoted, plain: quoted, decimal: quoted },
  text: { text: asText, plain: asText, decimal: asDecimal },
  labels: { text: asText, plain: asText, decimal: asDecimal },
  date: { text: quoted, plain: quoted, instant: (sql, zone) => universal(`CAST(${sql} AS DATETIME)`, zone) },
  time: { text: quoted, plain: quoted },
  datetime: { text: asDatetime, plain: asDatetime, instant: universal },
  timestamp: { text: asTimestamp, plain: asTimestamp, instant: asTimestamp }
}

const DAYS: ReadonlySet<ValueForm> = new Set<ValueForm>(["date", "datetime", "timestamp"])

const refuse = (column: string, why: string): Obstacle => ({ obstacle: `${column} ${why}` })

/** SQL of a mapped column's value, NULL aside. */
const writer = (
  columns: Columns,
  name: string,
  kind: FieldKind,
  zone: Zone,
  hasZeroDates: boolean
): string | Obstacle => {
  const column = columns.get(name.toLowerCase())
  const form = column === undefined ? undefined : SQL_TYPES.get(column.type)?.form
  if (column === undefined || form === undefined) return refuse(name, "cannot be read")
  const write = WRITERS[form]?.[kind]
  if (write === undefined || /zerofill|compressed/.test(column.full)) {
    return refuse(name, `is ${column.full}, which only gradewire itself reads as ${kind}`)
  }
  if (column.declared !== undefined) return refuse(name, "has a declared type")
  const sql = quoteName(column.name)
  const text = write(sql, zone)
  const known = hasZeroDates && DAYS.has(form) ? `IF(${isDay(sql)}, ${text}, NULL)` : text
  // Not IS NULL: that holds for a zero date as well (MySQL manual, 14.4.2).
  return `IF(${sql} <=> NULL, 'null', ${known})`
}

const KEY_FORMS: ReadonlySet<ValueForm | undefined> = new Set<ValueForm>([
  "integer",
  "bigInteger",
  "decimal",
  "text"
])

/** SQL of the key's text (`keyText`), as a JSON string. */
const keyString = ({ plan }: WrittenTable, columns: Columns, prefix: string): string | Obstacle => {
  const parts: Array<string> = []
  for (const index of plan.key) {
    const name = plan.wanted.columns[index]!
    const column = columns.get(name.toLowerCase())
    const form = column === undefined ? undefined : SQL_TYPES.get(column.type)?.form
    if (!KEY_FORMS.has(form) || /zerofill|compressed/.test(column!.full) || column!.declared !== undefined) {
      return refuse(name, "is a key that only gradewire itself reads")
    }
    const sql = utf8(quoteName(column!.name))
    const escaped = `REPLACE(REPLACE(${sql}, _utf8mb4 0x5c, _utf8mb4 0x5c5c), ',', _utf8mb4 0x5c2c)`
    if (parts.length > 0) parts.push("','")
    parts.push(plan.key.length === 1 ? sql : escaped)
  }
  return `JSON_QUOTE(${concat([constant(prefix), ...parts])})`
}

const PEOPLES_KEYS: ReadonlySet<string> = new Set(LEARNER_KEYS.map((key) => `${JSON.stringify(key)}:`))

/** Members of one JSON object, without braces. */
const members = (
  fields: ReadonlyArray<Field>,
  { plan, zone }: WrittenTable,
  columns: Columns
): ReadonlyArray<string> | Obstacle => {
  const parts: Array<string> = []
  for (const { column, kind, label } of fields) {
    const name = plan.wanted.columns[column]!
    const hasZeroDates = plan.zeroDates.some((zero) => zero.column === column)
    const value = writer(columns, name, kind, zone, hasZeroDates)
    if (typeof value !== "string") return value
    parts.push(constant(parts.length === 0 ? label : `,${label}`), value)
  }
  return parts
}

/** SQL of one text per row, `{"data":{"resultId":…}}`. */
export const eventText = (table: WrittenTable, columns: Columns): string | Obstacle => {
  const { plan } = table
  if (plan.as === "row") return refuse(plan.name, "is filed nowhere")
  const isScore = plan.as === "score"
  const personal = plan.groups
    .filter(({ name }) => name === "learner" || plan.as === "learner")
    .flatMap(({ fields }) => fields)
    .find(({ label }) => PEOPLES_KEYS.has(label))
  if (personal !== undefined) {
    return refuse(plan.wanted.columns[personal.column]!, "is a person's key, which has a canonical form")
  }
  const key = keyString(table, columns, isScore ? `${plan.name}:` : "")
  if (typeof key !== "string") return key
  const parts: Array<string> = [constant(`{"data":{"${isScore ? "resultId" : `${plan.as}Id`}":`), key]
  for (const { fields, name, required } of plan.groups) {
    if (fields.length === 0 && !(required && isScore)) continue
    const inner = members(fields, table, columns)
    if ("obstacle" in inner) return inner
    if (isScore) parts.push(constant(`,"${name}":{`), ...inner, "'}'")
    else parts.push("','", ...inner)
  }
  return concat([...parts, constant("}}")])
}
