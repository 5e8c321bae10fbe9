/** The contenders on MySQL and MariaDB. */
import { Effect } from "effect"
import { sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/mysql2"
import { migrate } from "../../connectors/hr/mysql/migrate.ts"
import { layer } from "../../connectors/hr/mysql/MySqlProfileStore.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { trainingRecord } from "../../schemas/hr/mysql/profile-tables.ts"
import { MIGRATIONS, mysqlOptions, MySqlWorlds } from "../conformance/mysql-hr-world.ts"
import type { Bench } from "./apply-postgresql.ts"
import { BATCH_ROWS, EMPLOYEES, mappingFor, PLAIN_COLUMNS, plainRow } from "./apply-rounds.ts"

const SUBMITTED = "2026-11-22 08:00:00.123"

const TABLES = `
create database hr character set utf8mb4 collate utf8mb4_general_ci;
create table hr.employee (no varchar(20) primary key, phone varchar(20), key (phone));
create table hr.training_record (employee_no varchar(20) not null, exam_score decimal(5,2),
  result_id varchar(64) primary key, finish_timestamp datetime(6));
create table hr.digit (d int primary key);
insert into hr.digit values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)`

/** Numbers from 1 to `count` as `i`, without a server's limit on recursion. */
const numbers = (count: number): string => {
  const places = Array.from({ length: String(count - 1).length }, (_, index) => index)
  const sum = places.map((place) => `d${place}.d * 1${"0".repeat(place)}`).join(" + ")
  const from = places.map((place) => `hr.digit d${place}`).join(", ")
  return `(select 1 + ${sum} as i from ${from} having i <= ${count}) n`
}

const fill = (oldResults: number): ReadonlyArray<string> => {
  const employee = `concat('E', i % ${EMPLOYEES} + 1)`
  const result = "concat('lms.exam:old', i)"
  const record = (
    connector: string,
    table: string
  ) => `insert into ${table} (connector, result_id, employee_key, score_raw,
  state, position, event_type, event_id, event_time, applied_at)
select '${connector}', ${result}, ${employee}, 50, 'recorded', '0', 'x', 'x', now(6), now(6) from ${numbers(oldResults)}`
  return [
    `insert into hr.employee select concat('E', i), concat('138', i) from ${numbers(EMPLOYEES)}`,
    `insert into gradewire.learner_directory (connector, learner_id, position, phone)
  select 'bench', i, '0', concat('138', i) from ${numbers(EMPLOYEES)}`,
    `insert into gradewire.person_link select 'bench', i, concat('E', i), 'phone', now(6) from ${numbers(EMPLOYEES)}`,
    `insert into gradewire.result_ledger (connector, result_id, position, event_id, state, employee_key, applied_at)
  select 'bench', ${result}, '0', 'x', 'recorded', ${employee}, now(6) from ${numbers(oldResults)}`,
    `insert into hr.training_record select ${employee}, 50, ${result}, now(6) from ${numbers(oldResults)}`,
    "create table hr.plain like gradewire.training_record",
    record("bench", "gradewire.training_record"),
    record("plain", "hr.plain"),
    record("drizzle", "gradewire.training_record"),
    "analyze table gradewire.training_record, gradewire.result_ledger, gradewire.person_link, hr.training_record, hr.plain"
  ]
}

export const mysqlBench = async (server: RunningServer, oldResults: number): Promise<Bench> => {
  const connection = await MySqlWorlds.connect(server)
  await connection.query(TABLES)
  await Effect.runPromise(migrate({ mysql: mysqlOptions(server), migrationsFolder: MIGRATIONS }))
  for (const text of fill(oldResults)) await connection.query(text)
  await connection.query("use gradewire")
  const database = drizzle(connection)
  const row = `(${PLAIN_COLUMNS.map(() => "?").join(",")})`
  const set = PLAIN_COLUMNS.slice(2).map((column) => `${column} = values(${column})`)
  const text = `insert into hr.plain (${PLAIN_COLUMNS.join(", ")}) values ${Array.from({ length: BATCH_ROWS }, () => row).join(",")}
on duplicate key update ${set.join(", ")}`
  return {
    store: (mode) =>
      layer({ connector: "bench", holder: "bench", mysql: mysqlOptions(server), mapping: mappingFor(mode) }),
    drizzle: async (scores) => {
      const rows = scores.map((score) => ({
        connector: "drizzle",
        resultId: score.resultId,
        employeeKey: `E${score.learner}`,
        learnerId: String(score.learner),
        scoreRaw: score.raw,
        submittedAt: SUBMITTED,
        state: "recorded",
        position: score.position,
        eventType: "gradewire.score.recorded.v1",
        eventId: `binlog.000001:${score.position}`,
        eventTime: SUBMITTED,
        appliedAt: SUBMITTED
      }))
      await database
        .insert(trainingRecord)
        .values(rows)
        .onDuplicateKeyUpdate({ set: { scoreRaw: sql`values(score_raw)`, position: sql`values(position)` } })
    },
    prepared: async (scores) => {
      await connection.execute(
        text,
        scores.flatMap((score) => [...plainRow(score, SUBMITTED)])
      )
    },
    stop: async () => {
      connection.destroy()
    }
  }
}
