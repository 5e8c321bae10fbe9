/** HeldDesk on MySQL and MariaDB. Decisions are in ../people-decisions.ts. */
import { Effect, type Scope } from "effect"
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
import { createTables } from "./batch-tables.ts"
import { readMapping, type HrMapping } from "./mapping.ts"
import { openSession } from "./mysql-client.ts"
import { instantOf } from "./offset-statements.ts"
import { peopleBench } from "./people-bench.ts"
import { hitsOf } from "./match-sql.ts"
import { literal } from "./sql-text.ts"
import { makeParts, type MySqlProfileStoreOptions } from "./store-parts.ts"

const HELD = "`gradewire`.`held_change`"

const IS_IGNORED = `exists (
  select 1 from \`gradewire\`.\`ignored_change\` i
  where i.connector = h.connector and i.result_id = h.result_id and i.at >= h.held_at
)`

const found = (connector: string, { learner, olderThan, reason, result, states }: HeldFilter): string => {
  const conditions = [
    `h.connector = ${literal(connector)}`,
    `if(${IS_IGNORED}, 'ignored', 'waiting') in (${states.map(literal).join(", ")})`,
    ...(reason === undefined ? [] : [`h.reason = ${literal(reason)}`]),
    ...(learner === undefined ? [] : [`h.learner_id = ${literal(learner)}`]),
    ...(result === undefined ? [] : [`h.result_id = ${literal(result)}`]),
    ...(olderThan === undefined
      ? []
      : [`h.held_at < utc_timestamp(6) - interval ${Math.round(olderThan * 1e6)} microsecond`])
  ]
  return `select h.*, ${IS_IGNORED} as is_ignored,
  timestampdiff(microsecond, h.held_at, utc_timestamp(6)) / 1e6 as age_seconds
from ${HELD} h where ${conditions.join(" and ")}`
}

const COLUMNS = `f.result_id as result, f.learner_id as learner, f.position, f.reason, f.candidates, f.is_ignored,
  f.held_at, f.age_seconds`

const key = (name: string, column: string): string =>
  `coalesce(nullif(nullif(json_unquote(json_extract(f.event, '$.data.learner.${name}')), 'null'), ''),
    nullif(d.${column}, '')) as ${column}`
/** Of a held change `f`. */
const KEYS = `${key("employeeNo", "employee_no")}, ${key("externalId", "external_id")}, ${key("phone", "phone")}, ${key("email", "email")}, nullif(d.name, '') as name`
const DIRECTORY =
  "left join `gradewire`.`learner_directory` d on d.connector = f.connector and d.learner_id = f.learner_id"

const people = (connector: string, filter: HeldFilter, limit: number): string =>
  `select ${COLUMNS}, ${KEYS}, f.results
from (
  select g.*, count(*) over (partition by coalesce(concat('l', g.learner_id), concat('r', g.result_id))) as results,
    row_number() over (partition by coalesce(concat('l', g.learner_id), concat('r', g.result_id))
      order by g.held_at, g.position) as place
  from (${found(connector, filter)}) g
) f ${DIRECTORY}
where f.place = 1 order by f.held_at, f.position limit ${limit}`

type CountsRow = Readonly<Record<keyof HeldCounts, string | number | null>>

const countsSql = (
  connector: string
): string => `select sum(not x.is_ignored and x.reason <> 'UNQUALIFIED') as waiting,
  sum(x.is_ignored) as ignored, sum(not x.is_ignored and x.reason = 'UNQUALIFIED') as unqualified
from (select ${IS_IGNORED} as is_ignored, h.reason from ${HELD} h where h.connector = ${literal(connector)}) x`

const countsOf = (row: CountsRow | undefined): HeldCounts => ({
  waiting: Number(row?.waiting ?? 0),
  ignored: Number(row?.ignored ?? 0),
  unqualified: Number(row?.unqualified ?? 0)
})

interface ContentRow extends KeysRow {
  readonly event: string
  readonly learner: string | null
  readonly linked: string | null
}

/** Each rule's employees, twenty at most. */
const candidatesSql = (
  mapping: HrMapping,
  connector: string,
  keysOfLearner: LearnerKeys
): ReadonlyArray<string> =>
  mapping.employees.rules.flatMap((match) => {
    const given = keysOfLearner[match.learner]
    if (given === null) return []
    return hitsOf(mapping, connector, match, "s.given").map(
      ({
        employee,
        join,
        where
      }) => `select distinct ${literal(match.learner)} as \`by\`, ${employee} as employee
from (select ${literal(given)} as given) s ${join} where ${where} order by employee limit 20`
    )
  })

export const openHeld = (options: MySqlProfileStoreOptions): Effect.Effect<HeldDesk, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { connector } = options
    const session = yield* openSession(options.mysql, createTables)
    const store = makeParts(options, session)
    const mapping = store.classified(readMapping(session, options.mapping))
    const timed = <R extends { readonly held_at: string }>(rows: ReadonlyArray<R>) =>
      rows.map((row) => ({ ...row, held_at: instantOf(row.held_at) }))
    const candidates = (of: LearnerKeys) =>
      Effect.gen(function* () {
        const hits: Array<HitRow> = []
        for (const text of candidatesSql(yield* mapping, connector, of))
          hits.push(...(yield* store.rows<HitRow>(text)))
        return candidatesOf(hits)
      })
    const decisions = (subjects: ReadonlyArray<string>) =>
      Effect.map(
        store.rows<PersonDecision>(`select at, action, from_employee as \`from\`, to_employee as \`to\`, results,
  by_whom as \`by\`, why from \`gradewire\`.\`person_decision\`
where connector = ${literal(connector)} and subject in (${subjects.map(literal).join(", ")}) order by at`),
        (rows) => rows.map((row) => ({ ...row, at: instantOf(row.at) }))
      )
    const { relink, resolve, setAside } = decisionsOf(peopleBench(store, mapping))
    return {
      list: (filter, limit) =>
        Effect.map(
          store.rows<HeldResultRow>(
            `select ${COLUMNS} from (${found(connector, filter)}) f order by f.held_at, f.position limit ${limit}`
          ),
          (rows) => timed(rows).map(heldOf)
        ),
      people: (filter, limit) =>
        Effect.map(store.rows<HeldPersonRow>(people(connector, filter, limit)), (rows) =>
          timed(rows).map(personOf)
        ),
      counts: Effect.map(store.rows<CountsRow>(countsSql(connector)), ([row]) => countsOf(row)),
      content: (result) =>
        Effect.gen(function* () {
          const [row] =
            yield* store.rows<ContentRow>(`select convert(f.event using utf8mb4) as event, f.learner_id as learner,
  p.employee_key as linked, ${KEYS}
from ${HELD} f ${DIRECTORY}
left join \`gradewire\`.\`person_link\` p on p.connector = f.connector and p.learner_id = f.learner_id
where f.connector = ${literal(connector)} and f.result_id = ${literal(result)}`)
          if (row === undefined) return undefined
          const known = keysOf(row)
          return {
            event: row.event,
            keys: known,
            linked: row.linked,
            candidates: yield* candidates(known),
            decisions: yield* decisions([result, ...(row.learner === null ? [] : [row.learner])])
          }
        }),
      decisions,
      resolve: (orders, by) => session.exclusively(resolve(orders, by)),
      setAside: (order) => session.exclusively(setAside(order)),
      relink: (order) => session.exclusively(relink(order))
    } satisfies HeldDesk
  })
