/** A DBA sends a connector to another place of the binlog and back, with the shipped program and real servers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { MoveHistory } from "../../src/cli/OffsetMoves.ts"
import { answered } from "../support/answer-schema.ts"
import { DbaWorld, mysql, postgresql, type Contents } from "./DbaWorld.ts"

const CASE_MILLIS = 240_000

const because = (reason: string) => ["--execute", "--reason", reason] as const

describe.each([
  ["from MySQL to PostgreSQL", "mysql", postgresql],
  ["from MariaDB to MySQL", "mariadb", mysql]
] as const)("moving the offsets %s", { timeout: CASE_MILLIS }, (_, kind, openPeople) => {
  let world: DbaWorld
  beforeAll(async () => {
    world = await DbaWorld.open(kind, openPeople)
  }, CASE_MILLIS)
  afterAll(() => world?.close())

  const recorded = async () =>
    answered("offset-history", (await world.offsets("history", "-o", "json")).out) as MoveHistory

  let yesterday: string
  let before: Contents
  let stood: string

  it("is refused before anything has run, and without the schema (G3)", async () => {
    expect(await world.refused("reset", "--to-earliest")).toMatchObject({
      code: 1,
      tag: "StoreMisconfigured"
    })
    expect(await world.offsets("history")).toMatchObject({ code: 1 })
    expect((await world.program.run("migrate", "--config", world.config)).code).toBe(0)
    expect(await world.refused("reset", "--to-earliest")).toMatchObject({ code: 1, tag: "OffsetsNone" })
    expect((await world.offsets("history")).out).toBe("The offsets of lms-hr were never moved.\n")
  })

  it("shows what would come again, while the connector runs, and changes nothing (G2)", async () => {
    world.run()
    await world.until(async () => ((await world.status()).log.lastSequence === null ? undefined : true))
    for (const id of [1, 2, 3]) await world.exam(id, "10.00")
    await world.until(world.filed(3))
    yesterday = await world.moment()
    for (const id of [4, 5]) await world.exam(id, "20.00")
    await world.lms.query("update lms.score set points = 11 where id = 1")
    await world.until(world.filed(1, "11.00"))
    await world.caughtUp()
    const plan = await world.moved("reset", "--to-datetime", yesterday)
    expect(plan).toMatchObject({
      kind: "reset",
      direction: "rewind",
      passage: { transactions: 3, events: 3, alreadyApplied: 3, notYetApplied: 0, notAppliedCount: 0 },
      refusals: [{ tag: "ConnectorActive" }],
      executed: false,
      historyId: null
    })
    const { out } = await world.offsets("reset", "--to-datetime", yesterday)
    expect(out).toMatch(
      /^CONNECTOR +CURRENT +NEW +DIRECTION +TRANSACTIONS +EVENTS +ALREADY_APPLIED +BINLOG_AVAILABLE/
    )
    expect(out).toMatch(/ rewind +3 +3 +3 \(no effect\) /)
    expect(out).toContain("Plan only, nothing was changed.")
    expect(await world.refused("reset", "--to-datetime", yesterday, ...because("x"))).toMatchObject({
      code: 1,
      tag: "ConnectorActive"
    })
    expect((await world.status()).processes![0]!.roles.map(({ state }) => state)).toEqual([
      "running",
      "running"
    ])
    expect((await recorded()).moves).toEqual([])
  })

  it("refuses what is no place, and names what to do (G3)", async () => {
    const { first, last } = {
      first: (await world.moved("reset", "--to-earliest")).new,
      last: await world.moved("reset", "--to-latest")
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
      expect({ place, ...(await world.refused("reset", ...place)) }).toMatchObject({
        code: 1,
        tag: "PlaceNotFound"
      })
    }
    expect(await world.refused("restore", "99")).toMatchObject({ code: 1, tag: "MoveUnknown" })
    expect(await world.offsets("reset")).toMatchObject({ code: 2, out: "" })
    expect(await world.offsets("reset", "--to-latest", "--to-earliest")).toMatchObject({ code: 2, out: "" })
    expect(await world.offsets("reset", "--to-latest", "--execute")).toMatchObject({ code: 2, out: "" })
    expect(await world.offsets("reset", "--to-datetime", "2026-11-21 00:00:00")).toMatchObject({ code: 2 })
    const boundary = await world.moved("reset", "--shift-by=-2")
    const again = await world.moved(
      "reset",
      "--to-file-pos",
      `${boundary.new.file}:${boundary.new.logPosition}`
    )
    expect(again).toMatchObject({ direction: "rewind", passage: { transactions: 2 } })
    const gtid = await world.moved("reset", "--to-gtid", boundary.new.gtid!)
    expect(gtid).toMatchObject({ direction: "rewind", passage: { transactions: 1 } })
    expect(await world.moved("reset", "--to-current")).toMatchObject({
      direction: "none",
      passage: { events: 0 }
    })
  })

  it("rewinds, over a crash before the start, and what comes again changes nothing (G1, G2, G4)", async () => {
    await world.pause()
    before = await world.contents()
    stood = await world.position()
    const done = await world.moved("reset", "--to-datetime", yesterday, ...because("replay since yesterday"))
    expect(done).toMatchObject({ direction: "rewind", executed: true, historyId: 1, refusals: [] })
    expect(await world.position()).toBe(done.new.position)
    await world.program.stop(world.running, "SIGKILL")
    world.run()
    await world.exam(6, "30.00")
    await world.resume()
    await world.until(world.filed(6))
    await world.caughtUp()
    expect((await world.position()) > stood).toBe(true)
    const after = await world.contents()
    expect(after.rows.filter((row) => row["ref"] !== "lms.score:6")).toEqual(before.rows)
    expect(after.ledger.filter((row) => row["result_id"] !== "lms.score:6")).toEqual(before.ledger)
    const [lane] = await world.people.sql("select applied, stale, generation from gradewire.apply_offset")
    expect(Number(lane!["stale"])).toBe(3)
    expect(Number(lane!["generation"])).toBe(done.new.generation + 1)
  })

  it("the undo goes forward again, in the running process, and loses nothing (G1, G2)", async () => {
    await world.pause()
    before = await world.contents()
    const again = await world.moved("reset", "--to-earliest", ...because("too far"))
    expect(again).toMatchObject({ direction: "rewind", executed: true, historyId: 2 })
    const plan = await world.moved("restore", "2")
    expect(plan).toMatchObject({ kind: "restore", direction: "skip", refusals: [] })
    expect(plan.passage).toMatchObject({ notYetApplied: 0, notAppliedCount: 0 })
    expect(plan.passage!.events).toBeGreaterThan(5)
    const done = await world.moved("restore", "2", ...because("undo"))
    expect(done).toMatchObject({ executed: true, historyId: 3 })
    expect(done.new.position).toBe(again.current.position)
    await world.exam(7, "40.00")
    await world.resume()
    await world.until(world.filed(7))
    expect((await world.contents()).ledger.slice(0, before.ledger.length)).toEqual(before.ledger)
    const { moves } = await recorded()
    expect(moves.map(({ id, kind: what, reason }) => [id, what, reason])).toEqual([
      [3, "restore", "undo"],
      [2, "reset", "too far"],
      [1, "reset", "replay since yesterday"]
    ])
    expect((await world.offsets("history")).out).toMatch(/^ID +CHANGED_AT +KIND +OLD +NEW +BY +REASON\n 3 /)
  })

  it("a skip loses exactly what it lists, and only where that is said to be meant (G1)", async () => {
    await world.caughtUp()
    await world.pause()
    for (const id of [8, 9]) await world.exam(id, "50.00")
    const plan = await world.moved("reset", "--to-latest")
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
    expect((await world.offsets("reset", "--to-latest")).out).toContain(
      "2 change events would never be applied, of 2 results:\n  lms.score:8\n  lms.score:9\n"
    )
    const stands = await world.position()
    expect(await world.refused("reset", "--to-latest", ...because("test import"))).toMatchObject({
      code: 1,
      tag: "DataLossRefused",
      details: { events: 2, results: 2 }
    })
    expect(await world.position()).toBe(stands)
    const done = await world.moved("reset", "--to-latest", ...because("test import"), "--accept-data-loss")
    expect(done).toMatchObject({ executed: true, historyId: 4 })
    await world.resume()
    await world.exam(10, "60.00")
    await world.until(world.filed(10))
    expect(await world.filed(7)()).toBe(true)
    expect([await world.filed(8)(), await world.filed(9)()]).toEqual([undefined, undefined])
    await world.caughtUp()
    await world.pause()
    const undone = await world.moved("restore", "4", ...because("it was none"))
    expect(undone).toMatchObject({ direction: "rewind", passage: { notYetApplied: 2 }, executed: true })
    await world.resume()
    await world.until(world.filed(8))
    await world.until(world.filed(9))
    await world.caughtUp()
    const source = (
      await world.lms.query("select concat('lms.score:', id) as ref, points from lms.score order by ref")
    )[0]
    const rows = (await world.contents()).rows.map(({ points, ref }) => ({ ref, points: String(points) }))
    expect(rows).toEqual(source)
  })

  it("a process that slept through it can neither publish nor apply (G6)", async () => {
    const sleeper = world.running
    sleeper.kill("SIGSTOP")
    await world.program.run("pause", "--config", world.config, "--reason", "it does not answer")
    const done = await world.moved("reset", "--to-datetime", yesterday, ...because("start over"))
    expect(done).toMatchObject({ executed: true })
    await world.resume()
    world.run()
    await world.exam(11, "70.00")
    await world.until(world.filed(11))
    before = await world.contents()
    sleeper.kill("SIGCONT")
    await world.program.until(async () => (sleeper.exitCode === null ? undefined : true))
    expect(world.program.printed).toMatch(/"tag":"(ApplyFenced|CaptureFenced)"/)
    await world.exam(12, "80.00")
    await world.until(world.filed(12))
    const after = await world.contents()
    expect(after.ledger.filter(({ result_id: id }) => id !== "lms.score:12")).toEqual(before.ledger)
    expect(await world.program.stop(world.running)).toBe(0)
  })
})
