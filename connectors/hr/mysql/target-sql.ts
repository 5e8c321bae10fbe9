/**
 * The statements of a batch script that write one target table.
 *
 * - A row is found by the mapped key alone, then updated; one that is not found is inserted. No ON DUPLICATE KEY UPDATE:
 *   that would take the row of whatever unique index it meets first for the one that is meant, and overwrite somebody
 *   else's score. A second unique index that is in the way is error 1062, and the row a dead letter.
 * - Statements name mapped columns only; what else the table has keeps its value or default.
 */
import type { TimeZone } from "../../../schemas/civil-time.ts"
import { jsonRows, jsonTypes, SCORES, WITHDRAWN } from "./batch-tables.ts"
import type { PutGroup } from "./change-rows.ts"
import type { MappedColumn, MappedTarget } from "./mapping.ts"
import type { ServerFacts } from "./mysql-client.ts"
import { identifier } from "./sql-text.ts"
import { holds, valueSql } from "./value-sql.ts"

export interface TargetGroup {
  readonly group: PutGroup
  readonly target: MappedTarget
  readonly zone: TimeZone
  /** SQL of the group's rows as a JSON text. */
  readonly json: string
  readonly facts: Pick<ServerFacts, "isMariaDb">
}

const name = (column: MappedColumn): string => identifier(column.shape.name)

/** `r`: what was sent for the group; `f`: the verdict on it. */
export const filedRows = ({ facts, group, json }: TargetGroup): string => {
  const { number, text } = jsonTypes(facts)
  const sent = group.sent.map((_, index) => [`v${index}`, text] as const)
  return `${jsonRows(json, [["n", number], ...sent])} r straight_join ${SCORES} f on f.n = r.n`
}

export const valueOf = ({ group, zone }: TargetGroup, column: MappedColumn): string => {
  const place = group.sent.indexOf(column)
  return valueSql(column, zone, place < 0 ? undefined : `r.v${place}`)
}

/** True where target row `t` is the result's in `f`; `rowKey` names the column that holds a changing key. */
export const sameRow = (target: MappedTarget, zone: TimeZone, rowKey: string): string =>
  target.key
    .map((column, index) => {
      const text = target.hasFixedKey
        ? valueSql(column, zone, undefined)
        : `json_unquote(json_extract(f.${rowKey}, '$[${index}]'))`
      return holds(`t.${name(column)}`, column.shape, text)
    })
    .join(" and ")

/** The key's values as they are written, where they are more than the result and constants: `["E001","lms.exam:1"]`. */
export const rowKeys = (form: TargetGroup): ReadonlyArray<string> => {
  const { target } = form
  if (target.hasFixedKey) return []
  const values = target.key.map((column) => valueOf(form, column))
  return [
    `update ${filedRows(form)} set f.row_key = if(${values.map((value) => `${value} is null`).join(" or ")}, null,
  json_array(${values.join(", ")})) where f.verdict = 'filed'`
  ]
}

/** A result whose key changed leaves its old row. */
const leave = ({ group, target, zone }: TargetGroup): ReadonlyArray<string> =>
  target.hasFixedKey
    ? []
    : [
        `delete t from ${SCORES} f straight_join ${target.relation} t on ${sameRow(target, zone, "ledger_row_key")}
where f.verdict = 'filed' and f.target = ${group.target} and not f.revoked and f.was_filed
  and not (f.ledger_row_key <=> f.row_key)`
      ]

export const put = (form: TargetGroup): ReadonlyArray<string> => {
  const { group, target, zone } = form
  const found = `${target.relation} t on ${sameRow(target, zone, "row_key")}`
  const changed = group.columns.filter((column) => !target.key.includes(column))
  const set = changed.map((column) => `t.${name(column)} = ${valueOf(form, column)}`)
  return [
    ...leave(form),
    ...(set.length === 0
      ? []
      : [
          `update ${filedRows(form)} straight_join ${found}
set ${set.join(",\n  ")} where f.verdict = 'filed'`
        ]),
    `insert into ${target.relation} (${group.columns.map(name).join(", ")})
select ${group.columns.map((column) => valueOf(form, column)).join(",\n  ")}
from ${filedRows(form)} left join ${found}
where f.verdict = 'filed' and t.${name(target.key[0]!)} is null order by f.result_id`
  ]
}

/** Removes or flags the rows of results that are revoked, or taken from a person that is no longer proven. */
export const take = (target: MappedTarget, index: number, zone: TimeZone): ReadonlyArray<string> => {
  // A row that names its result goes with it, even where the ledger did not know that it was there.
  const revoked = `f.verdict = 'filed' and f.revoked${target.hasFixedKey ? "" : " and f.was_filed"}`
  const gone = target.onRevoke === "ignore" ? WITHDRAWN : `(${revoked} or ${WITHDRAWN})`
  const rows = `${SCORES} f straight_join ${target.relation} t on ${sameRow(target, zone, "ledger_row_key")}`
  const where = `where f.target = ${index} and ${gone}`
  if (typeof target.onRevoke !== "object") return [`delete t from ${rows} ${where}`]
  const set = target.onRevoke.flag.map((column) => `t.${name(column)} = ${valueSql(column, zone, undefined)}`)
  return [`update ${rows} set ${set.join(", ")} ${where}`]
}
