/** A change larger than any message of the change log may be, with the shipped program and real servers. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChildProcess } from "node:child_process"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 180_000
const LONG = 200_000

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let hr: RunningServer
let lms: Connection
let people: Client
let running: ChildProcess

beforeAll(async () => {
  ;[program, source, nats, hr] = await Promise.all([
    ShippedProgram.build(),
    startServer("mysql"),
    startServer("nats"),
    startServer("postgresql")
  ])
  lms = await createConnection({ uri: source.url, multipleStatements: true, charset: "utf8mb4" })
  await lms.query(`create database lms;
    create table lms.score (id int primary key, phone varchar(20), points decimal(5,2), note mediumtext)`)
  people = new Client({ connectionString: hr.url })
  await people.connect()
  await people.query(`create schema hr;
    create table hr.employee (no text primary key, mobile text);
    insert into hr.employee values ('E1', '13800000001')`)
}, CASE_MILLIS)

afterAll(async () => {
  lms?.destroy()
  await people?.end().catch(() => undefined)
  await program?.discard()
  await Promise.all([source?.stop(), nats?.stop(), hr?.stop()])
})

const configure = async (name: string, largeEvents: string): Promise<string> => {
  const { pathname, username } = new URL(hr.url)
  const file = join(program.folder, `${name}.yaml`)
  await writeFile(
    file,
    `version: 1
connector: ${name}
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+00:00" }
changeLog: { servers: ["${nats.url}"], maxMessageBytes: 65536, largeEvents: ${largeEvents} }
target: { kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: ${pathname.slice(1)}, user: ${username} }
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.score
    as: score
    key: [id]
    fields: { phone: phone, raw: points }
    attributes: { note: note }
    target: own
http: false
limits: { segmentBytes: 32768, checkpointSeconds: 1 }
`
  )
  return file
}

const run = (config: string) => {
  running = program.start("run", "--config", config)
}
const notes = async (connector: string): Promise<ReadonlyArray<string>> =>
  (
    await people.query<{ one: string }>(
      `select result_id || ' ' || length(attributes ->> 'note') || ' ' || right(attributes ->> 'note', 1) as one
       from gradewire.training_records where connector = $1 order by result_id`,
      [connector]
    )
  ).rows.map(({ one }) => one)
const filed = (connector: string, count: number) =>
  program.until(async () => {
    const found = await notes(connector)
    return found.length >= count ? found : undefined
  }, running)

describe("a change larger than a message", { timeout: CASE_MILLIS, retry: 0 }, () => {
  it("arrives whole in pieces, alone, copied, and amid a large transaction, over restarts (G1, G2)", async () => {
    const config = await configure("pieces", "split")
    // One that is copied, and one that comes by the stream.
    await lms.query("insert into lms.score values (1, '13800000001', 80, repeat('评', ?))", [LONG])
    run(config)
    expect(await filed("pieces", 1)).toEqual([`lms.score:1 ${LONG} 评`])
    await lms.query("insert into lms.score values (2, '13800000001', 81, concat(repeat('语', ?), 'x'))", [
      LONG
    ])
    await filed("pieces", 2)
    expect(await program.stop(running)).toBe(0)
    // Several parts, of which one is in pieces, stored as a whole.
    await lms.query(
      `insert into lms.score
       with recursive n (i) as (select 3 union all select i + 1 from n where i < 102)
       select i, '13800000001', 60, repeat('y', if(i = 50, ?, 2000)) from n`,
      [LONG * 2]
    )
    run(config)
    const found = await filed("pieces", 102)
    expect(found).toContain(`lms.score:50 ${LONG * 2} y`)
    expect(found).toContain(`lms.score:2 ${LONG + 1} x`)
    expect(await program.stop(running)).toBe(0)
    const { rows } = await people.query(
      "select result_id from gradewire.training_record_history where connector = 'pieces' group by 1 having count(*) <> 1"
    )
    expect(rows).toEqual([])
    const shown = await program.run(
      "events",
      "tail",
      "--config",
      config,
      "--result",
      "lms.score:50",
      "-o",
      "json"
    )
    expect(shown.code).toBe(0)
    expect(shown.out).toContain("lms.score:50")
  })

  it("stops capture where it is refused, with the setting that lets it pass (G3)", async () => {
    run(await configure("refusing", "refuse"))
    const said = await program.until(async () =>
      program.printed.includes("MessageTooLarge") ? program.printed : undefined
    )
    expect(said).toContain("changeLog.largeEvents: split")
    expect(await notes("refusing")).not.toContain(`lms.score:1 ${LONG} 评`)
  })
})
