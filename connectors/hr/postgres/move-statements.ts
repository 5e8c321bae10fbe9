/**
 * Moves everything that is filed for a learner to another employee: the rows of the targets, our own history, and the
 * ledger last, which says until then whose it was. $1 connector, $2 learner, $3 employee.
 *
 * A row is found by the key that it was written with. Places in history stay what they are: the source changed nothing.
 */
import { START } from "../../../schemas/position.ts"
import { identifier, literal } from "./sql-text.ts"
import type { HrMapping, MappedOwn, MappedTarget } from "./mapping.ts"
import { sameRow, valueSql } from "./target-statement.ts"

const mine = (target: MappedTarget): string =>
  `l.connector = $1 and l.learner_id = $2 and l.position > '${START}' and l.employee_key is distinct from $3::text
    and starts_with(l.result_id, ${literal(`${target.subject}:`)})`

/** Rows `f` of the ledger that a row of the target can belong to. */
const rows = (target: MappedTarget): string => {
  const revoke = target.own?.onRevoke ?? target.onRevoke
  return `(
    select l.result_id, l.state, l.row_key, l.position, $3::text as person, 'relink' as match_rule
    from gradewire.result_ledger l where ${mine(target)}${revoke === "delete" ? " and l.state = 'recorded'" : ""}
  ) f`
}

/** The history's own places behind a position, so that the order of texts stays the order of what happened. */
const PLACE = `f.position || '~' || lpad((select count(*) from gradewire.person_decision p
    where p.connector = $1 and p.subject = $2)::text, 6, '0')`

/** In the history the result leaves one employee and comes to the other; a revoked one only comes. */
const history = (target: MappedTarget, own: MappedOwn): string => {
  const moved = (employee: string, rule: string, state: string) =>
    own.names
      .map((name) => {
        const values: Readonly<Record<string, string>> = {
          employee_key: employee,
          match_rule: rule,
          state,
          position: PLACE,
          event_type: "'gradewire.person.relinked.v1'",
          event_time: "clock_timestamp()",
          applied_at: "clock_timestamp()"
        }
        return values[name.slice(1, -1)] ?? `t.${name}`
      })
      .join(", ")
  const from = `from ${rows(target)} join ${target.relation} t on ${sameRow(target, 0, "row_key")}`
  return `insert into ${own.history} (${own.names.join(", ")})
select ${moved("t.employee_key", "t.match_rule", "'revoked'")} ${from} where t.state = 'recorded'
union all
select ${moved("f.person", "f.match_rule", "t.state")} ${from}`
}

const rewrite = (mapping: HrMapping, target: MappedTarget): ReadonlyArray<string> => {
  const set = target.columns
    .filter(({ from }) => from === "employee" || from === "match.rule")
    .map((column) => `${identifier(column.shape.name)} = ${valueSql(column, mapping.zone)}`)
  return set.length === 0
    ? []
    : [
        `update ${target.relation} t set ${set.join(", ")} from ${rows(target)} where ${sameRow(target, mapping.zone, "row_key")}`
      ]
}

/** A key that the employee is part of, as it is written from now on. */
const newKey = (mapping: HrMapping): string => {
  const cases = mapping.targets.flatMap((target) => {
    if (target.hasFixedKey) return []
    const parts = target.key.map((column, index) =>
      column.from === "employee" || column.from === "match.rule"
        ? `(${valueSql(column, mapping.zone)})::text`
        : `f.row_key ->> ${index}`
    )
    return [
      `when starts_with(f.result_id, ${literal(`${target.subject}:`)}) then jsonb_build_array(${parts.join(", ")})`
    ]
  })
  return cases.length === 0
    ? "l.row_key"
    : `case when f.row_key is null then null ${cases.join(" ")} else f.row_key end`
}

export interface MoveStatements {
  readonly statements: ReadonlyArray<string>
  /** Answers one row a result. */
  readonly last: string
}

export const moveStatements = (mapping: HrMapping): MoveStatements => ({
  statements: mapping.targets.flatMap((target) => [
    ...(target.own === undefined ? [] : [history(target, target.own)]),
    ...rewrite(mapping, target)
  ]),
  last: `update gradewire.result_ledger l set employee_key = $3::text, match_rule = 'relink', row_key = ${newKey(mapping)}
from (select connector, result_id, row_key, $3::text as person, 'relink' as match_rule from gradewire.result_ledger) f
where l.connector = $1 and l.learner_id = $2 and l.position > '${START}' and l.employee_key is distinct from $3::text
  and f.connector = l.connector and f.result_id = l.result_id
returning 1`
})
