/**
 * The parts of the batch statement that write one target table, from the rows `filed` that won against the guard.
 *
 * - An insert names mapped columns only; what else the table has keeps its value or default.
 * - In the `partial` form an event may lack keys: the column keeps what it has, or takes its default in a new row.
 *   The rows are locked first (`now_N`), so that a value somebody else writes at this moment is not put back.
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import { columnValue, constantValue, sourceSql } from "./column-values.ts"
import { convertedSql } from "./conversion-sql.ts"
import type { MappedColumn, MappedOwn, MappedTarget } from "./mapping.ts"
import { identifier } from "./sql-text.ts"

const name = (column: MappedColumn): string => identifier(column.shape.name)

/** SQL of what a change writes to the column, over its row `f`. */
export const valueSql = ({ convert, from, shape }: MappedColumn, zone: TimeZone): string => {
  if (typeof from === "object") return constantValue(from.value, shape)
  const { moment, text } = sourceSql(from)
  if (moment !== undefined && convert === undefined && shape.type === "timestamp with time zone")
    return moment
  const value = convert === undefined ? text : convertedSql(text, shape.name, convert, zone)
  return columnValue(value, shape, convert?.zone ?? zone)
}

const presenceSql = (column: MappedColumn): string | undefined =>
  typeof column.from === "object" ? undefined : sourceSql(column.from).present

const isKey = (target: MappedTarget, column: MappedColumn): boolean => target.key.includes(column)

const conflictAction = (target: MappedTarget): string => {
  const updated = target.columns.filter((column) => !isKey(target, column))
  return updated.length === 0
    ? "do nothing"
    : `do update set ${updated.map((column) => `${name(column)} = excluded.${name(column)}`).join(", ")}`
}

/** `["…","…"]`: the key's values as jsonb, as they were written. NULL where the key never changes. */
export const rowKeySql = (target: MappedTarget, zone: TimeZone): string =>
  target.hasFixedKey
    ? "null::jsonb"
    : `jsonb_build_array(${target.key.map((column) => `(${valueSql(column, zone)})::text`).join(", ")})`

/** Joins target row `t` with the row of the result in `f`; `rowKey` names the column that holds a changing key. */
export const sameRow = (target: MappedTarget, zone: TimeZone, rowKey: string): string =>
  target.key
    .map((column, index) =>
      target.hasFixedKey
        ? `t.${name(column)} = ${valueSql(column, zone)}`
        : `t.${name(column)} = (f.${rowKey} ->> ${index})::${column.shape.type}`
    )
    .join(" and ")

const partialValue = (column: MappedColumn, zone: TimeZone): string => {
  const value = valueSql(column, zone)
  const present = presenceSql(column)
  if (present === undefined) return value
  const fallback = column.shape.defaultSql === "identity" ? "null" : (column.shape.defaultSql ?? "null")
  return `case when ${present} then ${value} when t.gradewire_row then t.${name(column)} else ${fallback} end`
}

const upsert = (target: MappedTarget, index: number, zone: TimeZone, isPartial: boolean): string => {
  const columns = target.columns.map(name).join(", ")
  const values = target.columns
    .map((column) => (isPartial ? partialValue(column, zone) : valueSql(column, zone)))
    .join(",\n    ")
  const rows = isPartial ? `filed f left join now_${index} t on t.gradewire_result = f.result_id` : "filed f"
  return `put_${index} as (
  insert into ${target.relation} (${columns})
  select ${values}
  from ${rows}
  where f.in_${index} and not f.revoked
  order by f.result_id collate "C"
  on conflict (${target.key.map(name).join(", ")}) ${conflictAction(target)}${target.own === undefined ? "" : "\n  returning *"}
)`
}

const lockRows = (target: MappedTarget, index: number, zone: TimeZone): string =>
  `now_${index} as materialized (
  select f.result_id as gradewire_result, true as gradewire_row, ${target.columns.map((column) => `t.${name(column)}`).join(", ")}
  from filed f join ${target.relation} t on ${sameRow(target, zone, "row_key")}
  where f.in_${index} and not f.revoked
  for update of t
)`

/** Removes or flags the rows of results that are revoked, or taken from a person that is no longer proven. */
const take = (target: MappedTarget, index: number, zone: TimeZone): string | undefined => {
  const where = `f.in_${index} and ${sameRow(target, zone, "ledger_row_key")}`
  if (typeof target.onRevoke === "object") {
    const set = target.onRevoke.flag.map((column) => `${name(column)} = ${valueSql(column, zone)}`).join(", ")
    return `take_${index} as (update ${target.relation} t set ${set} from gone f where ${where})`
  }
  const which = target.onRevoke === "ignore" ? " and f.withdrawn" : ""
  return `take_${index} as (delete from ${target.relation} t using gone f where ${where}${which})`
}

/**
 * Our own table keeps a revoked row unless it is told otherwise. Each answers with the row as it is from then on, for the
 * history; where it stays as it was, the history alone says what the source did.
 */
const takeOwn = (target: MappedTarget, own: MappedOwn, index: number, zone: TimeZone): string => {
  const where = `f.in_${index} and (f.was_filed or t.state = 'recorded') and ${sameRow(target, zone, "ledger_row_key")}`
  const marks = new Map(own.marks.map((column) => [name(column), valueSql(column, zone)]))
  const after = own.names.map((column) => `${marks.get(column) ?? `t.${column}`} as ${column}`).join(", ")
  const set = [...marks].map(([column, value]) => `${column} = ${value}`).join(", ")
  if (own.onRevoke === "delete") {
    return `take_${index} as (delete from ${target.relation} t using gone f where ${where} returning ${after})`
  }
  const hide = (condition: string) =>
    `update ${target.relation} t set ${set} from gone f where ${where}${condition} returning ${after}`
  if (own.onRevoke === "hide") return `take_${index} as (${hide("")})`
  return `withdraw_${index} as (${hide(" and f.withdrawn")}),
take_${index} as (
  select * from withdraw_${index}
  union all
  select ${after} from ${target.relation} t join gone f on ${where} and not f.withdrawn
)`
}

const history = ({ names, ...own }: MappedOwn, index: number): string =>
  `history_${index} as (
  insert into ${own.history} (${names.join(", ")})
  select ${names.join(", ")} from (
    select ${names.join(", ")} from put_${index} union all select ${names.join(", ")} from take_${index}
  ) h
)`

/** A result whose key changed leaves its old row. */
const leave = (target: MappedTarget, index: number, zone: TimeZone): string | undefined =>
  target.hasFixedKey
    ? undefined
    : `leave_${index} as (delete from ${target.relation} t using filed f
  where f.in_${index} and not f.revoked and f.was_filed and f.ledger_row_key is distinct from f.row_key
    and ${sameRow(target, zone, "ledger_row_key")})`

/** Common table expressions over `filed` and `gone`, in order. */
export const targetParts = (
  target: MappedTarget,
  index: number,
  zone: TimeZone,
  isPartial: boolean
): ReadonlyArray<string> =>
  [
    isPartial ? lockRows(target, index, zone) : undefined,
    upsert(target, index, zone, isPartial),
    target.own === undefined ? take(target, index, zone) : takeOwn(target, target.own, index, zone),
    leave(target, index, zone),
    target.own === undefined ? undefined : history(target.own, index)
  ].filter((part) => part !== undefined)
