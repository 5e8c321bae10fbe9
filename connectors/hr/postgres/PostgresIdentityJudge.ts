/**
 * IdentityJudge on PostgreSQL, on a connection of its own: HR's odd spellings go to a temporary table, so that nothing of
 * gradewire's needs to be there yet. Links count where gradewire's tables are.
 */
import { Effect, type Scope } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { IdentityJudge, Learner } from "../../../src/identity/IdentityJudge.ts"
import {
  judgedOf,
  kindsOf,
  learnerRow,
  readEmployees,
  withoutDates,
  type JudgedRow
} from "../judged-learners.ts"
import { employeeSource } from "./employee-reading.ts"
import { readMapping, type HrMapping } from "./mapping.ts"
import { candidate } from "./match-sql.ts"
import { openSession } from "./postgres-client.ts"
import { identifier } from "./sql-text.ts"
import { makeParts, type PostgresProfileStoreOptions } from "./store-parts.ts"

const SPELLINGS = "pg_temp.employee_spelling"

const CREATE = `create temporary table employee_spelling (
  connector text collate "C", kind text collate "C", source text collate "C", value text collate "C",
  employee_key text collate "C", raw text collate "C" not null,
  primary key (connector, kind, source, value, employee_key)
)`

const HAS_LINKS = "select to_regclass('gradewire.person_link') is not null as found"

/** $1 connector, $2 learners as a JSON array of arrays, $3 day. */
const judgeStatement = (mapping: HrMapping, kinds: ReadonlyArray<string>, hasLinks: boolean): string => {
  const keys = kinds.map((kind, index) => `c.l ->> ${index + 1} as ${identifier(kind)},`).join(" ")
  const linked = hasLinks
    ? `left join gradewire.person_link p on p.connector = $1 and p.learner_id = k.learner_id`
    : "left join lateral (select null::text as employee_key) p on true"
  return `with known as materialized (
  select (c.l ->> 0)::integer as position, true as is_unproven, ${keys} c.l ->> ${kinds.length + 1} as name,
    c.l ->> ${kinds.length + 2} as learner_id, $3::date as day
  from jsonb_array_elements($2::jsonb) as c(l)
), ${candidate(mapping)}
select k.position as n, p.employee_key as linked, v.people, v.is_ambiguous, h.rule, h.employee
from known k
${linked}
left join verdict v on v.position = k.position
left join (select distinct position, rule, employee from candidate) h on h.position = k.position
order by k.position, h.rule, h.employee`
}

export const openIdentityJudge = (
  options: PostgresProfileStoreOptions
): Effect.Effect<IdentityJudge, never, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* openSession(options.postgres)
    const store = makeParts(options, session)
    const { employees } = options.mapping
    const kinds = kindsOf(employees)
    // Where scores go does not matter here: those tables may not be there yet.
    const mapping = store.classified(
      Effect.map(readMapping(session, { ...options.mapping, scores: [] }), (found): HrMapping => ({
        ...found,
        employees: { ...found.employees, spellings: SPELLINGS, exclusions: [] }
      }))
    )
    const open = yield* Effect.cached(
      Effect.gen(function* () {
        const found = yield* mapping
        yield* store.rows({ text: CREATE })
        const [links] = yield* store.rows<{ found: boolean }>({ text: HAS_LINKS })
        const text = (of: HrMapping) => judgeStatement(of, kinds, links!.found)
        return { mapping: found, onDay: text(found), ever: text(withoutDates(found)) }
      })
    )
    return {
      prepare: (watch) =>
        Effect.gen(function* () {
          const opened = yield* open
          const source = employeeSource(store, opened.mapping)
          const read = yield* readEmployees(employees, source, watch)
          yield* store.rows({ text: `analyze ${SPELLINGS}` })
          return read
        }),
      judge: (learners, day): Effect.Effect<ReturnType<typeof judgedOf>, ProfileStoreError> =>
        Effect.gen(function* () {
          const { ever, onDay } = yield* open
          const given = JSON.stringify(learners.map((one: Learner, n) => learnerRow(one, n, kinds)))
          const rows = yield* store.rows<JudgedRow>({
            text: day === undefined ? ever : onDay,
            values: [options.connector, given, day ?? null]
          })
          return judgedOf(learners.length, rows, employees)
        })
    } satisfies IdentityJudge
  })
