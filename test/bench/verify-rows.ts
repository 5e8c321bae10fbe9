/**
 * The same results in a training database and in an HR database, as apply would have filed them: the training database's
 * by arithmetic over their numbers, HR's by the same arithmetic. That both are equal is what the comparison itself proves.
 */
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { createTables, insertExams, say } from "./capture-process.ts"

export const LEARNERS = 90_000
const FIRST_LEARNER = 100_000
const ROWS_PER_INSERT = 20_000
const POSITION = "0001-0000000001-00000000000004-0000000000000001"

export const configText = (source: RunningServer, hr: RunningServer): string => {
  const kind = hr.kind === "postgresql" ? "postgresql" : "mysql"
  const target =
    kind === "postgresql"
      ? `kind: postgresql, host: 127.0.0.1, port: ${hr.port}, database: postgres, user: postgres`
      : `kind: mysql, host: 127.0.0.1, port: ${hr.port}, user: root`
  return `version: 1
connector: bench
source: { host: 127.0.0.1, port: ${source.port}, user: root, timeZone: "+08:00" }
changeLog: { servers: ["nats://127.0.0.1:9"] }
target: { ${target} }
employees: { table: hr.employee, key: no, match: [{ learner: employeeNo, employee: no }] }
tables:
  - { table: lms.user, as: learner, key: [id], fields: { employeeNo: employee_no } }
  - table: lms.exam
    as: score
    key: [id]
    fields: { learner: user_id, assessment: exam_id, raw: score, submittedAt: finished_at }
    attributes: { state: state, name: name }
    target:
      table: hr.exam
      key: [ref]
      columns:
        ref: resultId
        employee: employee
        points: { from: score.raw, multiply: 10, decimals: 1, rounding: half-up }
        state: { from: attributes.state, map: { "0": open, "1": passed, "2": failed }, otherwise: refuse }
        name: attributes.name
        finished_at: attempt.submittedAt
`
}

const numbers = (from: number, to: number): string =>
  `(with recursive c (n) as (select ${from + 1} union all select n + 1 from c where n < ${to}) select n from c)`

export const fillSource = async (server: RunningServer, rows: number): Promise<void> => {
  const sql = await createConnection({ uri: server.url, multipleStatements: true })
  const isMariaDb = server.kind === "mariadb"
  await sql.query(
    `set session ${isMariaDb ? "max_recursive_iterations" : "cte_max_recursion_depth"} = 10000000`
  )
  await createTables(sql)
  await sql.query(
    `insert into lms.user select ${FIRST_LEARNER} + n - 1, concat('E', ${FIRST_LEARNER} + n - 1) from ${numbers(0, LEARNERS)} x`
  )
  for (let at = 0; at < rows; at += ROWS_PER_INSERT) {
    await insertExams(sql, at, Math.min(rows, at + ROWS_PER_INSERT))
  }
  await sql.query("analyze table lms.exam, lms.user")
  await sql.end()
}

const POSTGRES_TABLES = `create schema hr;
create table hr.employee (no text primary key);
create table hr.exam (ref text primary key, employee text not null, points numeric(6,1), state text, name text, finished_at timestamp(3))`

const MYSQL_TABLES = `create database hr;
create table hr.employee (no varchar(20) primary key);
create table hr.exam (ref varchar(64) primary key, employee varchar(20) not null, points decimal(6,1), state varchar(8), name varchar(100), finished_at datetime(3))`

export const createProfile = async (server: RunningServer): Promise<void> => {
  await withHr(server, (ask) => ask(server.kind === "postgresql" ? POSTGRES_TABLES : MYSQL_TABLES))
}

type Ask = (text: string) => Promise<void>

const withHr = async (server: RunningServer, use: (ask: Ask) => Promise<void>): Promise<void> => {
  if (server.kind === "postgresql") {
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await use(async (text) => void (await client.query(text)))
    return client.end()
  }
  const connection: Connection = await createConnection({ uri: server.url, multipleStatements: true })
  const depth = server.kind === "mariadb" ? "max_recursive_iterations" : "cte_max_recursion_depth"
  await connection.query(`set session ${depth} = 10000000, time_zone = '+00:00'`)
  await use(async (text) => void (await connection.query(text)))
  await connection.end()
}

/** After `gradewire migrate`. */
export const fillProfile = (server: RunningServer, rows: number): Promise<void> =>
  withHr(server, async (ask) => {
    const isPostgres = server.kind === "postgresql"
    const each = isPostgres
      ? (from: number, to: number) => `(select n from generate_series(${from + 1}::bigint, ${to}) n)`
      : numbers
    const at = isPostgres
      ? "timestamp '2020-01-01 08:00:00.123' + n * interval '7717 milliseconds'"
      : "timestampadd(microsecond, n * 7717000, '2020-01-01 08:00:00.123')"
    const learner = `${FIRST_LEARNER} + n - 1`
    await ask(`insert into hr.employee select concat('E', ${learner}) from ${each(0, LEARNERS)} x`)
    await ask(`insert into gradewire.learner_directory (connector, learner_id, position, employee_no)
      select 'bench', ${learner}, '${POSITION}', concat('E', ${learner}) from ${each(0, LEARNERS)} x`)
    await ask(`insert into gradewire.person_link select 'bench', ${learner}, concat('E', ${learner}), 'employeeNo', now()
      from ${each(0, LEARNERS)} x`)
    for (let from = 0; from < rows; from += ROWS_PER_INSERT) {
      const some = each(from, Math.min(rows, from + ROWS_PER_INSERT))
      const whose = `${FIRST_LEARNER} + n * 7919 % 90000`
      await ask(`insert into gradewire.result_ledger (connector, result_id, position, event_id, state, learner_id, employee_key, applied_at)
        select 'bench', concat('lms.exam:', n), '${POSITION}', 'e', 'recorded', ${whose}, concat('E', ${whose}), now() from ${some} x`)
      await ask(`insert into hr.exam select concat('lms.exam:', n), concat('E', ${whose}), (n * 37 % 10001) / 10${isPostgres ? ".0" : ""},
        case n % 3 when 0 then 'open' when 1 then 'passed' else 'failed' end,
        case when n % 8 = 0 then concat('学员', n) else concat('Trainee Number ', n) end, ${at} from ${some} x`)
    }
    await ask(
      isPostgres
        ? "vacuum analyze"
        : "analyze table hr.exam, gradewire.result_ledger, gradewire.person_link, gradewire.learner_directory"
    )
    say(`${server.kind}: ${rows} results filed`)
  })
