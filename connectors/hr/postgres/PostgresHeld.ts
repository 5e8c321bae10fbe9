/** HeldDesk on PostgreSQL. Decisions are in ../people-decisions.ts. */
import { Effect, type Scope } from "effect"
import { LEARNER_KEYS } from "../../../schemas/employees-config.ts"
import type { HeldCounts, HeldFilter, LearnerKeys, PersonDecision } from "../../../schemas/held.ts"
import type { HeldDesk } from "../../../src/apply/HeldDesk.ts"
import {
  candidatesOf,
  heldOf,
  keysOf,
  personOf,
  type HeldPersonRow,
  type HeldResultRow,
  type HitRow,
  type KeysRow
} from "../held-rows.ts"
import { decisionsOf } from "../people-decisions.ts"

import { readMapping, type HrMapping } from "./mapping.ts"
import { utc } from "./offset-statements.ts"
import { peopleBench } from "./people-bench.ts"
import { openSession } from "./postgres-client.ts"
import { hitsOf } from "./match-sql.ts"
import { literal } from "./sql-text.ts"
import { makeParts, type PostgresProfileStoreOptions } from "./store-parts.ts"

const IS_IGNORED = `exists (
  select from gradewire.ignored_change i
  where i.connector = h.connector and i.result_id = h.result_id and i.at >= h.held_at
)`

/** Filters by parameters that are null where they do not matter; $1 connector. */
const FOUND = `select h.*, ${IS_IGNORED} as is_ignored, extract(epoch from clock_timestamp() - h.held_at) as age
from gradewire.held_change h
where h.connector = $1 and (case when ${IS_IGNORED} then 'ignored' else 'waiting' end) = any($2::text[])
  and ($3::text is null or h.reason = $3) and ($4::text is null or h.learner_id = $4)
  and ($5::text is null or h.result_id = $5)
  and ($6::double precision is null or h.held_at < clock_timestamp() - make_interval(secs => $6))`

const COLUMNS = `f.result_id as result, f.learner_id as learner, f.position, f.reason, f.candidates, f.is_ignored,
  ${utc("f.held_at")} as held_at, f.age::double precision as age_seconds`

const LIST = `select ${COLUMNS} from (${FOUND}) f order by f.held_at, f.position limit $7`

const key = (name: string, column: string): string =>
  `coalesce(nullif(f.event #>> '{data,learner,${name}}', ''), nullif(d.${column}, '')) as ${column}`
/** Of a held change `f`. */
const KEYS = `${key("employeeNo", "employee_no")}, ${key("externalId", "external_id")}, ${key("phone", "phone")}, ${key("email", "email")}, nullif(d.name, '') as name`
const DIRECTORY = `left join gradewire.learner_directory d on d.connector = f.connector and d.learner_id = f.learner_id`

const PEOPLE = `select ${COLUMNS}, ${KEYS}, f.results::integer as results
from (
  select g.*, count(*) over person as results, row_number() over (person order by g.held_at, g.position) as place
  from (${FOUND}) g
  window person as (partition by coalesce('l' || g.learner_id, 'r' || g.result_id))
) f ${DIRECTORY}
where f.place = 1 order by f.held_at, f.position limit $7`

const COUNTS = `select count(*) filter (where not x.is_ignored and x.reason <> 'UNQUALIFIED')::integer as waiting,
  count(*) filter (where x.is_ignored)::integer as ignored,
  count(*) filter (where not x.is_ignored and x.reason = 'UNQUALIFIED')::integer as unqualified
from (select ${IS_IGNORED} as is_ignored, h.reason from gradewire.held_change h where h.connector = $1) x`

const CONTENT = `select f.event::text as event, f.learner_id as learner, p.employee_key as linked, ${KEYS}
from gradewire.held_change f ${DIRECTORY}
left join gradewire.person_link p on p.connector = f.connector and p.learner_id = f.learner_id
where f.connector = $1 and f.result_id = $2`

const DECISIONS = `select ${utc("at")} as at, action, from_employee as "from", to_employee as "to", results,
  by_whom as by, why
from gradewire.person_decision where connector = $1 and subject = any($2::text[])
order by gradewire.person_decision.at`

interface ContentRow extends KeysRow {
  readonly event: string
  readonly learner: string | null
  readonly linked: string | null
}

/** Each rule's employees, twenty at most. */
const candidatesSql = (mapping: HrMapping): string =>
  mapping.employees.rules
    .flatMap((match, rule) => {
      const given = `$${LEARNER_KEYS.indexOf(match.learner) + 2}::text`
      return hitsOf(mapping, match, "g.given").map(
        ({ employee, join, where }, way) => `select * from (
  select distinct ${rule} as rule, ${literal(match.learner)} as by, ${employee} as employee
  from (select ${given} as given) g ${join}
  where ${where}
  limit 20) r${rule}_${way}`
      )
    })
    // Names the type of every key, of those too that no rule asks for.
    .concat("select -1, '', '' where ($1::text, $2::text, $3::text, $4::text, $5::text) is null and false")
    .join("\nunion\n")
    .concat("\norder by rule, employee")

export const openHeld = (options: PostgresProfileStoreOptions): Effect.Effect<HeldDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* openSession(options.postgres)
    const store = makeParts(options, session)
    const mapping = store.classified(readMapping(session, options.mapping))
    const ask = <R extends object>(text: string, ...values: ReadonlyArray<unknown>) =>
      store.rows<R>({ text, values: [options.connector, ...values] })
    const candidates = (keys: LearnerKeys) =>
      Effect.gen(function* () {
        const text = candidatesSql(yield* mapping)
        return candidatesOf(yield* ask<HitRow>(text, ...LEARNER_KEYS.map((kind) => keys[kind])))
      })
    const decisions = (subjects: ReadonlyArray<string>) => ask<PersonDecision>(DECISIONS, subjects)
    const { relink, resolve, setAside } = decisionsOf(peopleBench(store, mapping))
    return {
      list: (filter, limit) =>
        Effect.map(ask<HeldResultRow>(LIST, ...filterValues(filter), limit), (rows) => rows.map(heldOf)),
      people: (filter, limit) =>
        Effect.map(ask<HeldPersonRow>(PEOPLE, ...filterValues(filter), limit), (rows) => rows.map(personOf)),
      counts: Effect.map(ask<HeldCounts>(COUNTS), ([row]) => row!),
      content: (result) =>
        Effect.gen(function* () {
          const [found] = yield* ask<ContentRow>(CONTENT, result)
          if (found === undefined) return undefined
          const subjects = [result, ...(found.learner === null ? [] : [found.learner])]
          const keys = keysOf(found)
          return {
            event: found.event,
            keys,
            linked: found.linked,
            candidates: yield* candidates(keys),
            decisions: yield* decisions(subjects)
          }
        }),
      decisions,
      resolve: (orders, by) => session.exclusively(resolve(orders, by)),
      setAside: (order) => session.exclusively(setAside(order)),
      relink: (order) => session.exclusively(relink(order))
    } satisfies HeldDesk
  })

const filterValues = (filter: HeldFilter): ReadonlyArray<unknown> => [
  filter.states,
  filter.reason ?? null,
  filter.learner ?? null,
  filter.result ?? null,
  filter.olderThan ?? null
]
