/**
 * The shipped program end to end with an HR database on MySQL and on MariaDB: the oracle is the source's own SELECT
 * through the mapping.
 */
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 300_000
const PASSWORD = "correct horse '工号\\"

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let lms: Connection

const connect = async (server: RunningServer): Promise<Connection> => {
  const connection = await createConnection({
    uri: server.url,
    charset: "UTF8MB4_BIN",
    multipleStatements: true,
    dateStrings: true
  })
  await connection.query("set time_zone = '+08:00'")
  return connection
}

const rows = async (connection: Connection, sql: string): Promise<ReadonlyArray<RowDataPacket>> =>
  (await connection.query<Array<RowDataPacket>>(sql))[0]

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

/** One database per target, so that the second starts with nothing of the first. */
const SOURCE = (database: string): string => `
create database ${database};
create table ${database}.learner (id int primary key, 手机号 varchar(20));
create table ${database}.test (id int primary key, 名称 varchar(50), 满分 decimal(6,2));
create table ${database}.成绩 (id int primary key, learner_id int, test_id int, 分数 decimal(5,2), 完成时间 datetime(3), 备注 text);
insert into ${database}.test values (1, '安全考试 😀', 100.00), (2, 'Fire ''drill'' \\\\', 150.50);
insert into ${database}.learner with recursive n (i) as (select 1 union all select i + 1 from n where i < 40)
  select i, concat('1380000', lpad(i, 4, '0')) from n`

/** What gradewire is granted is what its own messages name, and no more. */
const TARGET = (database: string): string => `
create database hr character set utf8mb4;
create table hr.employee (工号 varchar(12) primary key, mobile varchar(20), key (mobile));
create table hr.training_record (
  id int auto_increment primary key, 工号 varchar(12) not null, exam_title varchar(60), \`full mark\` decimal(6,2),
  分数 decimal(5,2), finished datetime(3), stamped timestamp(6) null, note text, source_ref varchar(64) not null unique
);
create user gradewire@'%' identified by '${PASSWORD.replaceAll("\\", "\\\\").replaceAll("'", "''")}';
grant all privileges on \`gradewire\`.* to gradewire@'%';
grant select on hr.employee to gradewire@'%';
grant select, insert, update, delete on hr.training_record to gradewire@'%';
insert into hr.employee select concat('E', right(p, 4)), p from (
  with recursive n (i) as (select 1 union all select i + 1 from n where i < 40)
  select concat('1380000', lpad(i, 4, '0')) as p from n where i % 8 <> 0
) known -- of ${database}: every eighth learner is hired later`

const configText = (database: string, target: RunningServer): string => `version: 1
connector: ${database.replaceAll("_", "-")}
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+08:00" }
changeLog: { servers: ["${nats.url}"] }
target: { kind: mysql, host: ${target.host}, port: ${target.port}, user: gradewire, password: { file: hr-password } }
employees: { table: hr.employee, key: 工号, match: [{ learner: phone, employee: mobile }] }
tables:
  - { table: ${database}.learner, as: learner, key: [id], fields: { phone: 手机号 } }
  - { table: ${database}.test, as: assessment, key: [id], fields: { title: 名称, max: 满分 } }
  - table: ${database}.成绩
    as: score
    key: [id]
    fields: { learner: learner_id, assessment: test_id, raw: 分数, submittedAt: 完成时间 }
    attributes: { note: 备注 }
    target:
      table: hr.training_record
      key: [source_ref]
      columns:
        工号: employee
        exam_title: assessment.title
        full mark: assessment.max
        分数: score.raw
        finished: attempt.submittedAt
        stamped: attempt.submittedAt
        note: attributes.note
        source_ref: resultId
`

const EXPECTED = (database: string): string => `select concat('${database}.成绩:', s.id) as source_ref,
  concat('E', right(l.手机号, 4)) as 工号, t.名称 as exam_title, t.满分 as \`full mark\`, s.分数, s.完成时间 as finished,
  s.备注 as note
from ${database}.成绩 s join ${database}.learner l on l.id = s.learner_id join ${database}.test t on t.id = s.test_id
order by source_ref collate utf8mb4_bin`

const FILED = `select source_ref, 工号, exam_title, \`full mark\`, 分数, finished, note,
  cast(stamped as datetime(3)) as stamped from hr.training_record order by source_ref collate utf8mb4_bin`

/** Some hundred changes of which any order shows: n decides what each is. */
const change = async (database: string, from: number, to: number): Promise<void> => {
  for (let n = from; n < to; n++) {
    const id = (n * 7) % 90
    const score = ((n * 37) % 10_001) / 100
    const values = `(${n * 13} % 40) + 1, ${(n % 2) + 1}, ${score.toFixed(2)},
      timestamp('2026-11-22 00:00:00.000') + interval ${n} minute + interval ${n % 1000} * 1000 microsecond, 'n${n} 😀 \\'"\\\\'`
    const upsert = `replace into ${database}.成绩 values (${id}, ${values})`
    const update = `update ${database}.成绩 set 分数 = ${score.toFixed(2)}, 备注 = null where id = ${id}`
    const remove = `delete from ${database}.成绩 where id = ${id}`
    await lms.query(n % 11 === 0 ? remove : n % 5 === 0 ? update : upsert)
  }
}

describe.each(["mysql", "mariadb"] as const)("an HR database on %s", (kind) => {
  const database = `lms_${kind}`
  let target: RunningServer
  let hr: Connection
  let config: string
  let running: ChildProcess | undefined
  let log = ""

  beforeAll(async () => {
    target = await startServer(kind)
    hr = await connect(target)
    await hr.query(TARGET(database))
    await lms.query(SOURCE(database))
    await change(database, 0, 100)
    config = join(program.folder, `${database}.yaml`)
    await writeFile(join(program.folder, "hr-password"), `${PASSWORD}\n`)
    await writeFile(config, configText(database, target))
  }, CASE_MILLIS)
  afterAll(async () => {
    running?.kill("SIGKILL")
    hr?.destroy()
    await target?.stop()
  })

  const run = () => {
    running = program.start("run", "--config", config, "--http", "off")
    running.stderr!.on("data", (chunk) => (log += String(chunk)))
  }
  const stop = async (signal: NodeJS.Signals) => {
    const gone = once(running!, "exit")
    running!.kill(signal)
    await gone
  }

  const filed = () => rows(hr, FILED)
  const untilFiled = async (count: number) => {
    while ((await filed()).length < count) if (running!.exitCode !== null) throw new Error(log)
  }
  const untilEqual = async () => {
    const expected = JSON.stringify(await rows(lms, EXPECTED(database)))
    const told = async () => JSON.stringify((await filed()).map(({ stamped: _stamped, ...row }) => row))
    while ((await told()) !== expected) if (running!.exitCode !== null) throw new Error(log)
  }

  it("is migrated, and then checked without an error or a warning of its own (G3)", async () => {
    const first = await program.run("migrate", "--config", config, "-o", "json")
    expect(first).toMatchObject({ code: 0, err: "" })
    const { code, out } = await program.run("check", "target", "--config", config, "-o", "json")
    const { findings } = JSON.parse(out) as { findings: ReadonlyArray<{ severity: string; check: string }> }
    expect({ code, bad: findings.filter(({ severity }) => severity !== "ok") }).toEqual({ code: 0, bad: [] })
  })

  it(
    "holds every row of the source, through SIGKILL and with people who are hired later (G1, G2, G7)",
    { timeout: CASE_MILLIS },
    async () => {
      run()
      await untilFiled(20)
      await change(database, 100, 300)
      await stop("SIGKILL")
      await change(database, 300, 400)
      run()
      await change(database, 400, 500)
      await hr.query(
        `insert into hr.employee values ${[8, 16, 24, 32, 40]
          .map((n) => `('E${String(n).padStart(4, "0")}', '1380000${String(n).padStart(4, "0")}')`)
          .join(", ")}`
      )
      await untilEqual()
      for (const row of await filed()) expect(row["stamped"]).toBe(row["finished"])
      expect(await rows(hr, "select * from gradewire.held")).toEqual([])
      expect(await rows(hr, "select * from gradewire.dead_letters")).toEqual([])
    }
  )

  it("tells where it is and stops in order (G4, G9)", async () => {
    const { out } = await program.run("offsets", "list", "--config", config, "-o", "json")
    expect(JSON.parse(out)).toMatchObject([
      { stage: "source" },
      { stage: "stream" },
      { connector: `lms-${kind}`, stage: "sink", epoch: 2 }
    ])
    await stop("SIGTERM")
    expect(running!.exitCode).toBe(0)
    for (const personal of ["1380000", PASSWORD, "安全考试"]) expect(log).not.toContain(personal)
  })
})
