/** What the benchmarks of capture share: an exam table of seven columns, the shipped program beside it, what it used. */
import { spawn } from "node:child_process"
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import type { Connection } from "mysql2/promise"
import { progressSubject } from "../../connectors/jetstream/options.ts"
import type { RunningServer } from "../../deploy/servers/server.ts"
import { type Usage, usageOf } from "./process-usage.ts"

const root = join(import.meta.dirname, "../..")

export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** The exam table, and an empty one of learners, without which a score's learner would mean nothing. */
export const createTables = async (sql: Connection): Promise<void> => {
  // `insertExams` counts up to the rows of a transaction: MySQL's word for it, MariaDB's in the other comment.
  await sql.query(
    "SET SESSION /*!80003 cte_max_recursion_depth */ /*M!100201 max_recursive_iterations */ = 1000000"
  )
  await sql.query("CREATE DATABASE IF NOT EXISTS lms")
  await sql.query("CREATE TABLE IF NOT EXISTS lms.user (id BIGINT PRIMARY KEY, employee_no VARCHAR(20))")
  await sql.query(
    "CREATE TABLE IF NOT EXISTS lms.exam (id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, exam_id BIGINT NOT NULL, score DECIMAL(5,2), state TINYINT NOT NULL, finished_at DATETIME(3), name VARCHAR(100))"
  )
}

/** Rows `from` < id <= `to` in one statement. Scores, times and names vary; one name in eight is Chinese. */
export const insertExams = async (sql: Connection, from: number, to: number): Promise<void> => {
  await sql.query(
    `INSERT INTO lms.exam
     SELECT n, 100000 + n * 7919 % 90000, 500 + n % 300, n * 37 % 10001 / 100, n % 3,
            TIMESTAMPADD(MICROSECOND, n * 7717000, '2020-01-01 08:00:00.123'),
            IF(n % 8 = 0, CONCAT('学员', n), CONCAT('Trainee Number ', n))
     FROM (WITH RECURSIVE c (n) AS (SELECT ${from + 1} UNION ALL SELECT n + 1 FROM c WHERE n < ${to}) SELECT n FROM c) AS numbers`
  )
}

const configText = (
  name: string,
  source: RunningServer,
  nats: RunningServer,
  start: string
): string => `version: 1
connector: ${name}
source: { host: 127.0.0.1, port: ${source.port}, user: root, timeZone: "+08:00", start: ${start} }
changeLog: { servers: ["${nats.url}"] }
target: { kind: postgresql, host: 127.0.0.1, port: 9, database: hr, user: hr }
employees: { table: hr.employee, key: 工号, match: [{ learner: employeeNo, employee: 工号 }] }
tables:
  - { table: lms.user, as: learner, key: [id], fields: { employeeNo: employee_no } }
  - table: lms.exam
    as: score
    key: [id]
    fields: { learner: user_id, assessment: exam_id, raw: score, submittedAt: finished_at }
    attributes: { state: state, name: name }
    target: { table: hr.exam, key: [ref], columns: { ref: resultId, 工号: employee, score: score.raw } }
limits: { checkpointSeconds: 1 }
`

export interface CaptureRun extends Usage {
  readonly events: number
  readonly seconds: number
  /** Of a capture that has nothing to do: the start of the program. */
  readonly startCpuSeconds: number
}

export interface CaptureOrder {
  readonly name: string
  readonly source: RunningServer
  readonly nats: RunningServer
  readonly start: "earliest" | "latest" | "snapshot"
  /** Events that must be in the change log, exactly. */
  readonly events: number
  /** Node's own flags, for a profile. */
  readonly flags?: ReadonlyArray<string>
}

/** Runs the shipped program until all events are in the change log, acknowledged; then once more with nothing to do. */
export const measureCapture = async (order: CaptureOrder): Promise<CaptureRun> => {
  const run = await runUntil(order, order.events)
  const idle = await runUntil({ ...order, name: `${order.name}-idle`, start: "latest", flags: [] }, 0)
  return { ...run, events: order.events, startCpuSeconds: idle.cpuSeconds }
}

const PATIENCE_SECONDS = 300

const runUntil = async (
  order: CaptureOrder,
  events: number
): Promise<Usage & { readonly seconds: number }> => {
  const { name, source, nats, start, flags = [] } = order
  const folder = mkdtempSync(join(tmpdir(), "gradewire-bench-"))
  const config = join(folder, "connector.yaml")
  writeFileSync(config, configText(name, source, nats, start))
  const log = join(folder, "capture.log")
  const out = openSync(log, "a")
  const client = await connect({ servers: nats.url })
  // Capture takes no empty log for a new one before apply has said that it stands nowhere.
  client.subscribe(progressSubject(name), { callback: (_, question) => void question.respond("null") })
  const program = [
    join(root, "dist/gradewire.js"),
    "run",
    "--config",
    config,
    "--role",
    "capture",
    "--http",
    "off"
  ]
  const startedAt = performance.now()
  const child = spawn(process.execPath, [...flags, ...program], { stdio: ["ignore", out, out] })
  const gone = new Promise((resolve) => child.once("exit", resolve))
  try {
    const counted = new EventCount(`GRADEWIRE_${name.toUpperCase().replaceAll("-", "_")}`, client)
    while (!(await counted.reached(events))) {
      if (child.exitCode !== null) throw new Error(`capture ended: ${readFileSync(log, "utf8")}`)
      if (performance.now() - startedAt > PATIENCE_SECONDS * 1000) throw new Error(readFileSync(log, "utf8"))
      await pause(100)
    }
    const seconds = (performance.now() - startedAt) / 1000
    return { ...usageOf(child.pid!), seconds }
  } finally {
    child.kill("SIGTERM")
    await gone
    await client.close()
    rmSync(folder, { recursive: true })
  }
}

/** Counts the events of a stream by its messages' headers, each message once. */
class EventCount {
  private events = 0
  private readAt = 0
  private readonly stream: string
  private readonly client: Awaited<ReturnType<typeof connect>>

  constructor(stream: string, client: Awaited<ReturnType<typeof connect>>) {
    this.stream = stream
    this.client = client
  }

  /** True once exactly `events` are there, and at least the first checkpoint. */
  async reached(events: number): Promise<boolean> {
    const manager = await jetstreamManager(this.client, { checkAPI: false })
    const last = await manager.streams.info(this.stream).then(
      ({ state }) => state.last_seq,
      () => 0
    )
    for (; this.readAt < last; this.readAt++) {
      // Nothing competes with capture for the server while it is far from done.
      const message = await manager.streams.getMessage(this.stream, { seq: this.readAt + 1 })
      this.events += Number(message?.header.get("Gradewire-Count") ?? 0)
    }
    if (this.events > events) throw new Error(`${this.events} events instead of ${events}`)
    return last > 0 && this.events === events
  }
}
