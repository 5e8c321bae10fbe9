/** What the benchmarks of the whole way share: three servers, exam rows on one side, profiles on the other, programs between. */
import { spawn, type ChildProcess } from "node:child_process"
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { readDockerfile, type Stage } from "../../deploy/image/dockerfile.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { createTables, insertExams, say } from "./capture-process.ts"
import { type Usage, usageOf } from "./process-usage.ts"

const root = join(import.meta.dirname, "../..")
const PATIENCE_MS = 600_000

/** `insertExams` draws its learners from these. */
const LEARNERS = 90_000
const FIRST_LEARNER = 100_000

const PROFILE = `
  CREATE SCHEMA hr;
  CREATE TABLE hr.employee (工号 text PRIMARY KEY);
  INSERT INTO hr.employee SELECT 'E' || n FROM generate_series(${FIRST_LEARNER}, ${FIRST_LEARNER + LEARNERS - 1}) n;
  CREATE TABLE hr.exam (ref text PRIMARY KEY, 工号 text NOT NULL, score numeric(5,2), n bigint NOT NULL);
  CREATE INDEX ON hr.exam (n);
  ANALYZE`

const configText = ({ hr, nats, source }: Servers): string => `version: 1
connector: bench
source: { host: 127.0.0.1, port: ${source.port}, user: root, timeZone: "+08:00", start: snapshot }
changeLog: { servers: ["${nats.url}"] }
target: { kind: postgresql, host: 127.0.0.1, port: ${hr.port}, database: postgres, user: postgres }
employees: { table: hr.employee, key: 工号, match: [{ learner: employeeNo, employee: 工号 }] }
tables:
  - { table: lms.user, as: learner, key: [id], fields: { employeeNo: employee_no } }
  - table: lms.exam
    as: score
    key: [id]
    fields: { learner: user_id, assessment: exam_id, raw: score, submittedAt: finished_at }
    attributes: { n: id }
    target: { table: hr.exam, key: [ref], columns: { ref: resultId, 工号: employee, score: score.raw, n: attributes.n } }
limits: { checkpointSeconds: 1 }
`

interface Servers {
  readonly source: RunningServer
  readonly nats: RunningServer
  readonly hr: RunningServer
}

export type Program = "capture" | "apply" | "peer"

/** A program beside the servers. */
export class RunningProgram {
  readonly name: Program
  readonly #child: ChildProcess
  readonly #log: string
  readonly #gone: Promise<unknown>

  constructor(name: Program, args: ReadonlyArray<string>, folder: string, environment: Stage["environment"]) {
    this.name = name
    this.#log = join(folder, `${name}.log`)
    const out = openSync(this.#log, "a")
    const env = { ...process.env, ...environment }
    this.#child = spawn(process.execPath, [...args], { env, stdio: ["ignore", out, out] })
    this.#gone = new Promise((done) => this.#child.once("exit", done))
  }

  get usage(): Usage {
    return usageOf(this.#child.pid!)
  }

  /** Until its log says so. */
  async says(words: string): Promise<void> {
    await until(() => {
      const text = readFileSync(this.#log, "utf8")
      if (this.#child.exitCode !== null) throw new Error(`${this.name} ended: ${text}`)
      return text.includes(words)
    })
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM")
    await this.#gone
  }
}

export const until = async (is: () => boolean | Promise<boolean>, everyMs = 50): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await is())) {
    if (performance.now() > deadline) throw new Error(`nothing more within ${PATIENCE_MS / 1000} s`)
    await pause(everyMs)
  }
}

export class ExamPipeline {
  readonly sql: Connection
  readonly profile: Client
  /** rows written so far; they are numbered */
  written = 0
  readonly #servers: Servers
  readonly #folder: string
  readonly #gradewire: string
  readonly #environment: Stage["environment"]
  readonly #programs = new Set<RunningProgram>()

  private constructor(
    servers: Servers,
    folder: string,
    sql: Connection,
    profile: Client,
    program: { readonly gradewire: string; readonly environment: Stage["environment"] }
  ) {
    this.#servers = servers
    this.#gradewire = program.gradewire
    this.#environment = program.environment
    this.#folder = folder
    this.sql = sql
    this.profile = profile
  }

  /** @param gradewire the built program; it starts with the image's environment, as where it is deployed */
  static async open(gradewire = join(root, "dist/gradewire.js")): Promise<ExamPipeline> {
    const folder = mkdtempSync(join(tmpdir(), "gradewire-bench-"))
    const options = { directory: folder, progress: say }
    const [source, nats, hr] = await Promise.all([
      startServer("mysql", options),
      startServer("nats", options),
      startServer("postgresql", options)
    ])
    const servers = { source, nats, hr }
    const sql = await createConnection({ host: "127.0.0.1", port: source.port, user: "root" })
    await createTables(sql)
    await sql.query(
      `INSERT INTO lms.user WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < ${LEARNERS - 1})
       SELECT ${FIRST_LEARNER} + n, CONCAT('E', ${FIRST_LEARNER} + n) FROM c`
    )
    const profile = new Client({ connectionString: hr.url })
    await profile.connect()
    await profile.query(PROFILE)
    writeFileSync(join(folder, "connector.yaml"), configText(servers))
    const environment = (await readDockerfile(root)).at(-1)!.environment
    return new ExamPipeline(servers, folder, sql, profile, { gradewire, environment })
  }

  get servers(): string {
    return Object.values<RunningServer>({ ...this.#servers })
      .map(({ kind, version }) => `${kind} ${version}`)
      .join(", ")
  }

  start(name: Program): RunningProgram {
    const { hr, nats, source } = this.#servers
    const role = [this.#gradewire, "run", "--config", join(this.#folder, "connector.yaml")]
    const args =
      name === "peer"
        ? [join(import.meta.dirname, "plain-peer.ts"), String(source.port), nats.url, hr.url]
        : [...role, "--role", name, "--http", "off"]
    const program = new RunningProgram(name, args, this.#folder, this.#environment)
    this.#programs.add(program)
    return program
  }

  async migrate(): Promise<void> {
    const args = [this.#gradewire, "migrate", "--config", join(this.#folder, "connector.yaml")]
    const child = spawn(process.execPath, args, { stdio: "inherit" })
    await new Promise((done) => child.once("exit", done))
  }

  async stop(program: RunningProgram): Promise<void> {
    this.#programs.delete(program)
    await program.stop()
  }

  /** Exam rows in transactions of `transaction` rows. */
  async write(rows: number, transaction: number): Promise<void> {
    const end = this.written + rows
    while (this.written < end) {
      const to = Math.min(end, this.written + transaction)
      await insertExams(this.sql, this.written, to)
      this.written = to
    }
  }

  /** Highest number in the profile; rows arrive in order. */
  async arrived(): Promise<number> {
    const { rows } = await this.profile.query<{ n: string | null }>("SELECT max(n) AS n FROM hr.exam")
    return Number(rows[0]!.n ?? 0)
  }

  async count(): Promise<number> {
    const { rows } = await this.profile.query<{ n: string }>("SELECT count(*) AS n FROM hr.exam")
    return Number(rows[0]!.n)
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#programs].map((program) => program.stop()))
    this.sql.destroy()
    await this.profile.end().catch(() => undefined)
    await Promise.allSettled(
      Object.values<RunningServer>({ ...this.#servers }).map((server) => server.stop())
    )
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
