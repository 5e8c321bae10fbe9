/** The second half of a batch script: what the verdicts say becomes rows. */
import type { PutGroup } from "./change-rows.ts"
import { FENCE } from "./decide-sql.ts"
import { SCORES, WITH_EVENT, WITHDRAWN } from "./batch-tables.ts"
import type { HrMapping } from "./mapping.ts"
import { literal } from "./sql-text.ts"
import { keepPut, putOwn, takeOwn } from "./own-target-sql.ts"
import { put, rowKeys, take } from "./target-sql.ts"
import type { ServerFacts } from "./mysql-client.ts"

const NOW = "utc_timestamp(6)"

const links = (
  connector: string
): string => `insert into \`gradewire\`.\`person_link\` (connector, learner_id, employee_key, rule, linked_at)
select ${literal(connector)}, o.learner_id, o.person, o.own_rule, ${NOW} from (
  select f.learner_id, f.person, f.own_rule,
    row_number() over (partition by f.learner_id order by f.own_person is null, f.position) as place
  from ${SCORES} f
  where f.verdict = 'filed' and not f.revoked and f.learner_id is not null and f.linked is null and f.person is not null
) o where o.place = 1`

/** The guard: what is filed was found newer than the ledger under the lock of the offset (`is_stale`). */
const ledger = (connector: string): string => `insert into \`gradewire\`.\`result_ledger\`
  (connector, result_id, position, event_id, state, learner_id, employee_key, row_key, applied_at, match_rule)
select ${literal(connector)}, f.result_id, f.position, f.event_id, if(f.revoked, 'revoked', 'recorded'),
  coalesce(f.learner_id, f.ledger_learner), if(f.revoked, f.ledger_employee, f.person),
  if(f.revoked, f.ledger_row_key, f.row_key), ${NOW}, if(f.revoked, f.ledger_rule, f.match_rule)
from ${SCORES} f where f.verdict = 'filed' order by f.result_id
on duplicate key update event_id = f.event_id, state = if(f.revoked, 'revoked', 'recorded'),
  learner_id = coalesce(f.learner_id, f.ledger_learner), employee_key = if(f.revoked, f.ledger_employee, f.person),
  row_key = if(f.revoked, f.ledger_row_key, f.row_key), match_rule = if(f.revoked, f.ledger_rule, f.match_rule),
  applied_at = ${NOW}, position = f.position`

const withdraw = (
  connector: string
): string => `update ${SCORES} f straight_join \`gradewire\`.\`result_ledger\` l
  on l.connector = ${literal(connector)} and l.result_id = f.result_id
set l.state = 'revoked', l.applied_at = ${NOW} where ${WITHDRAWN}`

/** Assignments run from left to right (MySQL manual, 15.2.17), so the columns that conditions read come last. */
const holdBack = (connector: string): string => `insert into \`gradewire\`.\`held_change\`
  (connector, result_id, position, event, learner_id, reason, candidates, held_at, updated_at)
select ${literal(connector)}, f.result_id, f.position, e.event, f.learner_id, f.reason, coalesce(f.people, 0), ${NOW}, ${NOW}
from ${WITH_EVENT} where f.verdict = 'held' order by f.result_id
on duplicate key update updated_at = if(held_change.position < f.position or held_change.reason <> f.reason
    or held_change.candidates <> coalesce(f.people, 0), ${NOW}, held_change.updated_at),
  event = e.event, learner_id = f.learner_id, reason = f.reason, candidates = coalesce(f.people, 0), position = f.position`

const letGo = (connector: string): string => `delete h
from ${SCORES} f straight_join \`gradewire\`.\`held_change\` h
  on h.connector = ${literal(connector)} and h.result_id = f.result_id
where f.verdict = 'filed' and h.position <= f.position or f.verdict = 'stale' and h.position <= f.ledger_position`

const bury = (connector: string): string => `insert into \`gradewire\`.\`dead_letter\`
  (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
select ${literal(connector)}, f.position, f.result_id, f.type, f.event_id, e.event,
  case when f.target is null then 'TABLE_NOT_MAPPED' when f.blocked then 'WAITING' else 'REFUSED' end,
  case when f.target is null then f.subject when f.blocked then 'an earlier change of this result is a dead letter'
    else f.refusal end,
  if(f.blocked, 'waiting', 'open'), ${NOW}, ${NOW}
from ${WITH_EVENT} where f.verdict = 'dead'
on duplicate key update connector = dead_letter.connector`

/** The letters that this attempt settled; one that waits again for another letter stays as it is. */
const settle = (connector: string, letters: ReadonlyArray<string>): string =>
  `update \`gradewire\`.\`dead_letter\` x set x.state = 'done', x.updated_at = ${NOW}
where ${FENCE} = 1 and x.connector = ${literal(connector)} and x.position in (${letters.map(literal).join(", ")})
  and not exists (select 1 from ${SCORES} f where f.position = x.position and f.verdict = 'dead')`

/** Counts into variables, for the queues, for the offset and for the answer. */
export const COUNT = `select count(*), coalesce(sum(f.verdict = 'filed'), 0), coalesce(sum(f.verdict = 'stale'), 0),
  coalesce(sum(f.verdict = 'held'), 0), coalesce(sum(f.verdict = 'dead'), 0)
into @gradewire_results, @gradewire_filed, @gradewire_stale, @gradewire_held, @gradewire_dead from ${SCORES} f`

export const ANSWER = `select ${FENCE} as fenced, @gradewire_filed as applied, @gradewire_stale as stale,
  @gradewire_held as held, @gradewire_dead as dead`

const LETTERS = "@gradewire_letters"

/** The letters under attempt: whoever decides otherwise about them meanwhile comes before the attempt or after it. */
export const lockLetters = (connector: string, letters: ReadonlyArray<string>): ReadonlyArray<string> => [
  `select count(*) into ${LETTERS} from \`gradewire\`.\`dead_letter\`
where connector = ${literal(connector)} and position in (${letters.map(literal).join(", ")})
  and state in ('replay', 'waiting') for update`,
  `set ${FENCE} = if(${LETTERS} = ${letters.length}, ${FENCE}, 0)`
]

export const LETTERS_ANSWER = `${ANSWER}, ${LETTERS} as letters`

export interface WriteForm {
  readonly connector: string
  readonly facts: Pick<ServerFacts, "isMariaDb">
  readonly mapping: HrMapping
  readonly puts: ReadonlyArray<PutGroup>
  /** JSON literal of each put's rows. */
  readonly rows: ReadonlyArray<string>
  readonly targets: ReadonlySet<number>
  readonly hasScores: boolean
  /** Positions of dead letters that get another attempt; `undefined`: no such batch. */
  readonly letters: ReadonlyArray<string> | undefined
}

const takeFrom = ({ targets, zone }: HrMapping, index: number): ReadonlyArray<string> => {
  const target = targets[index]!
  return target.own === undefined ? take(target, index, zone) : takeOwn(target, target.own, index)
}

const keepIn = ({ targets }: HrMapping, index: number): ReadonlyArray<string> => {
  const target = targets[index]!
  return target.own === undefined ? [] : [keepPut(target, target.own, index)]
}

export const writeScores = (form: WriteForm): ReadonlyArray<string> => {
  const { connector, facts, mapping, puts, rows } = form
  const groups = puts.map((group, index) => ({
    group,
    target: mapping.targets[group.target]!,
    zone: mapping.zone,
    json: rows[index]!,
    facts
  }))
  const settled = form.letters === undefined ? [] : [settle(connector, form.letters)]
  if (!form.hasScores) return settled
  return [
    ...groups.flatMap(rowKeys),
    ledger(connector),
    links(connector),
    ...(form.targets.size === 0 ? [] : [withdraw(connector)]),
    ...[...form.targets].flatMap((index) => takeFrom(mapping, index)),
    ...groups.flatMap((group) => (group.target.own === undefined ? put(group) : [putOwn(group)])),
    ...[...form.targets].flatMap((index) => keepIn(mapping, index)),
    holdBack(connector),
    letGo(connector),
    ...(form.letters === undefined ? [bury(connector)] : settled)
  ]
}
