/** The contenders on PostgreSQL. */
import { sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { Client } from "pg"
import { Effect, type Layer } from "effect"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import { layer } from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { trainingRecord } from "../../schemas/hr/profile-tables.ts"
import type { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { MIGRATIONS, postgresOptions } from "../conformance/postgresql-hr-world.ts"
import {
  BATCH_ROWS,
  EMPLOYEES,
  mappingFor,
  PLAIN_COLUMNS,
  plainRow,
  SUBMITTED,
  type Contender
} from "./apply-rounds.ts"

const tables = `
create schema hr;
create table hr.employee (no text primary key, phone text);
create index on hr.employee (phone);
insert into hr.employee select 'E' || i, '138' || i from generate_series(1, ${EMPLOYEES}) i;
create table hr.training_record (
  employee_no text not null, exam_score numeric(5,2), result_id text primary key, finish_timestamp timestamptz)`

const fill = (oldResults: number, connector: string): string => `
insert into gradewire.training_record (connector, result_id, employee_key, score_raw, state, position, event_type, event_id,
  event_time, applied_at)
select '${connector}', 'lms.exam:old' || i, 'E' || (i % ${EMPLOYEES} + 1), 50, 'recorded', '0', 'x', 'x', now(), now()
from generate_series(1, ${oldResults}) i`

/** The checkpoint lets no table begin with pages that are in the WAL already and others without. */
const known = (oldResults: number): string => `
insert into gradewire.learner_directory (connector, learner_id, position, phone)
  select 'bench', i::text, '0', '138' || i from generate_series(1, ${EMPLOYEES}) i;
insert into gradewire.person_link
  select 'bench', i::text, 'E' || i, 'phone', now() from generate_series(1, ${EMPLOYEES}) i;
insert into gradewire.result_ledger (connector, result_id, position, event_id, state, employee_key, applied_at)
  select 'bench', 'lms.exam:old' || i, '0', 'x', 'recorded', 'E' || (i % ${EMPLOYEES} + 1), now()
  from generate_series(1, ${oldResults}) i;
insert into hr.training_record
  select 'E' || (i % ${EMPLOYEES} + 1), 50, 'lms.exam:old' || i, now() from generate_series(1, ${oldResults}) i;
create table hr.plain (like gradewire.training_record including all);
${fill(oldResults, "bench")}; insert into hr.plain select * from gradewire.training_record;
${fill(oldResults, "plain")}; insert into hr.plain select * from gradewire.training_record where connector = 'plain';
vacuum analyze;
checkpoint`

export interface Bench {
  readonly store: (mode: "own" | "mapped") => Layer.Layer<ProfileStore>
  readonly drizzle: Contender
  readonly prepared: Contender
  readonly stop: () => Promise<void>
}

export const postgresBench = async (server: RunningServer, oldResults: number): Promise<Bench> => {
  const client = new Client(server.url)
  await client.connect()
  await client.query(tables)
  await Effect.runPromise(migrate({ postgres: postgresOptions(server), migrationsFolder: MIGRATIONS }))
  for (const text of known(oldResults).split(";\n")) await client.query(text)
  const database = drizzle(client)
  const columns = PLAIN_COLUMNS.join(", ")
  const values = Array.from(
    { length: BATCH_ROWS },
    (_, row) =>
      `(${PLAIN_COLUMNS.map((__, column) => `$${row * PLAIN_COLUMNS.length + column + 1}`).join(",")})`
  ).join(",")
  const set = PLAIN_COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`)
  const text = `insert into hr.plain (${columns}) values ${values}
    on conflict (connector, result_id) do update set ${set.join(", ")}`
  return {
    store: (mode) =>
      layer({
        connector: "bench",
        holder: "bench",
        postgres: postgresOptions(server),
        mapping: mappingFor(mode)
      }),
    drizzle: async (scores) => {
      const rows = scores.map((score) => ({
        connector: "plain",
        resultId: score.resultId,
        employeeKey: `E${score.learner}`,
        learnerId: String(score.learner),
        scoreRaw: score.raw,
        submittedAt: SUBMITTED,
        state: "recorded" as const,
        position: score.position,
        eventType: "gradewire.score.recorded.v1",
        eventId: `binlog.000001:${score.position}`,
        eventTime: SUBMITTED,
        appliedAt: SUBMITTED
      }))
      await database
        .insert(trainingRecord)
        .values(rows)
        .onConflictDoUpdate({
          target: [trainingRecord.connector, trainingRecord.resultId],
          set: {
            scoreRaw: sql`excluded.score_raw`,
            position: sql`excluded.position`,
            eventId: sql`excluded.event_id`
          }
        })
    },
    prepared: async (scores) => {
      await client.query({
        name: "plain",
        text,
        values: scores.flatMap((score) => plainRow(score, SUBMITTED))
      })
    },
    stop: async () => {
      await client.end().catch(() => undefined)
    }
  }
}
