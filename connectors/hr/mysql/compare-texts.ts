/**
 * The script that compares rows of the source which the training database wrote itself: JSON texts of their events'
 * content, that nobody has read. What apply makes of a value before it sends it (column-values.ts, ../conversion.ts) is
 * made here by the server, as far as its SQL certainly means the same; any other column is an obstacle for its table.
 *
 * - A value that SQL would take otherwise is {@link REFUSED}, which strict mode refuses: the chunk is then compared row
 *   by row in the way of apply.
 * - What is read of the ledger and of the target to be compared comes from one statement, and so from one moment.
 */
import { steadyOffsets } from "../../../schemas/steady-offsets.ts"
import type { TimeZone } from "../../../schemas/civil-time.ts"
import { isBooked } from "../compared-tables.ts"
import type { Conversion } from "../conversion.ts"
import { jsonTypes } from "./batch-tables.ts"
import type { ColumnShape } from "./catalog.ts"
import { REFUSED } from "./column-values.ts"
import {
  differingAndSums,
  differingFields,
  emptyExpected,
  EXPECTED,
  isAhead,
  PLACE,
  summed,
  summedValues,
  untouched
} from "./compared-values.ts"
import { convertedSql } from "./conversion-sql.ts"
import type { MappedColumn, MappedTarget } from "./mapping.ts"
import type { ServerFacts } from "./mysql-client.ts"
import { identifier, jsonLiteral, literal } from "./sql-text.ts"
import { sameRow } from "./target-sql.ts"
import { pathOf, serverSource, valueSql } from "./value-sql.ts"

const NO = literal(REFUSED)
const bytes = (sql: string): string => `cast(${sql} as binary)`

/** For `$` both servers take a line break at the end as well. */
const isNumber = (text: string): string =>
  `${text} regexp '^-?[0-9]+([.][0-9]+)?$' and ${text} not regexp '[^0-9.-]'`

const numberSql = (text: string, scale: number): string =>
  `if(${text} is null or ${isNumber(text)} and cast(${text} as decimal(65, 30)) = cast(${text} as decimal(65, ${scale})), ${text}, ${NO})`

const enumSql = (text: string, members: ReadonlyArray<string>): string =>
  `if(${text} is null or ${bytes(text)} in (${members.map((member) => bytes(literal(member))).join(", ")}), ${text}, ${NO})`

const IS_UTC = "'^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z$'"

/** Local time at the zone, of a moment in UTC, while the clocks there stood steadily. */
const localSql = (text: string, zone: TimeZone): string => {
  const moment = `cast(replace(left(${text}, char_length(${text}) - 1), 'T', ' ') as datetime(6))`
  const cases = steadyOffsets(zone).map(({ before, from, minutes }) => {
    const local = minutes === 0 ? moment : `${moment} + interval ${minutes} minute`
    const within = from === undefined ? "" : `and ${text} >= '${from}' and ${text} < '${before}' `
    return `when ${text} regexp ${IS_UTC} ${within}then coalesce(${local}, ${NO})`
  })
  return `case when ${text} is null then null ${cases.join(" ")} else ${NO} end`
}

/** As `columnText` makes it; `undefined` where that is left to it. */
const columnSql = (text: string, shape: ColumnShape, zone: TimeZone): string | undefined => {
  switch (shape.kind) {
    case "text":
      return text
    case "integer":
      return numberSql(text, 0)
    case "decimal":
      return numberSql(text, shape.scale ?? 0)
    case "enum":
      return enumSql(text, shape.members)
    case "datetime":
      return localSql(text, zone)
    case "timestamp":
      return localSql(text, 0)
    case "date":
      return `left(${localSql(text, zone)}, 10)`
    default:
      return undefined
  }
}

const converted = (text: string, convert: Conversion | undefined): string | undefined => {
  if (convert === undefined) return text
  if (convert.format !== undefined || convert.trim) return undefined
  const isCounted = convert.multiply !== undefined || convert.decimals !== undefined
  if (isCounted && convert.map !== undefined) return undefined
  return isCounted
    ? convertedSql(`if(${text} is null or ${isNumber(text)}, ${text}, ${NO})`, convert)
    : convertedSql(text, convert)
}

const isSent = ({ from }: MappedColumn): boolean =>
  typeof from === "string" && serverSource(from) === undefined

/** SQL of a column's value from the text that the event has for it. */
const textSql = (column: MappedColumn, text: string, zone: TimeZone): string | undefined => {
  if (column.from === "attributes") return undefined
  const made = converted(text, column.convert)
  return made === undefined ? undefined : columnSql(made, column.shape, column.convert?.zone ?? zone)
}

const comparedColumns = (target: MappedTarget): ReadonlyArray<MappedColumn> =>
  target.columns.filter((column) => !isBooked(column))

/** Why texts cannot be compared with this target's rows; `undefined`: they can. */
export const textObstacle = (target: MappedTarget, zone: TimeZone): string | undefined => {
  const column = comparedColumns(target).find(
    (each) => isSent(each) && textSql(each, "r.v", zone) === undefined
  )
  if (column === undefined) return undefined
  return `column ${column.shape.name} of ${target.relation} is ${column.shape.type} from ${JSON.stringify(column.from)}, which is converted before it is sent`
}

const jsonPath = (column: MappedColumn): string =>
  `$.data${pathOf(column.from as Parameters<typeof pathOf>[0])!
    .map((part) => `.${JSON.stringify(part)}`)
    .join("")}`

export interface TextComparison {
  readonly connector: string
  readonly facts: ServerFacts
  readonly target: MappedTarget
  readonly zone: TimeZone
  /** Columns that every event of the table knows. */
  readonly known: ReadonlyArray<MappedColumn>
}

const TEXTS = "@gradewire_texts"

/** Rows `r` of the texts: place, names, and one text for each of the columns. */
const textRows = (facts: ServerFacts, sent: ReadonlyArray<MappedColumn>): string => {
  const { text } = jsonTypes(facts)
  const listed = [
    ["result_id", "$.data.resultId"] as const,
    ["learner_id", "$.data.learner.id"] as const,
    ["assessment_id", "$.data.assessment.id"] as const,
    ...sent.map((column, index) => [`v${index}`, jsonPath(column)] as const)
  ].map(([name, path]) => `${name} ${text} path ${literal(path)}`)
  return `json_table(${TEXTS}, '$[*]' columns (n for ordinality, ${listed.join(", ")})) r`
}

/** Everything that is known of a text's result: what `gatherScores` finds, as far as comparing wants it. */
const gathered = ({ connector, facts }: TextComparison, sent: ReadonlyArray<MappedColumn>): string => {
  const find = (table: string, alias: string, key: string) =>
    `left join \`gradewire\`.\`${table}\` ${alias} on ${alias}.connector = ${literal(connector)} and ${alias}.${key} = r.${key}`
  const dead = `exists (select 1 from \`gradewire\`.\`dead_letter\` z where z.connector = ${literal(connector)} and z.result_id = r.result_id
    and (z.state in ('open', 'waiting', 'replay') or z.state = 'discarded' and z.position > coalesce(l.position, '')))`
  return `(select r.n, r.result_id, r.learner_id, ${sent.map((_, index) => `r.v${index}, `).join("")}
    l.position as ledger_position, l.state as ledger_state, l.learner_id as ledger_learner, l.row_key as ledger_row_key,
    l.employee_key as ledger_employee, coalesce(p.employee_key, l.employee_key) as person,
    a.title as assessment_title, a.max as assessment_max, a.pass as assessment_pass,
    coalesce(a.position <= l.position, true) as marks_hold, h.result_id is not null as is_held, ${dead} as is_dead
  from ${textRows(facts, sent)}
  ${find("result_ledger", "l", "result_id")}
  ${find("held_change", "h", "result_id")}
  ${find("person_link", "p", "learner_id")}
  ${find("assessment_directory", "a", "assessment_id")}) f`
}

/** Results that are not what the source has. */
export const compareTexts = (
  comparison: TextComparison,
  texts: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const { connector, known, target, zone } = comparison
  const columns = known.filter((column) => !isBooked(column))
  const sent = columns.filter(isSent)
  const sums = summed(target)
  const names = columns.map(({ shape }) => identifier(shape.name)).join(", ")
  const values = columns.map((column) => {
    const place = sent.indexOf(column)
    return valueSql(column, zone, place < 0 ? undefined : textSql(column, `f.v${place}`, zone))
  })
  const isThere = `t.${identifier(target.key[0]!.shape.name)} is not null`
  const fields = differingFields(columns, target, {
    marksHold: "f.marks_hold",
    position: "f.ledger_position",
    isAhead: isAhead(connector, "f.ledger_position"),
    isLearner: "f.ledger_learner <=> f.learner_id",
    isPerson: "f.ledger_employee <=> f.person"
  })
  return [
    `set ${TEXTS} = ${jsonLiteral(`[${texts.join(",")}]`)}`,
    ...emptyExpected(target, columns),
    `insert into ${EXPECTED} (${PLACE}, ${names})
select f.n, ${values.join(",\n  ")}
from ${gathered(comparison, sent)} where f.ledger_state = 'recorded' and not f.is_dead`,
    differingAndSums(
      `select f.n, f.result_id as id, f.ledger_state as state, f.ledger_position as position, ${isThere} as is_there, f.is_held, f.is_dead,
    f.ledger_learner as learner,
    case when f.ledger_state = 'recorded' and ${isThere} and x.${PLACE} is not null then ${fields} end as fields,
    case when f.ledger_state = 'recorded' and ${isThere} then ${untouched(target, connector, "f.ledger_position")} else false end as is_untouched${summedValues(
      sums,
      sums.map((_, index) => `f.v${index}`)
    )}
  from ${gathered(comparison, sums)}
  left join ${EXPECTED} x on x.${PLACE} = f.n
  left join ${target.relation} t on f.ledger_state = 'recorded' and ${sameRow(target, zone, "ledger_row_key")}`,
      sums.length
    )
  ]
}
