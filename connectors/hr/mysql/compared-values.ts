/**
 * What comparing scripts share: the temporary table for what apply would write, and which of its columns differ from the
 * target's. It has the target's own columns, so that strictness, rounding and padding are the server's.
 */
import { isMark } from "../compared-tables.ts"
import type { MappedColumn, MappedTarget } from "./mapping.ts"
import { identifier, literal } from "./sql-text.ts"

export const EXPECTED = "`gradewire`.`expected_row`"
/** Its rows' places in what was sent. */
export const PLACE = "gradewire_n"

const name = (column: MappedColumn): string => identifier(column.shape.name)
const bytes = (sql: string): string => `cast(${sql} as binary)`

/** Beyond all that was ever applied: nothing could overwrite it, and apply did not write it. */
export const isAhead = (connector: string, position = "l.position"): string =>
  `${position} > (select max(o.position) from \`gradewire\`.\`apply_offset\` o where o.connector = ${literal(connector)})`

/** The temporary table for what apply would write, anew: with the target's own columns. */
export const emptyExpected = (
  { relation }: MappedTarget,
  columns: ReadonlyArray<MappedColumn>
): ReadonlyArray<string> => [
  `drop temporary table if exists ${EXPECTED}`,
  `create temporary table ${EXPECTED} (${PLACE} int not null primary key)
select 0 as ${PLACE}, ${columns.map((column) => `t.${name(column)}`).join(", ")} from ${relation} t where false`
]

/** SQL of what is known beside the rows `t` of the target and `x` of what apply would write there. */
interface Known {
  readonly marksHold: string
  /** Of the ledger. */
  readonly position: string
  readonly isAhead: string
  readonly isLearner: string
  readonly isPerson: string
}

/** SQL of the names of what differs, with commas between them. */
export const differingFields = (
  columns: ReadonlyArray<MappedColumn>,
  { own }: MappedTarget,
  known: Known
): string => {
  const values = columns.map((column): readonly [string, string] => {
    const differing = differs(column)
    return [isMark(column) ? `${known.marksHold} and ${differing}` : differing, column.shape.name]
  })
  const position = own === undefined ? [] : [[`t.position <> ${known.position}`, "position"] as const]
  return fieldList([
    ...values,
    ...position,
    [known.isAhead, "ledger.position"],
    [`not (${known.isLearner})`, "ledger.learner"],
    [`not (${known.isPerson})`, "ledger.employee"]
  ])
}

/** Both columns have one type; texts are compared by their bytes, whatever the collation takes for equal. */
const differs = (column: MappedColumn): string => {
  const [stored, value] = [`t.${name(column)}`, `x.${name(column)}`]
  return column.shape.kind === "text"
    ? `not (${bytes(stored)} <=> ${bytes(value)})`
    : `not (${stored} <=> ${value})`
}

export const fieldList = (parts: ReadonlyArray<readonly [condition: string, field: string]>): string =>
  `concat_ws(',', ${parts.map(([condition, field]) => `if(${condition}, ${literal(field)}, null)`).join(", ")})`

/** The row is still what the history says that the last change left. */
export const untouched = ({ own }: MappedTarget, connector: string, position = "l.position"): string => {
  if (own === undefined) return "false"
  const same = own.names.map((each) => `h.${each} <=> t.${each}`).join(" and ")
  return `exists (select 1 from ${own.history} h where h.connector = ${literal(connector)}
      and h.result_id = f.result_id and h.position = ${position} and ${same})`
}
