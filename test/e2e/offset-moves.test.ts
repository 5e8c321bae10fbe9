/** A DBA sends a connector to another place of the binlog and back, with the shipped program and real servers. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChildProcess } from "node:child_process"
import { createConnection, type Connection } from "mysql2/promise"
import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { MoveHistory, MoveView } from "../../src/cli/OffsetMoves.ts"
import type { PipelineStatus } from "../../src/cli/PipelineStatus.ts"
import { ShippedProgram, type Outcome } from "./ShippedProgram.ts"

const CASE_MILLIS = 240_000

/** The same HR database, whatever its kind. */
interface People {
  readonly yaml: string
  readonly sql: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
  readonly stop: () => Promise<void>
}

const TABLES = `create table hr.employee (no varchar(20) primary key, mobile varchar(20));
  create table hr.record (ref varchar(64) primary key, employee varchar(20) not null, points decimal(5,2));
  insert into hr.employee values ('E1', '13800000001')`

const postgresql = async (): Promise<People> => {
  const server = await startServer("postgresql")
  const client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`create schema hr; ${TABLES}`)
  const { pathname, username } = new URL(server.url)
  return {
    yaml: `{ kind: postgresql, host: ${server.host}, port: ${server.port}, database: ${pathname.slice(1)}, user: ${username} }`,
    sql: async (text) => (await client.query(text)).rows as ReadonlyArray<Record<string, unknown>>,
    stop: async () => {
      await client.end()
      await server.stop()
    }
  }
}

const mysql = async (): Promise<People> => {
  const server = await startServer("mysql")
  const client = await createConnection({ uri: server.url, multipleStatements: true })
  await client.query(`create database hr; ${TABLES}`)
  return {
    yaml: `{ kind: mysql, host: ${server.host}, port: ${server.port}, user: root }`,
    sql: async (text) => (await client.query(text))[0] as ReadonlyArray<Record<string, unknown>>,
    stop: async () => {
      client.destroy()
      await server.stop()
    }
  }
}

describe.each([
  ["from MySQL to PostgreSQL", "mysql", postgresql],
  ["from MariaDB to MySQL", "mariadb", mysql]
] as const)("moving the offsets %s", { timeout: CASE_MILLIS }, (_, kind, openPeople) => {
  let program: ShippedProgram
  let source: RunningServer
  let nats: RunningServer
  let people: People
  let lms: Connection
  let config: string
  let running: ChildProcess

  beforeAll(async () => {
    ;[program, source, nats, people] = await Promise.all([
      ShippedProgram.build(),
      startServer(kind),
      startServer("nats"),
      openPeople()
    ])
    lms = await createConnection({ uri: source.url, multipleStatements: true })
    await lms.query(
      "create database lms; create table lms.score (id int primary key, phone varchar(20), points decimal(5,2))"
    )
    config = join(program.folder, "connector.yaml")
    await writeFile(
      config,
      `version: 1
connector: moved
source: { host: ${source.host}, port: ${source.port}, user: root, timeZone: "+00:00" }
changeLog: { servers: ["${nats.url}"] }
target: ${people.yaml}
employees: { table: hr.employee, key: no, match: [{ learner: phone, employee: mobile }] }
tables:
  - table: lms.score
    as: score
    key: [id]
    fields: { phone: phone, raw: points }
    target: { table: hr.record, key: [ref], columns: { ref: resultId, employee: employee, points: score.raw } }
limits: { checkpointSeconds: 1 }
`
    )
  }, CASE_MILLIS)

  afterAll(async () => {
    lms?.destroy()
    await program?.discard()
    await Promise.all([source?.stop(), nats?.stop(), people?.stop()])
  })

  const run = () => {
    running = program.start("run", "--config", config, "--http", "off")
  }
  const until = <A>(look: () => Promise<A | undefined>) => program.until(look, running)
  const offsets = (...args: ReadonlyArray<string>): Promise<Outcome> =>
    program.run("offsets", ...args, "--config", config)
  const moved = async (...args: ReadonlyArray<string>): Promise<MoveView> => {
    const { err, out } = await offsets(...args, "-o", "json")
    if (out === "") throw new Error(err)
    return JSON.parse(out) as MoveView
  }
  const refused = async (...args: ReadonlyArray<string>) => {
    const { code, err } = await offsets(...args, "-o", "json")
    const { error } = JSON.parse(err) as { error: { tag: string; fix: string; details: object } }
    return { code, ...error }
  }
  const because = (reason: string) => ["--execute", "--reason", reason] as const
  const exam = (id: number, points: string) =>
    lms.query(`insert into lms.score values (${id}, '13800000001', ${points})`)
  const filed = (id: number, points?: string) => async (): Promise<true | undefined> => {
    const rows = await people.sql(`select points from hr.record where ref = 'lms.score:${id}'`)
    return rows[0] !== undefined && (points === undefined || String(rows[0]["points"]) === points)
      ? true
      : undefined
  }
  /** Rows of the profile and the guard, with the places of the changes that they come from. */
  const contents = async () => ({
    rows: await people.sql("select ref, employee, points from hr.record order by ref"),
    ledger: await people.sql(
      "select result_id, position, event_id, state from gradewire.result_ledger order by result_id"
    )
  })
  const position = async () =>
    String((await people.sql("select position from gradewire.apply_offset"))[0]!["position"])
  const statusOf = async () =>
    JSON.parse((await program.run("status", "--config", config, "-o", "json")).out) as PipelineStatus
  const pause = async () => {
    await program.run("pause", "--config", config, "--reason", "the DBA looks")
    await until(async () => {
      const { processes } = await statusOf()
      const states = (processes ?? []).flatMap(({ roles }) => roles.map(({ state }) => state))
      return states.every((state) => state === "paused") ? true : undefined
    })
  }
  const resume = () => program.run("resume", "--config", config)
  /** Until everything that the source has committed is applied. */
  const caughtUp = () =>
    until(async () => {
      const { bytesBehind, messagesBehind } = await statusOf()
      return bytesBehind === 0 && messagesBehind === 0 ? true : undefined
    })

  let yesterday: string
  let before: Awaited<ReturnType<typeof contents>>
  let stood: string

  it("is refused before anything has run, and without the schema (G3)", async () => {
    expect(await refused("reset", "--to-earliest")).toMatchObject({ code: 1, tag: "StoreMisconfigured" })
    expect(await offsets("history")).toMatchObject({ code: 1 })
    expect((await program.run("migrate", "--config", config)).code).toBe(0)
    expect(await refused("reset", "--to-earliest")).toMatchObject({ code: 1, tag: "OffsetsNone" })
    expect((await offsets("history")).out).toBe("The offsets of moved were never moved.\n")
  })

  it("shows what would come again, while the connector runs, and changes nothing (G2)", async () => {
    run()
    await until(async () => ((await statusOf()).log.lastSequence === null ? undefined : true))
    for (const id of [1, 2, 3]) await exam(id, "10.00")
    await until(filed(3))
    // The next whole second of the server's clock, so that MariaDB's commit times are on its right side too.
    await lms.query("select sleep(1.1)")
    const [[{ now }]] = (await lms.query(
      "select date_format(utc_timestamp(), '%Y-%m-%dT%H:%i:%sZ') as now"
    )) as unknown as [[{ now: string }]]
    yesterday = now
    for (const id of [4, 5]) await exam(id, "20.00")
    await lms.query("update lms.score set points = 11 where id = 1")
    await until(filed(1, "11.00"))
    await caughtUp()
    const plan = await moved("reset", "--to-datetime", yesterday)
    expect(plan).toMatchObject({
      kind: "reset",
      direction: "rewind",
      passage: { transactions: 3, events: 3, alreadyApplied: 3, notYetApplied: 0, notAppliedCount: 0 },
      refusals: [{ tag: "ConnectorActive" }],
      executed: false,
      historyId: null
    })
    const { out } = await offsets("reset", "--to-datetime", yesterday)
    expect(out).toMatch(
      /^CONNECTOR +CURRENT +NEW +DIRECTION +TRANSACTIONS +EVENTS +ALREADY_APPLIED +BINLOG_AVAILABLE/
    )
    expect(out).toMatch(/ rewind +3 +3 +3 \(no effect\) /)
    expect(out).toContain("Plan only, nothing was changed.")
    expect(await refused("reset", "--to-datetime", yesterday, ...because("x"))).toMatchObject({
      code: 1,
      tag: "ConnectorActive"
    })
    expect((await statusOf()).processes![0]!.roles.map(({ state }) => state)).toEqual(["running", "running"])
    expect((JSON.parse((await offsets("history", "-o", "json")).out) as MoveHistory).moves).toEqual([])
  })

  it("refuses what is no place, and names what to do (G3)", async () => {
    const { first, last } = {
      first: (await moved("reset", "--to-earliest")).new,
      last: await moved("reset", "--to-latest")
    }
    expect(first.logPosition).toBe(4)
    expect(last).toMatchObject({ direction: "none", passage: { events: 0 } })
    const none = [
      ["--to-gtid", "five"],
      ["--to-gtid", kind === "mysql" ? "3e11fa47-71ca-11e1-9e33-c80aa9429562:5" : "7-1-5"],
      ["--to-file-pos", "binlog.000099:4"],
      ["--to-file-pos", `${last.new.file}:${last.new.logPosition! - 1}`],
      ["--shift-by", "100"],
      ["--shift-by=-100"]
    ]
    for (const place of none) {
      expect(await refused("reset", ...place), place.join(" ")).toMatchObject({
        code: 1,
        tag: "PlaceNotFound"
      })
    }
    expect(await refused("restore", "99")).toMatchObject({ code: 1, tag: "MoveUnknown" })
    expect(await offsets("reset")).toMatchObject({ code: 2, out: "" })
    expect(await offsets("reset", "--to-latest", "--to-earliest")).toMatchObject({ code: 2, out: "" })
    expect(await offsets("reset", "--to-latest", "--execute")).toMatchObject({ code: 2, out: "" })
    expect(await offsets("reset", "--to-datetime", "2026-11-21 00:00:00")).toMatchObject({ code: 2 })
    const boundary = await moved("reset", "--shift-by=-2")
    const again = await moved("reset", "--to-file-pos", `${boundary.new.file}:${boundary.new.logPosition}`)
    expect(again).toMatchObject({ direction: "rewind", passage: { transactions: 2 } })
    const gtid = await moved("reset", "--to-gtid", boundary.new.gtid!)
    expect(gtid).toMatchObject({ direction: "rewind", passage: { transactions: 1 } })
    expect(await moved("reset", "--to-current")).toMatchObject({ direction: "none", passage: { events: 0 } })
  })

  it("rewinds, over a crash before the start, and what comes again changes nothing (G1, G2, G4)", async () => {
    await pause()
    before = await contents()
    stood = await position()
    const done = await moved("reset", "--to-datetime", yesterday, ...because("replay since yesterday"))
    expect(done).toMatchObject({ direction: "rewind", executed: true, historyId: 1, refusals: [] })
    expect(await position()).toBe(done.new.position)
    await program.stop(running, "SIGKILL")
    run()
    await exam(6, "30.00")
    await resume()
    await until(filed(6))
    await caughtUp()
    expect((await position()) > stood).toBe(true)
    const after = await contents()
    expect(after.rows.filter((row) => row["ref"] !== "lms.score:6")).toEqual(before.rows)
    expect(after.ledger.filter((row) => row["result_id"] !== "lms.score:6")).toEqual(before.ledger)
    const [lane] = await people.sql("select applied, stale, generation from gradewire.apply_offset")
    expect(Number(lane!["stale"])).toBe(3)
    expect(Number(lane!["generation"])).toBe(done.new.generation + 1)
  })

  it("the undo goes forward again, in the running process, and loses nothing (G1, G2)", async () => {
    await pause()
    before = await contents()
    const again = await moved("reset", "--to-earliest", ...because("too far"))
    expect(again).toMatchObject({ direction: "rewind", executed: true, historyId: 2 })
    const plan = await moved("restore", "2")
    expect(plan).toMatchObject({ kind: "restore", direction: "skip", refusals: [] })
    expect(plan.passage).toMatchObject({ notYetApplied: 0, notAppliedCount: 0 })
    expect(plan.passage!.events).toBeGreaterThan(5)
    const done = await moved("restore", "2", ...because("undo"))
    expect(done).toMatchObject({ executed: true, historyId: 3 })
    expect(done.new.position).toBe(again.current.position)
    await exam(7, "40.00")
    await resume()
    await until(filed(7))
    expect((await contents()).ledger.slice(0, before.ledger.length)).toEqual(before.ledger)
    const { moves } = JSON.parse((await offsets("history", "-o", "json")).out) as MoveHistory
    expect(moves.map(({ id, kind: what, reason }) => [id, what, reason])).toEqual([
      [3, "restore", "undo"],
      [2, "reset", "too far"],
      [1, "reset", "replay since yesterday"]
    ])
    expect((await offsets("history")).out).toMatch(/^ID +CHANGED_AT +KIND +OLD +NEW +BY +REASON\n 3 /)
  })

  it("a skip loses exactly what it lists, and only where that is said to be meant (G1)", async () => {
    await caughtUp()
    await pause()
    for (const id of [8, 9]) await exam(id, "50.00")
    const plan = await moved("reset", "--to-latest")
    expect(plan).toMatchObject({
      direction: "skip",
      passage: {
        events: 2,
        alreadyApplied: 0,
        notAppliedCount: 2,
        notApplied: ["lms.score:8", "lms.score:9"]
      },
      refusals: [{ tag: "DataLossRefused" }]
    })
    expect((await offsets("reset", "--to-latest")).out).toContain(
      "2 change events would never be applied, of 2 results:\n  lms.score:8\n  lms.score:9\n"
    )
    const stands = await position()
    expect(await refused("reset", "--to-latest", ...because("test import"))).toMatchObject({
      code: 1,
      tag: "DataLossRefused",
      details: { events: 2, results: 2 }
    })
    expect(await position()).toBe(stands)
    const done = await moved("reset", "--to-latest", ...because("test import"), "--accept-data-loss")
    expect(done).toMatchObject({ executed: true, historyId: 4 })
    await resume()
    await exam(10, "60.00")
    await until(filed(10))
    expect(await filed(7)()).toBe(true)
    expect([await filed(8)(), await filed(9)()]).toEqual([undefined, undefined])
    await caughtUp()
    await pause()
    const undone = await moved("restore", "4", ...because("it was none"))
    expect(undone).toMatchObject({ direction: "rewind", passage: { notYetApplied: 2 }, executed: true })
    await resume()
    await until(filed(8))
    await until(filed(9))
    await caughtUp()
    const source = (
      await lms.query("select concat('lms.score:', id) as ref, points from lms.score order by ref")
    )[0]
    const rows = (await contents()).rows.map(({ points, ref }) => ({ ref, points: String(points) }))
    expect(rows).toEqual(source)
  })

  it("a process that slept through it can neither publish nor apply (G6)", async () => {
    const sleeper = running
    sleeper.kill("SIGSTOP")
    await program.run("pause", "--config", config, "--reason", "it does not answer")
    const done = await moved("reset", "--to-datetime", yesterday, ...because("start over"))
    expect(done).toMatchObject({ executed: true })
    await resume()
    run()
    await exam(11, "70.00")
    await until(filed(11))
    before = await contents()
    sleeper.kill("SIGCONT")
    await program.until(async () => (sleeper.exitCode === null ? undefined : true))
    expect(program.printed).toMatch(/"tag":"(ApplyFenced|CaptureFenced)"/)
    await exam(12, "80.00")
    await until(filed(12))
    const after = await contents()
    expect(after.ledger.filter(({ result_id: id }) => id !== "lms.score:12")).toEqual(before.ledger)
    expect(await program.stop(running)).toBe(0)
  })
})
