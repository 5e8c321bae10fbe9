/**
 * The statements of a batch script that write gradewire's own tables: the row of each result, and in the history the
 * whole row as every change that took effect left it.
 *
 * One unique index, the primary key of binary collation, so that ON DUPLICATE KEY UPDATE can meet no other row.
 */
import { SCORES, WITHDRAWN } from "./batch-tables.ts"
import type { MappedColumn, MappedOwn, MappedTarget } from "./mapping.ts"
import { identifier } from "./sql-text.ts"
import { filedRows, valueOf, type TargetGroup } from "./target-sql.ts"
import { valueSql } from "./value-sql.ts"

const name = (column: MappedColumn): string => identifier(column.shape.name)

/** Row `t` of the result in `f`: the key is the connector and the result. */
const sameResult = (target: MappedTarget): string => {
  const [connector, result] = target.key
  return `t.${name(connector!)} = ${valueSql(connector!, 0, undefined)} and t.${name(result!)} = f.result_id`
}

const keep = (target: MappedTarget, own: MappedOwn, columns: ReadonlyArray<string>, where: string): string =>
  `insert into ${own.history} (${own.names.join(", ")})
select ${columns.join(", ")}
from ${SCORES} f straight_join ${target.relation} t on ${sameResult(target)}
where ${where} order by f.n`

export const putOwn = (form: TargetGroup): string => {
  const { group, target } = form
  const values = new Map(group.columns.map((column) => [name(column), valueOf(form, column)]))
  const keys = new Set(target.key.map(name))
  const set = [...values].flatMap(([column, value]) => (keys.has(column) ? [] : [`${column} = ${value}`]))
  return `insert into ${target.relation} (${[...values.keys()].join(", ")})
select ${[...values.values()].join(", ")}
from ${filedRows(form)} where f.verdict = 'filed' order by f.result_id
on duplicate key update ${set.join(", ")}`
}

/** After all groups of the target were put. */
export const keepPut = (target: MappedTarget, own: MappedOwn, index: number): string =>
  keep(
    target,
    own,
    own.names.map((column) => `t.${column}`),
    `f.verdict = 'filed' and f.target = ${index} and not f.revoked`
  )

/** Sent for what is not put. */
const EVENT_TIME = "cast(f.event_time as datetime(6))"

const markSql = (column: MappedColumn): string =>
  column.from === "event.time" ? EVENT_TIME : valueSql(column, 0, undefined)

/** Hides or removes the rows of results that are revoked, or taken from a person that is no longer proven. */
export const takeOwn = (target: MappedTarget, own: MappedOwn, index: number): ReadonlyArray<string> => {
  // Even where the ledger did not know that the row was there.
  const revoked = "f.verdict = 'filed' and f.revoked and (f.was_filed or t.state = 'recorded')"
  const marks = new Map(own.marks.map((column) => [name(column), markSql(column)]))
  const rows = `${SCORES} f straight_join ${target.relation} t on ${sameResult(target)}`
  const gone = `f.target = ${index} and (${revoked} or ${WITHDRAWN})`
  const after = own.names.map((column) => marks.get(column) ?? `t.${column}`)
  const set = [...marks].map(([column, value]) => `t.${column} = ${value}`).join(", ")
  return [
    keep(target, own, after, gone),
    own.onRevoke === "delete"
      ? `delete t from ${rows} where ${gone}`
      : `update ${rows} set ${set} where ${own.onRevoke === "hide" ? gone : `f.target = ${index} and ${WITHDRAWN}`}`
  ]
}
