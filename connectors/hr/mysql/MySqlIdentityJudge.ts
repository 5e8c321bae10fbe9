/**
 * IdentityJudge on MySQL and MariaDB, on a connection of its own: learners go through the temporary tables of a batch, and
 * HR's odd spellings to a temporary table that hides gradewire's own of that name (MySQL manual, 15.1.20.2). Temporary
 * tables stand in some database: `gradewire` must be there, its tables need not.
 */
import { Effect, type Scope } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { StoreMisconfigured } from "../../../src/apply/ProfileStore.ts"
import type { IdentityJudge } from "../../../src/identity/IdentityJudge.ts"
import {
  judgedOf,
  kindsOf,
  learnerRow,
  readEmployees,
  withoutDates,
  type JudgedRow
} from "../judged-learners.ts"
import {
  createTables,
  EMPTY_TABLES,
  HITS,
  inServersWords,
  jsonRows,
  jsonTypes,
  SCORES
} from "./batch-tables.ts"
import { countHits } from "./decide-sql.ts"
import { employeeSource } from "./employee-reading.ts"
import { readMapping, type HrMapping } from "./mapping.ts"
import { hits, KEY_COLUMNS } from "./match-sql.ts"
import { openSession, type ServerFacts } from "./mysql-client.ts"
import { literal } from "./sql-text.ts"
import { makeParts, type MySqlProfileStoreOptions } from "./store-parts.ts"

const binary = (length: number) =>
  `varchar(${length}) character set utf8mb4 collate utf8mb4_0900_bin not null`

/** In the shape of the migration. */
const HIDING = `create temporary table if not exists \`gradewire\`.\`employee_spelling\` (
  connector varchar(31) character set ascii collate ascii_bin not null,
  kind varchar(16) character set ascii collate ascii_bin not null, source ${binary(64)}, value ${binary(255)},
  employee_key ${binary(255)}, raw ${binary(255)},
  primary key (connector, kind, source, value, employee_key)
) engine = InnoDB row_format = dynamic default charset = utf8mb4 collate = utf8mb4_0900_bin`

const HAS_OURS = `select (select count(*) from information_schema.schemata where schema_name = 'gradewire') as ours,
  (select count(*) from information_schema.tables where table_schema = 'gradewire' and table_name = 'person_link') as links`

const notThere = (): StoreMisconfigured =>
  new StoreMisconfigured({
    message: "the HR database has no database gradewire, in which temporary tables could stand",
    code: "NOT_MIGRATED",
    fix: "Run gradewire migrate --config FILE, or CREATE DATABASE `gradewire`; then check identity again."
  })

interface Kinds {
  readonly kinds: ReadonlyArray<keyof typeof KEY_COLUMNS>
  readonly facts: ServerFacts
}

/** Learners as rows of a batch about which nothing is known but their keys. */
const sendLearners = ({ facts, kinds }: Kinds, json: string, day: string | undefined): string => {
  const { number, text } = jsonTypes(facts)
  const columns = kinds.map((kind) => KEY_COLUMNS[kind])
  const rows = jsonRows(literal(json), [
    ["n", number],
    ...columns.map((column) => [column, text] as const),
    ["name", text],
    ["learner_id", text]
  ])
  return `insert into ${SCORES} (n, ${columns.join(", ")}, name, learner_id, day, position, result_id, event_id, type, subject,
  revoked, was_filed, is_stale, blocked, learner_known, assessment_known, is_unproven)
select r.n, ${columns.map((column) => `r.${column}`).join(", ")}, r.name, r.learner_id, ${literal(day ?? null)},
  '', '', '', '', '', 0, 0, 0, 0, 1, 1, 1
from ${rows} r`
}

const answer = (connector: string, hasLinks: boolean): string => {
  const links = hasLinks
    ? `left join \`gradewire\`.\`person_link\` p on p.connector = ${literal(connector)} and p.learner_id = s.learner_id`
    : "left join (select null as employee_key) p on false"
  return `select distinct s.n, p.employee_key as linked, s.people, s.is_ambiguous, h.rule, h.employee
from ${SCORES} s ${links} left join ${HITS} h on h.n = s.n order by s.n, h.rule, h.employee`
}

export const openIdentityJudge = (
  options: MySqlProfileStoreOptions
): Effect.Effect<IdentityJudge, never, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* openSession(options.mysql)
    const store = makeParts(options, session)
    const { employees } = options.mapping
    const { connector } = options
    const kinds = kindsOf(employees)
    // Where scores go does not matter here: those tables may not be there yet.
    const mapping = store.classified(readMapping(session, { ...options.mapping, scores: [] }))
    const open = yield* Effect.cached(
      Effect.gen(function* () {
        const found = yield* mapping
        const facts = yield* store.facts
        const [has] = yield* store.rows<Readonly<Record<"ours" | "links", string | number>>>(HAS_OURS)
        if (Number(has!.ours) === 0) return yield* notThere()
        yield* store.script([...createTables(facts), inServersWords(HIDING, facts)])
        const judging = (of: HrMapping) => [...hits(of, connector), countHits(of)]
        return {
          facts,
          source: employeeSource(store, found, facts),
          onDay: judging(found),
          ever: judging(withoutDates(found)),
          answer: answer(connector, Number(has!.links) > 0)
        }
      })
    )
    return {
      prepare: (watch) => Effect.flatMap(open, ({ source }) => readEmployees(employees, source, watch)),
      judge: (learners, day): Effect.Effect<ReturnType<typeof judgedOf>, ProfileStoreError> =>
        Effect.gen(function* () {
          const opened = yield* open
          const given = JSON.stringify(learners.map((one, n) => learnerRow(one, n, kinds)))
          const rows = yield* store.script<JudgedRow>([
            ...EMPTY_TABLES,
            sendLearners({ kinds, facts: opened.facts }, given, day),
            ...(day === undefined ? opened.ever : opened.onDay),
            opened.answer
          ])
          return judgedOf(learners.length, rows, employees)
        })
    } satisfies IdentityJudge
  })
