/** What an operator sees and does, with the shipped program and real servers. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChildProcess } from "node:child_process"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freePort } from "../../deploy/servers/ports.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { PipelineStatus } from "../../src/cli/PipelineStatus.ts"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import { answered } from "../support/answer-schema.ts"
import { SpanReceiver } from "../support/SpanReceiver.ts"
import { operatorConfig } from "./operator-config.ts"
import { ShippedProgram } from "../support/ShippedProgram.ts"

const CASE_MILLIS = 180_000

let program: ShippedProgram
let source: RunningServer
let nats: RunningServer
let hr: RunningServer
let lms: Connection
let people: Client
let config: string
let port: number
let running: ChildProcess
let alerts: AlertReceiver
let collector: SpanReceiver

beforeAll(async () => {
  ;[program, source, nats, hr, port, alerts, collector] = await Promise.all([
    ShippedProgram.build(),
    startServer("mysql"),
    startServer("nats"),
    startServer("postgresql"),
    freePort(),
    AlertReceiver.open(),
    SpanReceiver.open()
  ])
  lms = await createConnection({ uri: source.url, multipleStatements: true })
  await lms.query(`create database lms;
    create table lms.score (id int primary key, phone varchar(20), points decimal(5,2));
    create table lms.elsewhere (id int primary key)`)
  people = new Client({ connectionString: hr.url })
  await people.connect()
  await people.query(`create schema hr;
    create table hr.employee (no text primary key, mobile text);
    create table hr.record (ref text primary key, employee text not null, points numeric(5,2));
    insert into hr.employee values ('E1', '13800000001')`)
  await writeFile(join(program.folder, "webhook-url"), `${alerts.url}\n`)
  await writeFile(join(program.folder, "collector-token"), "Bearer t0ken\n")
  config = join(program.folder, "connector.yaml")
  await writeFile(config, operatorConfig({ source, nats, hr, port, collector }))
}, CASE_MILLIS)

afterAll(async () => {
  alerts?.close()
  collector?.close()
  lms?.destroy()
  await people?.end().catch(() => undefined)
  await program?.discard()
  await Promise.all([source?.stop(), nats?.stop(), hr?.stop()])
})

const get = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`)
  return { status: response.status, body: await response.text() }
}
const metric = async (name: string): Promise<number | undefined> => {
  const line = (await get("/metrics")).body.split("\n").find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}
const until = <A>(look: () => Promise<A | undefined>) => program.until(look, running)
const run = () => {
  running = program.start("run", "--config", config)
}
const statusOf = async (): Promise<PipelineStatus> =>
  answered("status", (await program.run("status", "--config", config, "-o", "json")).out) as PipelineStatus
const filed = async (id: number): Promise<true | undefined> => {
  const { rowCount } = await people.query("select from hr.record where ref = $1", [`lms.score:${id}`])
  return rowCount === 1 ? true : undefined
}

describe("an operator", { timeout: CASE_MILLIS }, () => {
  it("sees what can be reached before anything has run, and unknown for the rest (G1)", async () => {
    const { code, out } = await program.run("status", "--config", config)
    expect(code).toBe(0)
    expect(out).toMatch(/^ops {3}lag unknown, heartbeat unknown ago {3}held unknown/)
    expect(out).toContain("LogMissing: there is no stream GRADEWIRE_OPS yet")
    expect(out).toContain("no running process answers")
    const status = await statusOf()
    expect(status.source.position).toBeGreaterThan(0)
    expect(status).toMatchObject({ bytesBehind: null, messagesBehind: null, processes: [], controls: null })
  })

  it("tries who is told when something is wrong (G3)", async () => {
    const { code, out } = await program.run("alerts", "test", "--config", config)
    expect({ code, out }).toEqual({ code: 0, out: "WEBHOOK  DELIVERED  ANSWER\nops      yes        taken\n" })
    expect(alerts.find("GradewireTest", "test")).toMatchObject({ connector: "ops", severity: "warning" })
    const explained = await program.run("explain", "GradewireTest")
    expect(explained.out).toContain("Nothing is wrong.")
  })

  it("finds a healthy process, its counts and its true lag (G1)", async () => {
    run()
    await until(async () => ((await get("/readyz")).status === 200 ? true : undefined))
    await lms.query("replace into lms.score values (1, '13800000001', 88.5), (2, '13900000002', 70)")
    await until(() => filed(1))
    const lag = await until(async () => {
      const seconds = await metric('gradewire_lag_seconds{stage="apply"}')
      return seconds !== undefined && seconds < 10 ? seconds : undefined
    })
    expect(lag).toBeGreaterThanOrEqual(0)
    expect(await metric('gradewire_events_total{stage="apply"}')).toBeGreaterThanOrEqual(2)
    expect(await metric('gradewire_results_total{outcome="held"}')).toBe(1)
    for (const system of ["source", "log", "hr"]) {
      expect(await metric(`gradewire_connected{system="${system}"}`)).toBe(1)
    }
    await until(async () => ((await metric("gradewire_held_results")) === 1 ? true : undefined))
    const { rows: mappings } = await people.query("select hash, starts from gradewire.mapping_versions")
    expect(mappings).toEqual([{ hash: expect.stringMatching(/^[0-9a-f]{64}$/), starts: "1" }])
    const { body } = await get("/readyz?verbose")
    expect(body).toMatch(/^\[\+\] capture: running for /m)
    expect(body).toMatch(/^\[\+\] lag apply: \d+\.\d+s$/m)
  })

  it("finds a span for each batch at the collector, and nobody's value in it (G9)", async () => {
    const valuesOf = (name: string) =>
      collector.spans
        .filter((span) => span.name === name)
        .map(({ attributes }) => new Map(attributes.map(({ key, value }) => [key, Object.values(value)[0]])))
    const [captured] = await until(async () => {
      const found = valuesOf("capture messages").filter((span) => Number(span.get("gradewire.events")) > 0)
      return found.length > 0 ? found : undefined
    })
    expect(Number(captured!.get("gradewire.bytes"))).toBeGreaterThan(100)
    const applied = await until(async () => {
      const found = valuesOf("apply batch")
      const results = found.reduce((sum, span) => sum + Number(span.get("gradewire.results") ?? 0), 0)
      return results >= 2 ? found : undefined
    })
    expect(applied.reduce((sum, span) => sum + Number(span.get("gradewire.held") ?? 0), 0)).toBe(1)
    expect(collector.path).toBe("/v1/traces")
    expect(collector.headers.authorization).toBe("Bearer t0ken")
    const text = JSON.stringify(collector.exports)
    expect(text).toContain('"gradewire.connector"')
    expect(text).not.toMatch(/1380000000|1390000000|88\.5|lms\.score:/)
  })

  it("sees a heartbeat travel the whole way while nothing changes (G1)", async () => {
    const until1 = async () =>
      (await people.query("select applied_until from gradewire.lag")).rows[0] as
        | { applied_until: Date }
        | undefined
    const before = (await until(until1)).applied_until.getTime()
    // An idle MySQL speaks up every ten seconds.
    const after = await until(async () => {
      const now = (await until1())!.applied_until.getTime()
      return now - before > 9_000 ? now : undefined
    })
    expect(Math.abs(Date.now() - after)).toBeLessThan(60_000)
    expect(await metric('gradewire_heartbeat_age_seconds{stage="apply"}')).toBeLessThan(30)
  })

  it("pauses apply, over a restart, and resumes it without loss (G1, G4)", async () => {
    const paused = await program.run(
      "pause",
      "apply",
      "--config",
      config,
      "--reason",
      "upgrade of the HR database"
    )
    expect(paused).toMatchObject({ code: 0, err: "" })
    expect(paused.out).toMatch(/^ops apply: paused since .*: upgrade of the HR database$/m)
    const isPaused = async () =>
      /^\[\+\] apply: paused for .* upgrade of the HR database/m.test((await get("/readyz?verbose")).body)
        ? true
        : undefined
    await until(isPaused)
    await lms.query("replace into lms.score values (3, '13800000001', 91)")
    expect(await program.stop(running)).toBe(0)
    run()
    await until(isPaused)
    expect((await get("/readyz")).status).toBe(200)
    expect(await filed(3)).toBeUndefined()
    const status = await statusOf()
    expect(status.controls).toMatchObject([
      { role: "apply", paused: true, reason: "upgrade of the HR database" }
    ])
    const [process] = status.processes!
    expect(process!.roles.map(({ role, state }) => `${role} ${state}`)).toContain("apply paused")
    await until(async () => ((await statusOf()).messagesBehind! > 0 ? true : undefined))
    expect((await program.run("resume", "apply", "--config", config)).code).toBe(0)
    await until(() => filed(3))
  })

  it("pauses capture alone: nothing new comes, what is in the log is applied (G1)", async () => {
    await program.run("pause", "capture", "--config", config, "--reason", "x")
    await until(async () => ((await metric('gradewire_up{role="capture"}')) === 0 ? true : undefined))
    await lms.query("replace into lms.score values (4, '13800000001', 92)")
    expect(await metric('gradewire_up{role="apply"}')).toBe(1)
    // What capture said last may still be on its way; a new writer's first checkpoint says nothing new.
    await until(async () => {
      const { bytesBehind, messagesBehind } = await statusOf()
      return (bytesBehind ?? 0) > 0 && messagesBehind === 0 ? true : undefined
    })
    expect(await filed(4)).toBeUndefined()
    await program.run("resume", "--config", config)
    await until(() => filed(4))
  })

  it("goes no faster than it is told, over a restart, and as it can afterwards (G1, G8)", async () => {
    const slow = await program.run("throttle", "apply", "--events-per-second", "1", "--config", config)
    expect(slow.out).toContain("ops apply: may run, at most 1 events/s since")
    await until(async () =>
      (await program.run("status", "--config", config)).out.includes("running, at most 1 events/s")
        ? true
        : undefined
    )
    expect(await program.stop(running)).toBe(0)
    const rows = Array.from({ length: 300 }, (_, i) => `(${100 + i}, '13800000001', 50)`)
    await lms.query(`insert into lms.score values ${rows.join(", ")}`)
    run()
    // A message is filed whole; the next one has to wait for five minutes.
    await until(() => filed(100))
    await lms.query("insert into lms.score values (500, '13800000001', 51)")
    await until(async () => ((await statusOf()).messagesBehind! > 0 ? true : undefined))
    expect(await filed(500)).toBeUndefined()
    const off = await program.run("throttle", "--events-per-second", "off", "--config", config)
    expect(off.out).not.toContain("at most")
    await until(() => filed(500))
  })

  it("tells people and Nagios how late scores are (G1)", async () => {
    const now = await until(async () => {
      const { code, out } = await program.run(
        "check",
        "lag",
        "--config",
        config,
        "--warning",
        "10m",
        "--critical",
        "1h"
      )
      return code === 0 ? out : undefined
    })
    expect(now).toMatch(/^GRADEWIRE OK - ops: lag \S+, heartbeat \S+ ago \| lag=\d+\.\d{3}s;600;3600;0 /)
    const tight = await program.run("check", "lag", "--config", config, "--warning", "0s", "--critical", "1h")
    expect(tight.code).toBe(1)
    const once = await program.run("lag", "--config", config)
    expect(once.out).toMatch(
      /^ops {2}lag \S+s {2}heartbeat \S+ ago {2}read \d+\.\d\ds {2}publish \d+\.\d\ds {2}apply \d+\.\d\ds {2}held 1 {2}dead 0$/m
    )
    const sample = await program.run("lag", "--config", config, "-o", "json")
    expect(answered("lag", sample.out)).toMatchObject({ connector: "ops", held: 1 })
    for (const queue of ["held", "deadletters"] as const) {
      const { out } = await program.run(queue, "list", "--config", config, "-o", "json")
      const list = answered(queue === "held" ? "held-list" : "deadletter-list", out)
      expect(list).toMatchObject(queue === "held" ? [{ reason: "ABSENT", state: "waiting" }] : [])
    }
    const before = program.printed.length
    const monitor = program.start("lag", "--monitor", "--config", config)
    const line = /^ *\d+\.\d\ds \[ *\d+\.\d\ds, +\d+\.\d\ds, +\d+\.\d\ds \] {2}read /gm
    await program.until(() =>
      Promise.resolve((program.printed.slice(before).match(line) ?? []).length >= 2 ? true : undefined)
    )
    await program.stop(monitor, "SIGINT")
  })

  it("sees a second instance that was started by mistake (G6)", async () => {
    // Paused, neither of the two throws the other out meanwhile.
    await program.run("pause", "--config", config, "--reason", "who is there?")
    const second = program.start("run", "--config", config, "--http", "off")
    const holders = await until(async () => {
      const { processes } = await statusOf()
      return processes !== null && processes.length === 2 ? processes : undefined
    })
    expect(new Set(holders.map(({ holder }) => holder)).size).toBe(2)
    expect(await program.stop(second)).toBe(0)
    await program.run("resume", "--config", config)
    await until(async () => ((await metric('gradewire_up{role="apply"}')) === 1 ? true : undefined))
  })

  it("is told that the port is taken (G3)", async () => {
    const { code, err } = await program.run("run", "--config", config)
    expect(code).toBe(1)
    expect(err).toContain('"tag":"HttpUnavailable"')
    expect(err).toContain("EADDRINUSE")
  })

  it("gets an answer while the HR database is gone, never a zero (G1)", async () => {
    await people.end()
    await hr.stop()
    await until(async () => ((await metric('gradewire_connected{system="hr"}')) === 0 ? true : undefined))
    for (const path of ["/livez", "/readyz", "/startupz"]) expect((await get(path)).status).toBe(200)
    const status = await statusOf()
    expect(status.hr).toMatchObject({ lagSeconds: null, held: null, deadLetters: null })
    expect(status.hr.trouble).toMatchObject({ tag: "StoreUnavailable" })
    expect(status.log.lastSequence).toBeGreaterThan(0)
    const check = await program.run("check", "lag", "--config", config)
    expect(check.code).toBe(3)
    expect(check.out).toMatch(
      /^GRADEWIRE UNKNOWN - ops: .* \| lag=U;30;300;0 heartbeat_age=U;;;0 held=U;;;0 dead_letters=U;;;0$/m
    )
    const told = await until(() => Promise.resolve(alerts.find("GradewireDisconnected", "firing", "hr")))
    expect(told.text).toBe("the HR database does not answer.")
    const lags = await until(async () => {
      const seconds = await metric('gradewire_lag_seconds{stage="apply"}')
      return seconds !== undefined && seconds > 3 ? seconds : undefined
    })
    expect(lags).toBeGreaterThan(3)
    expect(await program.stop(running)).toBe(0)
    expect(program.printed).toContain('"message":"alert sent"')
    expect(program.printed).not.toContain("t0ken")
  })
})
