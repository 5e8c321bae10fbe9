/** The incidents of docs/incidents.md that befall a running connector: staged for real, walked with the page's own commands. */
import type { ChildProcess } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import { incident, missingFrom, type PageCommand } from "../support/incident-page.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 300_000

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let hr: RunningServer
let lms: Connection
let people: Client
let alerts: AlertReceiver
let running: ChildProcess

/** Each takes half a second or more; the slowest thing to wait for is a lag of half a minute. */
const ATTEMPTS = 60
const AS_PRINTED = "as the page says"
const CONFIG = "connector.yaml"

beforeAll(async () => {
  ;[program, source, nats, hr, alerts] = await Promise.all([
    ShippedProgram.build(),
    startServer("mysql"),
    startServer("nats"),
    startServer("postgresql"),
    AlertReceiver.open()
  ])
  lms = await createConnection({ uri: source.url, multipleStatements: true })
  await lms.query(`create database lms;
    create table lms.score (id int primary key, phone varchar(20), points decimal(5,2))`)
  people = new Client({ connectionString: hr.url })
  await people.connect()
  await people.query(`create schema hr;
    create table hr.employee (no text primary key, mobile text);
    create table hr.record (ref text primary key, employee text not null, points numeric(5,2) check (points <= 100));
    insert into hr.employee values ('E1', '13800000001')`)
  const { pathname, username } = new URL(hr.url)
  await writeFile(join(program.folder, "webhook-url"), alerts.url)
  await writeFile(
    join(program.folder, CONFIG),
    `version: 1
connector: lms-hr
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+00:00" }
changeLog: { servers: ["${nats.url}"] }
target: { kind: postgresql, host: ${hr.host}, port: ${hr.port}, database: ${pathname.slice(1)}, user: ${username} }
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.score
    as: score
    key: [id]
    fields: { phone: phone, raw: points }
    target: { table: hr.record, key: [ref], columns: { ref: resultId, employee: employee, points: score.raw } }
http: false
limits: { checkpointSeconds: 1 }
alerts:
  webhooks: [{ name: ops, kind: json, url: { file: webhook-url } }]
  rules: { GradewireLagHigh: { forSeconds: 1 }, GradewireDeadLetters: { forSeconds: 1 }, GradewireDisconnected: { forSeconds: 1 } }
`
  )
  run()
  await score(1, 88)
}, CASE_MILLIS)

afterAll(async () => {
  alerts?.close()
  lms?.destroy()
  await people?.end().catch(() => undefined)
  await program?.discard()
  await Promise.all([source?.stop(), nats?.stop(), hr?.stop()])
})

const run = () => {
  running = program.start("run", "--config", CONFIG)
}
const until = <A>(look: () => Promise<A | undefined>) => program.until(look)
const filed = async (id: number): Promise<true | undefined> => {
  const { rowCount } = await people.query("select from hr.record where ref = $1", [`lms.score:${id}`])
  return rowCount === 1 ? true : undefined
}
const take = (id: number, points: number) =>
  lms.query("insert into lms.score values (?, '13800000001', ?)", [id, points])
const score = async (id: number, points: number) => {
  await take(id, points)
  await until(() => filed(id))
}
const told = (alert: string, state: "firing" | "resolved" = "firing", subject = "") =>
  until(() => Promise.resolve(alerts.find(alert, state, subject)))

/** Runs a command of the page until it prints what the page says; what it lacked at last is in the failure. */
const walk = async ({ args, lines }: PageCommand): Promise<string> => {
  let last = ""
  let missing = lines
  for (let attempt = 0; attempt < ATTEMPTS && (attempt === 0 || missing.length > 0); attempt++) {
    const { err, out } = await program.run(...args)
    last = `${out}${err}`
    missing = missingFrom(last, lines)
  }
  if (missing.length > 0 || process.env["SHOW"] !== undefined) {
    process.stdout.write(`$ gradewire ${args.join(" ")}\n${last}\n`)
  }
  return missing.length === 0 ? AS_PRINTED : `${args.join(" ")} lacks\n${missing.join("\n")}\nin\n${last}`
}

const steps = (title: string): ReadonlyArray<PageCommand> => {
  const found = incident(title)
  expect(found.length).toBeGreaterThan(1)
  return found
}

describe("docs/incidents.md, when", { timeout: CASE_MILLIS }, () => {
  it("lag grows (G1)", async () => {
    const [check, status, lag, after] = steps("Lag grows") as [
      PageCommand,
      PageCommand,
      PageCommand,
      PageCommand
    ]
    const holder = new Client({ connectionString: hr.url })
    await holder.connect()
    await holder.query("begin; lock table hr.record in access exclusive mode")
    await take(2, 91)
    expect(await walk(check)).toBe(AS_PRINTED)
    expect(await walk(status)).toBe(AS_PRINTED)
    expect(await walk(lag)).toBe(AS_PRINTED)
    expect((await told("GradewireLagHigh")).severity).toBe("warning")
    await holder.query("rollback")
    await holder.end()
    await until(() => filed(2))
    expect(await walk(after)).toBe(AS_PRINTED)
    await told("GradewireLagHigh", "resolved")
  })

  it("the pod is dead (G1, G4)", async () => {
    const [status, offsets, after] = steps("Pod dead") as [PageCommand, PageCommand, PageCommand]
    await program.stop(running, "SIGKILL")
    await take(3, 70)
    expect(await walk(status)).toBe(AS_PRINTED)
    expect(await walk(offsets)).toBe(AS_PRINTED)
    run()
    await until(() => filed(3))
    expect(await walk(after)).toBe(AS_PRINTED)
  })

  it("NATS is down (G1, G5)", async () => {
    const [status, offsets, after] = steps("NATS down") as [PageCommand, PageCommand, PageCommand]
    await nats.kill()
    await take(4, 71)
    expect(await walk(status)).toBe(AS_PRINTED)
    expect(await walk(offsets)).toBe(AS_PRINTED)
    await told("GradewireDisconnected", "firing", "log")
    await nats.restart()
    await until(() => filed(4))
    expect(await walk(after)).toBe(AS_PRINTED)
    await told("GradewireDisconnected", "resolved", "log")
  })

  it("a row is poison (G3)", async () => {
    const [list, show, replay, execute] = steps("Poison row") as [
      PageCommand,
      PageCommand,
      PageCommand,
      PageCommand
    ]
    await take(5, 120)
    await score(6, 72)
    expect(await walk(list)).toBe(AS_PRINTED)
    await told("GradewireDeadLetters")
    const { rows } = await people.query("select position from gradewire.dead_letters")
    const { position } = rows[0] as { position: string }
    expect(
      await walk({ ...show, args: show.args.map((word) => (/^\d{4}-/.test(word) ? position : word)) })
    ).toBe(AS_PRINTED)
    await people.query(`alter table hr.record drop constraint record_points_check;
      alter table hr.record add check (points <= 150)`)
    expect(await walk(replay)).toBe(AS_PRINTED)
    expect(await walk(execute)).toBe(AS_PRINTED)
    await until(() => filed(5))
    await told("GradewireDeadLetters", "resolved")
  })

  it("a second instance is started by mistake (G6)", async () => {
    const [explain, status] = steps("Second instance started by mistake") as [PageCommand, PageCommand]
    const before = program.printed.length
    const second = program.start("run", "--config", CONFIG)
    await until(() => Promise.resolve(running.exitCode ?? second.exitCode ?? undefined))
    expect(program.printed.slice(before)).toMatch(/"tag":"(CaptureFenced|ApplyFenced|ServerIdTaken)"/)
    const [ended, alive] = running.exitCode === null ? [second, running] : [running, second]
    expect(ended.exitCode).toBe(1)
    running = alive
    expect(alerts.notices.map(({ alert }) => alert).join()).toMatch(/GradewireFenced|GradewireRoleNotRunning/)
    expect(await walk(explain)).toBe(AS_PRINTED)
    expect(await walk(status)).toBe(AS_PRINTED)
    await score(7, 73)
    const { rows } = await people.query(
      "select count(*)::int as n, count(distinct ref)::int as refs from hr.record"
    )
    expect(rows).toEqual([{ n: 7, refs: 7 }])
    expect(await program.stop(running)).toBe(0)
  })
})
