/**
 * What comparing scripts share: the temporary table for what apply would write, and which of its columns differ from the
 * target's. It has the target's own columns, so that strictness, rounding and padding are the server's.
 */
import { summedColumns, type SummedColumn } from "../compared-sums.ts"
import { isMark } from "../compared-tables.ts"
import type { ColumnShape } from "./catalog.ts"
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

const EXACT: ReadonlySet<string> = new Set(["integer", "decimal"])

export const summed = (target: Pick<MappedTarget, "columns">): ReadonlyArray<SummedColumn<ColumnShape>> =>
  summedColumns(target, ({ kind }) => EXACT.has(kind))

/** Of each row: what apply would make of it, what is stored. @param sent SQL of the texts that were sent, where they were */
export const summedValues = (columns: ReadonlyArray<MappedColumn>, sent?: ReadonlyArray<string>): string =>
  columns
    .map((column, index) => {
      const text = sent?.[index]
      // Shorter than what the server's widest decimal keeps on either side of the point.
      const isPlain = `(${text} regexp '^-?[0-9]+([.][0-9]+)?$' and ${text} not regexp '[^0-9.-]' and char_length(${text}) <= 30)`
      const source =
        text === undefined
          ? "null as s{}, 1 as u{}"
          : `if(${isPlain}, cast(${text} as decimal(65, 30)), null) as s{}, ${text} is not null and not ${isPlain} as u{}`
      return `,
    ${source.replaceAll("{}", String(index))}, x.${name(column)} as e${index}, t.${name(column)} as p${index}`
    })
    .join("")

/** Of one row `t`, as texts. */
export const profileValues = (columns: ReadonlyArray<MappedColumn>): string =>
  columns.map((column, index) => `, cast(coalesce(t.${name(column)}, 0) as char) as p${index}`).join("")

/**
 * The rows that differ, and in a row without id how many the others are, with their sums: of one pass and one moment.
 * @param rows SELECT with place `n`, a standing's columns, and `summedValues`
 */
export const differingAndSums = (rows: string, count: number): string => {
  const sums = Array.from({ length: count }, (_, index) => {
    const sum = (side: string) => `cast(coalesce(sum(c.${side}${index}), 0) as char)`
    return `,
  if(max(c.u${index}), null, ${sum("s")}) as s${index}, ${sum("e")} as e${index}, ${sum("p")} as p${index}`
  })
  return `select if(c.place < 0, null, max(c.id)) as id, count(*) as n_rows, max(c.state) as state, max(c.position) as position,
  max(c.is_there) as is_there, max(c.is_held) as is_held, max(c.is_dead) as is_dead, max(c.learner) as learner,
  max(c.fields) as fields, max(c.is_untouched) as is_untouched${sums.join("")}
from (select d.*, if(d.fields = '', -1, d.n) as place from (
${rows}
) d) c group by c.place`
}

/** The row is still what the history says that the last change left. */
export const untouched = ({ own }: MappedTarget, connector: string, position = "l.position"): string => {
  if (own === undefined) return "false"
  const same = own.names.map((each) => `h.${each} <=> t.${each}`).join(" and ")
  return `exists (select 1 from ${own.history} h where h.connector = ${literal(connector)}
      and h.result_id = f.result_id and h.position = ${position} and ${same})`
}
