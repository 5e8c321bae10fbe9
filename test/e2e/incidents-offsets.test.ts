/** The incidents of docs/incidents.md that a move, a copy or a replay answers: staged for real, walked with the page's own commands. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { incident, missingFrom, type PageCommand } from "../support/incident-page.ts"
import { DbaWorld, postgresql } from "./DbaWorld.ts"

const CASE_MILLIS = 300_000
const ATTEMPTS = 60
/** What the page calls yesterday. */
const YESTERDAY = "2026-11-21T00:00:00+08:00"

let world: DbaWorld
let moment = YESTERDAY

beforeAll(async () => {
  world = await DbaWorld.open("mysql", postgresql)
  world.run()
  for (const id of [1, 2, 3]) await world.exam(id, "10.00")
  await world.until(world.filed(3))
  moment = await world.moment()
  for (const id of [4, 5]) await world.exam(id, "20.00")
  await world.until(world.filed(5))
  await world.caughtUp()
}, CASE_MILLIS)
afterAll(() => world?.close())

/** Runs a command of the page until it prints what the page says; what it lacked at last is in the failure. */
const walk = async ({ args, lines }: PageCommand): Promise<void> => {
  const given = args.map((word) => (word === YESTERDAY ? moment : word))
  const isOnce = args.includes("--execute")
  let last = ""
  let missing = lines
  for (
    let attempt = 0;
    attempt < (isOnce ? 1 : ATTEMPTS) && (attempt === 0 || missing.length > 0);
    attempt++
  ) {
    const { err, out } = await world.program.run(...given)
    last = `${out}${err}`
    missing = missingFrom(last, lines)
  }
  if (process.env["SHOW"] !== undefined) process.stdout.write(`$ gradewire ${args.join(" ")}\n${last}\n`)
  expect({ command: args.join(" "), missing, last }).toMatchObject({ missing: [] })
}

const steps = (title: string): ReadonlyArray<PageCommand> => {
  const found = incident(title)
  expect(found.length).toBeGreaterThan(1)
  return found
}

const rows = async (): Promise<ReadonlyArray<string>> =>
  (await world.contents()).rows.map(({ points, ref }) => `${String(ref)} ${String(points)}`)

describe("docs/incidents.md, when", { timeout: CASE_MILLIS }, () => {
  it("there is need to replay since yesterday (G2)", async () => {
    const before = await world.contents()
    const [plan, pause, ...rest] = steps("Need to replay since yesterday")
    await walk(plan!)
    await walk(pause!)
    await world.untilPaused()
    for (const step of rest) await walk(step)
    await world.caughtUp()
    expect(await world.contents()).toEqual(before)
  })

  it("that is to be undone (G1, G2)", async () => {
    const before = await world.contents()
    await world.pause()
    await world.moved("reset", "--to-earliest", "--execute", "--reason", "replay since yesterday")
    for (const step of steps("Undo that")) await walk(step)
    await world.exam(6, "30.00")
    await world.until(world.filed(6))
    expect((await world.contents()).ledger.slice(0, before.ledger.length)).toEqual(before.ledger)
  })

  it("a wrong mapping was deployed (G2)", async () => {
    const before = await rows()
    await world.caughtUp()
    expect(await world.program.stop(world.running)).toBe(0)
    await world.configure("raw: attempts")
    world.run()
    await world.exam(7, "40.00")
    await world.until(world.filed(7, "1.00"))
    expect(await world.program.stop(world.running)).toBe(0)
    await world.configure("raw: points")
    world.run()
    for (const step of steps("Wrong mapping deployed")) await walk(step)
    await world.until(world.filed(7, "40.00"))
    expect(await rows()).toEqual([...before, "lms.score:7 40.00"])
  })

  it("the binlog is about to be purged (G1)", async () => {
    const [show, check, resume, after] = steps("Binlog about to be purged")
    await world.program.run("pause", "apply", "--config", world.config, "--reason", "upgrade")
    await world.lms.query("set global binlog_expire_logs_seconds = 5400")
    await world.exam(8, "50.00")
    await walk(show!)
    await walk(check!)
    await world.lms.query("set persist binlog_expire_logs_seconds = 604800")
    await walk(resume!)
    await walk(after!)
    expect(await world.until(world.filed(8))).toBe(true)
  })

  it("the HR database was restored from a backup (G4)", async () => {
    const [before, after] = steps("HR restored from a backup")
    await world.caughtUp()
    expect(await world.program.stop(world.running)).toBe(0)
    const tables = ["hr.record", "gradewire.apply_offset", "gradewire.result_ledger"]
    for (const table of tables)
      await world.people.sql(`create table hr."backup ${table}" as select * from ${table}`)
    world.run()
    for (const id of [9, 10]) await world.exam(id, "60.00")
    await world.until(world.filed(10))
    expect(await world.program.stop(world.running)).toBe(0)
    const lost = await rows()
    for (const table of tables) {
      await world.people.sql(`delete from ${table}; insert into ${table} select * from hr."backup ${table}"`)
    }
    await walk(before!)
    world.run()
    await walk(after!)
    await world.until(world.filed(10))
    expect(await rows()).toEqual(lost)
  })
})
