/** What decisions about people do in one transaction on PostgreSQL; in which order is in ../people-decisions.ts. */
import { Effect } from "effect"
import type { EmployeeState, HeldKey } from "../../../src/apply/plan-resolve.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { START } from "../../../schemas/position.ts"
import type { PeopleBench, Whose } from "../people-decisions.ts"
import type { ColumnShape } from "./catalog.ts"
import type { HrMapping } from "./mapping.ts"
import { isQualified } from "./match-sql.ts"
import { moveStatements } from "./move-statements.ts"
import type { Row } from "./postgres-client.ts"
import type { StoreParts } from "./store-parts.ts"
import { identifier } from "./sql-text.ts"

const HELD = "gradewire.held_change"

const LOCK = `select lane, epoch::integer from gradewire.apply_offset where connector = $1 order by lane for update`
/** A new version of each row: a batch that waits for it must not go on with what it has read. */
const TOUCH = `update gradewire.apply_offset set epoch = epoch where connector = $1`

const HELD_OF = `select result_id as result, learner_id as learner from ${HELD}
where connector = $1 and (result_id = any($2::text[]) or learner_id = any($2::text[])) order by position`

const LINKS_OF = `select learner_id as subject, employee_key as employee from gradewire.person_link
where connector = $1 and learner_id = any($2::text[])`

const FILED_OF = `select result_id as subject, employee_key as employee from gradewire.result_ledger
where connector = $1 and result_id = any($2::text[]) and state = 'recorded'`

const LINK = `insert into gradewire.person_link as p (connector, learner_id, employee_key, rule, linked_at)
select $1, w ->> 'subject', w ->> 'employee', $3, clock_timestamp() from jsonb_array_elements($2::jsonb) w
on conflict (connector, learner_id) do update
  set employee_key = excluded.employee_key, rule = excluded.rule, linked_at = excluded.linked_at
  where p.employee_key <> excluded.employee_key`

const CLAIM = `insert into gradewire.result_ledger as l
  (connector, result_id, position, event_id, state, employee_key, match_rule, applied_at)
select $1, w ->> 'subject', '${START}', '', 'recorded', w ->> 'employee', 'resolve', clock_timestamp()
from jsonb_array_elements($2::jsonb) w
on conflict (connector, result_id) do update
  set state = excluded.state, employee_key = excluded.employee_key, match_rule = excluded.match_rule, row_key = null,
    applied_at = excluded.applied_at`

const NOTE = `insert into gradewire.person_decision
  (connector, subject, at, action, from_employee, to_employee, results, by_whom, why)
select $1, w ->> 'subject', clock_timestamp(), w ->> 'action', w ->> 'from', w ->> 'to', (w ->> 'results')::integer,
  w ->> 'by', w ->> 'why'
from jsonb_array_elements($2::jsonb) w`

const PUT_ASIDE = `insert into gradewire.ignored_change as i (connector, result_id, at, by_whom, why)
select $1, r, clock_timestamp(), $3, $4 from unnest($2::text[]) r
on conflict (connector, result_id) do update set at = excluded.at, by_whom = excluded.by_whom, why = excluded.why
returning 1`

const TAKE_BACK = `delete from gradewire.ignored_change where connector = $1 and result_id = any($2::text[]) returning 1`

/** $3 tables that are mapped: a result's id begins with its table's name. */
const STRAYS = `select 1 from gradewire.result_ledger l
where l.connector = $1 and l.learner_id = $2 and l.position > '${START}'
  and not exists (select from unnest($3::text[]) s where starts_with(l.result_id, s || ':')) limit 1`

interface StateRow {
  readonly employee: string
  readonly has_left: boolean
  readonly is_merged: boolean
  readonly is_other: boolean
}

/** Of employees that stand in several rows what all of them say; $1 keys. */
const statesSql = ({ employees }: HrMapping): string => {
  const { key, leftOn, mergedInto, relation, status } = employees
  const column = `e.${identifier(key.name)}::text`
  const all = (shape: ColumnShape | undefined, test: (name: string) => string) =>
    shape === undefined ? "false" : `coalesce(bool_and(${test(`e.${identifier(shape.name)}`)}), false)`
  return `select ${column} as employee, ${all(leftOn, (name) => `coalesce(${name}::date < current_date, false)`)} as has_left,
  ${all(mergedInto, (name) => `coalesce(${name}::text, '') <> ''`)} as is_merged,
  ${all(status?.column, () => `not ${isQualified(status!)}`)} as is_other
from ${relation} e where ${column} = any($1::text[]) group by 1`
}

const stateOf = (row: StateRow): EmployeeState =>
  row.is_merged ? "merged" : row.has_left ? "left" : row.is_other ? "unqualified" : "employed"

export const peopleBench = (
  store: StoreParts,
  mapping: Effect.Effect<HrMapping, ProfileStoreError>
): PeopleBench => {
  const ask = <R extends object = Row>(text: string, ...values: ReadonlyArray<unknown>) =>
    store.rows<R>({ text, values: [store.connector, ...values] })
  const plain = (text: string) => store.rows({ text })
  const count = (rows: ReadonlyArray<unknown>): number => rows.length
  return {
    alone: (work) =>
      Effect.gen(function* () {
        yield* plain("begin")
        const [first] = yield* ask<{ epoch: number }>(LOCK)
        yield* ask(TOUCH)
        const done = yield* work(first?.epoch ?? 0)
        yield* plain("commit")
        return done
      }).pipe(Effect.tapError(() => Effect.ignore(plain("rollback")))),
    heldOf: (subjects) => ask<HeldKey>(HELD_OF, subjects),
    linksOf: (learners) => ask<Whose>(LINKS_OF, learners),
    filedOf: (results) => ask<Whose>(FILED_OF, results),
    employeesOf: (keys) =>
      Effect.gen(function* () {
        const text = statesSql(yield* mapping)
        return new Map(
          (yield* store.rows<StateRow>({ text, values: [keys] })).map((row) => [row.employee, stateOf(row)])
        )
      }),
    link: (pairs, rule) => ask(LINK, JSON.stringify(pairs), rule),
    claim: (pairs) => ask(CLAIM, JSON.stringify(pairs)),
    file: (epoch, results) =>
      Effect.flatMap(store.batches, (prepared) =>
        store.run(prepared.statement("release"), [store.connector, epoch, results])
      ),
    note: (decisions) => ask(NOTE, JSON.stringify(decisions)),
    putAside: (results, by, why) => Effect.map(ask(PUT_ASIDE, results, by, why), count),
    takeBack: (results) => Effect.map(ask(TAKE_BACK, results), count),
    hasStrays: (learner) =>
      Effect.flatMap(mapping, ({ targets }) =>
        Effect.map(
          ask(
            STRAYS,
            learner,
            targets.map(({ subject }) => subject)
          ),
          (found) => found.length > 0
        )
      ),
    move: (learner, to) =>
      Effect.gen(function* () {
        const { last, statements } = moveStatements(yield* mapping)
        for (const text of statements) yield* ask(text, learner, to)
        return count(yield* ask(last, learner, to))
      })
  }
}
