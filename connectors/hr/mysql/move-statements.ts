/**
 * Moves everything that is filed for a learner to another employee: the rows of the targets, our own history, and the
 * ledger last, which says until then whose it was.
 *
 * A row is found by the key that it was written with. Places in history stay what they are: the source changed nothing.
 */
import { START } from "../../../schemas/position.ts"
import type { HrMapping, MappedOwn, MappedTarget } from "./mapping.ts"
import { identifier, literal } from "./sql-text.ts"
import { sameRow } from "./target-sql.ts"
import { valueSql } from "./value-sql.ts"

const LEDGER = "`gradewire`.`result_ledger`"

interface Move {
  readonly mapping: HrMapping
  readonly connector: string
  readonly learner: string
  readonly to: string
}

const mine = ({ connector, learner, to }: Move, alias: string): string =>
  `${alias}.connector = ${literal(connector)} and ${alias}.learner_id = ${literal(learner)}
    and ${alias}.position > ${literal(START)} and not (${alias}.employee_key <=> ${literal(to)})`

/** A result's id begins with its table's name. */
export const isOf = ({ subject }: MappedTarget, result: string): string => {
  const prefix = literal(`${subject}:`)
  return `left(${result}, char_length(${prefix})) = ${prefix}`
}

/** Rows `f` of the ledger that a row of the target can belong to. */
const filed = (move: Move, target: MappedTarget): string => {
  const revoke = target.own?.onRevoke ?? target.onRevoke
  return `(
    select l.result_id, l.row_key, l.position, ${literal(move.to)} as person, 'relink' as match_rule
    from ${LEDGER} l where ${mine(move, "l")} and ${isOf(target, "l.result_id")}${revoke === "delete" ? " and l.state = 'recorded'" : ""}
  ) f`
}

/** In the history the result leaves one employee and comes to the other; a revoked one only comes. */
const history = (move: Move, target: MappedTarget, own: MappedOwn): string => {
  const place = `concat(f.position, '~', lpad((select count(*) from \`gradewire\`.\`person_decision\` p
    where p.connector = ${literal(move.connector)} and p.subject = ${literal(move.learner)}), 6, '0'))`
  const moved = (employee: string, rule: string, state: string) =>
    own.names
      .map((name) => {
        const values: Readonly<Record<string, string>> = {
          employee_key: employee,
          match_rule: rule,
          state,
          position: place,
          event_type: "'gradewire.person.relinked.v1'",
          event_time: "utc_timestamp(6)",
          applied_at: "utc_timestamp(6)"
        }
        return values[name.slice(1, -1)] ?? `t.${name}`
      })
      .join(", ")
  const from = `from ${filed(move, target)} straight_join ${target.relation} t on ${sameRow(target, move.mapping.zone, "row_key")}`
  return `insert into ${own.history} (${own.names.join(", ")})
select ${moved("t.employee_key", "t.match_rule", "'revoked'")} ${from} where t.state = 'recorded'
union all
select ${moved("f.person", "f.match_rule", "t.state")} ${from}`
}

const rewrite = (move: Move, target: MappedTarget): ReadonlyArray<string> => {
  const { zone } = move.mapping
  const set = target.columns
    .filter(({ from }) => from === "employee" || from === "match.rule")
    .map((column) => `t.${identifier(column.shape.name)} = ${valueSql(column, zone, undefined)}`)
  return set.length === 0
    ? []
    : [
        `update ${filed(move, target)} straight_join ${target.relation} t on ${sameRow(target, zone, "row_key")}
set ${set.join(", ")}`
      ]
}

/** A key that the employee is part of, as it is written from now on. */
const rekey = (move: Move, target: MappedTarget): ReadonlyArray<string> => {
  if (target.hasFixedKey) return []
  const parts = target.key.map((column, index) =>
    column.from === "employee" || column.from === "match.rule"
      ? valueSql(column, move.mapping.zone, undefined)
      : `json_unquote(json_extract(f.row_key, '$[${index}]'))`
  )
  return [
    `update ${filed(move, target)} straight_join ${LEDGER} k on k.connector = ${literal(move.connector)} and k.result_id = f.result_id
set k.row_key = json_array(${parts.join(", ")}) where k.row_key is not null`
  ]
}

export interface MoveStatements {
  /** Answers `n`. */
  readonly count: string
  readonly writes: ReadonlyArray<string>
}

export const moveStatements = (
  mapping: HrMapping,
  connector: string,
  learner: string,
  to: string
): MoveStatements => {
  const move: Move = { mapping, connector, learner, to }
  return {
    count: `select count(*) as n from ${LEDGER} l where ${mine(move, "l")}`,
    writes: [
      ...mapping.targets.flatMap((target) => [
        ...(target.own === undefined ? [] : [history(move, target, target.own)]),
        ...rewrite(move, target),
        ...rekey(move, target)
      ]),
      `update ${LEDGER} l set l.employee_key = ${literal(to)}, l.match_rule = 'relink' where ${mine(move, "l")}`
    ]
  }
}
