/**
 * The shipped program with its work divided into lanes over several processes: one of them killed, the number of lanes
 * changed, results that move from learner to learner all the while. The oracle is the source's own SELECT.
 */
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 300_000
const LEARNERS = 60

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let lms: Connection

const connect = (server: RunningServer): Promise<Connection> =>
  createConnection({ uri: server.url, multipleStatements: true })

beforeAll(async () => {
  ;[program, source, nats] = await Promise.all([
    ShippedProgram.build(),
    startServer("mysql"),
    startServer("nats")
  ])
  lms = await connect(source)
}, CASE_MILLIS)

afterAll(async () => {
  lms?.destroy()
  await Promise.all([source?.stop(), nats?.stop()])
  await program?.discard()
})

interface Hr {
  readonly rows: (sql: string) => Promise<ReadonlyArray<Record<string, unknown>>>
  readonly close: () => Promise<void>
}

const openHr = async (server: RunningServer): Promise<Hr> => {
  if (server.url.startsWith("postgres")) {
    const client = new Client(server.url)
    await client.connect()
    return { rows: async (sql) => (await client.query(sql)).rows, close: () => client.end() }
  }
  const connection = await connect(server)
  return {
    rows: async (sql) => (await connection.query<Array<RowDataPacket>>(sql))[0],
    close: async () => connection.destroy()
  }
}

const phone = (n: number): string => `138${String(n).padStart(8, "0")}`

describe.each(["postgresql", "mysql"] as const)("lanes with an HR database on %s", (kind) => {
  const database = `lanes_${kind}`
  const processes: Array<ChildProcess> = []
  let target: RunningServer
  let hr: Hr
  let config: string
  let log = ""

  const writeConfig = (lanes: number) =>
    writeFile(
      config,
      `version: 1
connector: lanes-${kind}
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+08:00" }
changeLog: { servers: ["${nats.url}"] }
target: { kind: ${kind}, host: ${target.host}, port: ${target.port}, user: ${kind === "mysql" ? "root" : "postgres, database: postgres"} }
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
apply: { lanes: ${lanes} }
tables:
  - { table: ${database}.learner, as: learner, key: [id], fields: { phone: phone } }
  - { table: ${database}.exam, as: assessment, key: [id], fields: { title: title } }
  - table: ${database}.score
    as: score
    key: [id]
    fields: { learner: learner_id, assessment: exam_id, raw: points }
    target:
      table: hr.training_record
      key: [source_ref]
      columns: { source_ref: resultId, employee_no: employee, title: assessment.title, points: score.raw }
`
    )

  beforeAll(async () => {
    target = await startServer(kind)
    hr = await openHr(target)
    const staff = Array.from({ length: LEARNERS }, (_, n) => `('E${n}', '${phone(n)}')`).join(", ")
    for (const sql of [
      kind === "mysql" ? "create database hr" : "create schema hr",
      "create table hr.employee (no varchar(20) primary key, mobile varchar(20))",
      "create index employee_mobile on hr.employee (mobile)",
      `create table hr.training_record (source_ref varchar(80) primary key, employee_no varchar(20) not null,
        title varchar(60), points decimal(6,2))`,
      `insert into hr.employee values ${staff}`
    ])
      await hr.rows(sql)
    await lms.query(`create database ${database};
      create table ${database}.learner (id int primary key, phone varchar(20));
      create table ${database}.exam (id int primary key, title varchar(60));
      create table ${database}.score (id int primary key, learner_id int, exam_id int, points decimal(6,2));
      insert into ${database}.exam values (1, 'Fire drill'), (2, '安全考试');
      insert into ${database}.learner values ${Array.from({ length: LEARNERS }, (_, n) => `(${n}, '${phone(n)}')`).join(", ")}`)
    config = join(program.folder, `${database}.yaml`)
    await writeConfig(3)
  }, CASE_MILLIS)
  afterAll(async () => {
    for (const child of processes) child.kill("SIGKILL")
    await hr?.close()
    await target?.stop()
  })

  const run = (...args: ReadonlyArray<string>): ChildProcess => {
    const child = program.start("run", "--config", config, "--http", "off", ...args)
    child.stderr!.on("data", (chunk) => (log += String(chunk)))
    processes.push(child)
    return child
  }
  const ended = async (child: ChildProcess): Promise<number | null> =>
    child.exitCode ?? ((await once(child, "exit"))[0] as number | null)

  /** Many a result goes from one learner to another, is deleted, comes back. */
  const change = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      const id = (n * 7) % 90
      const values = `(${id}, ${(n * 13) % LEARNERS}, ${(n % 2) + 1}, ${((n * 37) % 10_001) / 100})`
      await lms.query(
        n % 11 === 0
          ? `delete from ${database}.score where id = ${id}`
          : n % 5 === 0
            ? `update ${database}.score set learner_id = ${(n * 17) % LEARNERS} where id = ${id}`
            : `replace into ${database}.score values ${values}`
      )
    }
  }
  const untilEqual = async (): Promise<void> => {
    const expected = (
      await lms.query<Array<RowDataPacket>>(`select concat('${database}.score:', s.id) as source_ref,
        concat('E', s.learner_id) as employee_no, e.title, cast(s.points as char) as points
        from ${database}.score s join ${database}.exam e on e.id = s.exam_id`)
    )[0]
    const lines = (rows: ReadonlyArray<Record<string, unknown>>) =>
      rows
        .map(
          ({ employee_no, points, source_ref, title }) => `${source_ref} ${employee_no} ${title} ${points}`
        )
        .toSorted()
    const wanted = JSON.stringify(lines(expected))
    while (JSON.stringify(lines(await hr.rows("select * from hr.training_record"))) !== wanted) {
      if (processes.some(({ exitCode }) => exitCode !== null && exitCode !== 0)) throw new Error(log)
    }
  }
  const offsets = async () => {
    const { out } = await program.run("offsets", "list", "--config", config, "-o", "json")
    const rows = JSON.parse(out) as ReadonlyArray<{
      stage: string
      lane: number
      position: string | null
      epoch: number
    }>
    return rows.filter(({ stage }) => stage === "sink")
  }

  it(
    "one lane's process is killed, the others go on, and its learners catch up (G1, G2)",
    { timeout: CASE_MILLIS },
    async () => {
      await change(0, 100)
      run("--role", "capture")
      run("--role", "apply", "--lanes", "0")
      const other = run("--role", "apply", "--lanes", "1,2")
      await change(100, 250)
      await untilEqual()
      processes.splice(processes.indexOf(other), 1)
      other.kill("SIGKILL")
      await ended(other)
      const before = await offsets()
      await change(250, 400)
      let now = before
      while (now[0]!.position === before[0]!.position) now = await offsets()
      expect(now.map(({ lane }) => lane)).toEqual([0, 1, 2])
      expect(now.slice(1).map(({ position }) => position)).toEqual(
        before.slice(1).map(({ position }) => position)
      )
      run("--role", "apply", "--lanes", "1,2")
      await untilEqual()
    }
  )

  it(
    "the number of lanes is changed by one command, and old processes stop by themselves (G2, G6)",
    { timeout: CASE_MILLIS },
    async () => {
      await change(400, 450)
      const plan = await program.run("lanes", "set", "2", "--config", config)
      expect(plan).toMatchObject({ code: 0, out: expect.stringContaining("Nothing was changed") })
      const [capture, ...appliers] = processes.splice(0)
      processes.push(capture!)
      const set = await program.run("lanes", "set", "2", "--config", config, "--execute", "-o", "json")
      expect(JSON.parse(set.out)).toMatchObject({
        executed: true,
        configured: 3,
        after: [{ lane: 0 }, { lane: 1 }]
      })
      await change(450, 500)
      expect(await Promise.all(appliers.map(ended))).toEqual([1, 1])
      expect(log).toContain("ApplyFenced")
      const wrong = await program.run(
        "run",
        "--role",
        "apply",
        "--config",
        config,
        "--http",
        "off",
        "--log-format",
        "json"
      )
      expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining("LanesMismatch") })
      await writeConfig(2)
      const outside = await program.run("run", "--role", "apply", "--lanes", "2", "--config", config)
      expect(outside).toMatchObject({ code: 1, err: expect.stringContaining("LaneUnknown") })
      run("--role", "apply")
      await change(500, 600)
      await untilEqual()
      expect((await offsets()).map(({ lane }) => lane)).toEqual([0, 1])
      expect(await hr.rows("select * from gradewire.held")).toEqual([])
      expect(await hr.rows("select * from gradewire.dead_letters")).toEqual([])
      for (const personal of [phone(1).slice(0, 8), "安全考试"]) expect(log).not.toContain(personal)
    }
  )
})
