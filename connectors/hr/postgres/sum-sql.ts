/** SQL of the sums that a comparison tells (../compared-sums.ts): exact, in PostgreSQL's own numeric. */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import { summedColumns, type SummedColumn } from "../compared-sums.ts"
import { sourceSql } from "./column-values.ts"
import type { ColumnShape } from "./catalog.ts"
import type { MappedColumn, MappedTarget } from "./mapping.ts"
import { identifier } from "./sql-text.ts"
import { valueSql } from "./target-statement.ts"

const EXACT: ReadonlySet<string> = new Set(["smallint", "integer", "bigint", "numeric"])

export const summed = (target: Pick<MappedTarget, "columns">): ReadonlyArray<SummedColumn<ColumnShape>> =>
  summedColumns(target, ({ type }) => EXACT.has(type))

const stored = ({ shape }: MappedColumn): string => `t.${identifier(shape.name)}::numeric`

/** Of each row: what was sent, what apply would make of it, what is stored; `u`: what was sent is no plain number. */
export const summedValues = (column: SummedColumn<ColumnShape>, index: number, zone: TimeZone): string => {
  const { text } = sourceSql(column.from)
  const isPlain = `${text} ~ '^-?[0-9]+([.][0-9]+)?$'`
  const isFiled = "f.ledger_state = 'recorded' and t.gradewire_row and not f.is_dead"
  return `,
    case when ${isPlain} then ${text}::numeric end as s${index}, not coalesce(${isPlain}, true) as u${index},
    case when ${isFiled} then (${valueSql(column, zone)})::numeric end as e${index}, ${stored(column)} as p${index}`
}

/** Over the rows `c` of one group. */
export const sumsOver = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const sum = (name: string) => `coalesce(sum(c.${name}${index}), 0)::text as ${name}${index}`
    return `,
  case when not bool_or(c.u${index}) then coalesce(sum(c.s${index}), 0)::text end as s${index}, ${sum("e")}, ${sum("p")}`
  }).join("")

/** Of one row `t`, as texts. */
export const profileValues = (columns: ReadonlyArray<MappedColumn>): string =>
  columns.map((column, index) => `, coalesce(${stored(column)}, 0)::text as p${index}`).join("")
