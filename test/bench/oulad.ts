/**
 * Real exam results through the whole pipeline: the Open University Learning Analytics dataset (Kuzilek, Hlosta,
 * Zdrahal, Sci. Data 4:170171, CC BY 4.0) from MySQL through JetStream into PostgreSQL, with exact counts and sums.
 *
 *   make bench-oulad ARGS="--folder DIR --source mariadb"
 *
 * DIR holds oulad_studentAssessment.csv.gz, oulad_assessments.csv.gz and oulad_studentInfo.csv.gz; they are no part of
 * the project. The backlog is written first; then both roles start and everything is measured until it is applied.
 */
import { spawn, type ChildProcess } from "node:child_process"
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { parseArgs } from "node:util"
import { gunzipSync } from "node:zlib"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { Client } from "pg"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { usageOf } from "./process-usage.ts"
import { publishResult } from "./result-file.ts"

const root = join(import.meta.dirname, "../..")
const { values: flags } = parseArgs({
  options: {
    folder: { type: "string", default: join(root, "../shared/data") },
    source: { type: "string", default: "mysql" },
    corrections: { type: "string", default: "0.1" }
  }
})
const say = (line: string) => process.stderr.write(`${line}\n`)
const file = (name: string) => join(flags.folder, `oulad_${name}.csv.gz`)

type Cells = ReadonlyArray<string>
const readCsv = (name: string): ReadonlyArray<Cells> =>
  gunzipSync(readFileSync(file(name)))
    .toString()
    .trimEnd()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(",").map((cell) => cell.replace(/^"(.*)"$/, "$1")))
/** The dataset leaves a cell empty, or writes "?", where it knows nothing. */
const orNull = (cell: string | undefined): string | null =>
  cell === undefined || cell === "" || cell === "?" ? null : cell

const SOURCE_SCHEMA = [
  "CREATE DATABASE oulad CHARACTER SET utf8mb4",
  `CREATE TABLE oulad.student (id_student INT PRIMARY KEY, student_no VARCHAR(20) NOT NULL)`,
  `CREATE TABLE oulad.assessment (id_assessment INT PRIMARY KEY, code_module CHAR(3), code_presentation CHAR(5),
     assessment_type VARCHAR(4), weight DECIMAL(5,2), full_mark DECIMAL(5,2) NOT NULL)`,
  `CREATE TABLE oulad.student_assessment (id_student INT NOT NULL, id_assessment INT NOT NULL, date_submitted INT,
     is_banked TINYINT, 分数 DECIMAL(5,2) NULL, PRIMARY KEY (id_student, id_assessment))`
]
const TARGET_SCHEMA = `
  CREATE SCHEMA hr;
  CREATE TABLE hr.employee (工号 text PRIMARY KEY, lms_no text UNIQUE);
  CREATE TABLE hr.training_record (record_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, employee_no text NOT NULL,
    assessment text, exam_score numeric(5,2), banked smallint, day_submitted integer, source_ref text NOT NULL UNIQUE)`

const configText = (mysql: RunningServer, nats: RunningServer, hr: RunningServer): string => `version: 1
connector: oulad
source: { host: 127.0.0.1, port: ${mysql.port}, user: root, timeZone: "Z" }
changeLog: { servers: ["${nats.url}"] }
target: { kind: postgresql, host: 127.0.0.1, port: ${hr.port}, database: postgres, user: postgres }
employees:
  table: hr.employee
  key: 工号
  match: [{ learner: employeeNo, employee: lms_no }]
tables:
  - { table: oulad.student, as: learner, key: [id_student], fields: { employeeNo: student_no } }
  - { table: oulad.assessment, as: assessment, key: [id_assessment], fields: { title: assessment_type, max: full_mark } }
  - table: oulad.student_assessment
    as: score
    key: [id_student, id_assessment]
    fields: { learner: id_student, assessment: id_assessment, raw: 分数 }
    attributes: { banked: is_banked, day: date_submitted }
    target:
      table: hr.training_record
      key: [source_ref]
      columns:
        employee_no: employee
        assessment: assessment.id
        exam_score: score.raw
        banked: attributes.banked
        day_submitted: attributes.day
        source_ref: resultId
`

const ROWS_PER_INSERT = 500

const insertAll = async (
  mysql: Connection,
  into: string,
  rows: ReadonlyArray<ReadonlyArray<string | null>>
) => {
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    await mysql.query(`INSERT INTO ${into} VALUES ?`, [rows.slice(from, from + ROWS_PER_INSERT)])
    if (from % 50_000 === 0 && from > 0) say(`  ${into}: ${from} of ${rows.length}`)
  }
}

/** Writes the dataset, one row per result, then corrects a share of them. Returns the number of row changes. */
const writeSource = async (mysql: Connection): Promise<{ changes: number; results: number }> => {
  const info = readCsv("studentInfo")
  const results = readCsv("studentAssessment")
  const students = [...new Set([...info.map((row) => row[0]!), ...results.map((row) => row[0]!)])]
  for (const statement of SOURCE_SCHEMA) await mysql.query(statement)
  await insertAll(
    mysql,
    "oulad.student",
    students.map((id) => [id, `S${id}`])
  )
  const assessments = readCsv("assessments")
  await insertAll(
    mysql,
    "oulad.assessment",
    assessments.map(([module, presentation, id, type, , weight]) => [
      id!,
      module!,
      presentation!,
      type!,
      weight!,
      "100"
    ])
  )
  await insertAll(
    mysql,
    "oulad.student_assessment",
    results.map(([student, assessment, day, banked, score]) => [
      orNull(student),
      orNull(assessment),
      orNull(day),
      orNull(banked),
      orNull(score)
    ])
  )
  const share = Number(flags.corrections)
  const [updated] = await mysql.query(
    "UPDATE oulad.student_assessment SET 分数 = 分数 - 0.25 WHERE 分数 >= 1 AND MOD(id_student, 1000) < ?",
    [Math.round(share * 1000)]
  )
  const corrected = "affectedRows" in updated ? updated.affectedRows : 0
  return {
    changes: students.length + assessments.length + results.length + corrected,
    results: results.length
  }
}

const writeEmployees = async (hr: Client, mysql: Connection): Promise<void> => {
  await hr.query(TARGET_SCHEMA)
  const [rows] = await mysql.query<Array<RowDataPacket & { student_no: string }>>(
    "SELECT student_no FROM oulad.student ORDER BY id_student"
  )
  const numbers = rows.map((row) => row.student_no)
  await hr.query("INSERT INTO hr.employee SELECT 'E' || n, n FROM unnest($1::text[]) AS n", [numbers])
}

const role = (name: string, folder: string): ChildProcess => {
  const log = openSync(join(folder, `${name}.log`), "a")
  return spawn(
    process.execPath,
    [
      join(root, "dist/gradewire.js"),
      "run",
      "--config",
      join(folder, "connector.yaml"),
      "--role",
      name,
      "--http",
      "off"
    ],
    { stdio: ["ignore", log, log] }
  )
}

/** What must agree on both sides, as exact text. */
type Facts = Record<"filed" | "sum" | "missing" | "people", string>

const facts = async (hr: Client) => {
  const { rows } = await hr.query<Facts>(
    `SELECT count(*)::text AS filed, coalesce(sum(exam_score), 0)::text AS sum,
            count(*) FILTER (WHERE exam_score IS NULL)::text AS missing, count(DISTINCT employee_no)::text AS people
     FROM hr.training_record`
  )
  return rows[0]!
}

const expectedFacts = async (mysql: Connection) => {
  const [rows] = await mysql.query<Array<RowDataPacket & Facts>>(
    `SELECT CAST(COUNT(*) AS CHAR) AS filed, CAST(SUM(分数) AS CHAR) AS sum,
            CAST(SUM(分数 IS NULL) AS CHAR) AS missing, CAST(COUNT(DISTINCT id_student) AS CHAR) AS people
     FROM oulad.student_assessment`
  )
  return rows[0]!
}

/** Waits until HR holds what the source holds; says how far it is once a second. */
const untilEqual = async (hr: Client, expected: Facts, roles: ReadonlyArray<ChildProcess>) => {
  for (;;) {
    const seen = await facts(hr)
    if (JSON.stringify(seen) === JSON.stringify(expected)) return
    const ended = roles.find((child) => child.exitCode !== null)
    if (ended !== undefined) throw new Error(`A role ended with exit code ${ended.exitCode}; see its log`)
    say(`  filed ${seen.filed} of ${expected.filed}`)
    await pause(1000)
  }
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once("exit", resolve))
  child.kill("SIGTERM")
  await gone
}

/** Starts both roles, waits until HR holds everything, and reads what they used. */
const runRoles = async (folder: string, hr: Client, expected: Facts) => {
  const startedAt = performance.now()
  const roles = [role("apply", folder), role("capture", folder)] as const
  try {
    await untilEqual(hr, expected, roles)
    const seconds = (performance.now() - startedAt) / 1000
    return { seconds, apply: usageOf(roles[0].pid!), capture: usageOf(roles[1].pid!) }
  } finally {
    await Promise.all(roles.map(end))
  }
}

const measure = async (servers: ReadonlyArray<RunningServer>, folder: string) => {
  const [source, nats, target] = servers as readonly [RunningServer, RunningServer, RunningServer]
  const mysql = await createConnection({ host: "127.0.0.1", port: source.port, user: "root" })
  const hr = new Client({ connectionString: target.url })
  await hr.connect()
  try {
    say("writing the results to the training database")
    const { changes, results } = await writeSource(mysql)
    await writeEmployees(hr, mysql)
    const expected = await expectedFacts(mysql)
    writeFileSync(join(folder, "connector.yaml"), configText(source, nats, target))
    say(`${changes} row changes wait in the binlog; starting both roles`)
    return { changes, results, expected, ...(await runRoles(folder, hr, expected)) }
  } finally {
    await mysql.end()
    await hr.end()
  }
}

const main = async (): Promise<void> => {
  if (!existsSync(file("studentAssessment"))) {
    say(`The dataset is not in ${flags.folder}: this benchmark did not run. Give its folder with --folder.`)
    process.stdout.write(`${JSON.stringify({ bench: "oulad", ran: false, reason: "dataset absent" })}\n`)
    return
  }
  if (flags.source !== "mysql" && flags.source !== "mariadb") throw new Error("--source is mysql or mariadb")
  const folder = mkdtempSync(join(tmpdir(), "gradewire-oulad-"))
  const servers: Array<RunningServer> = []
  try {
    for (const kind of [flags.source, "nats", "postgresql"] as const) {
      servers.push(await startServer(kind, { durable: true, progress: say }))
    }
    const { seconds, changes, results, expected, apply, capture } = await measure(servers, folder)
    say(
      `exact: ${expected.filed} results, sum ${expected.sum}, ${expected.missing} without a score, ${expected.people} people`
    )
    const line = {
      bench: "oulad",
      ran: true,
      source: `${servers[0]!.kind} ${servers[0]!.version}`,
      results,
      changes,
      seconds: Number(seconds.toFixed(1)),
      rowsPerSecond: Math.round(changes / seconds),
      capture: { ...capture, rowsPerCpuSecond: Math.round(changes / capture.cpuSeconds) },
      apply: { ...apply, rowsPerCpuSecond: Math.round(changes / apply.cpuSeconds) },
      sum: expected.sum,
      missing: Number(expected.missing),
      people: Number(expected.people)
    }
    publishResult(line)
    rmSync(folder, { recursive: true })
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

await main()
