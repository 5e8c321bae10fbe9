/** The incidents of docs/incidents.md that befall a running connector: staged for real, walked with the page's own commands. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import { incident, missingFrom, type PageCommand } from "../support/incident-page.ts"
import { DbaWorld, postgresql } from "./DbaWorld.ts"

const CASE_MILLIS = 300_000

let world: DbaWorld
let alerts: AlertReceiver

/** Each takes half a second or more; the slowest thing to wait for is a lag of half a minute. */
const ATTEMPTS = 60
const AS_PRINTED = "as the page says"

beforeAll(async () => {
  ;[world, alerts] = await Promise.all([DbaWorld.open("mysql", postgresql), AlertReceiver.open()])
  await world.people.sql("alter table hr.record add check (points <= 100)")
  await writeFile(join(world.program.folder, "webhook-url"), alerts.url)
  await world.configure(
    "raw: points",
    `alerts:
  webhooks: [{ name: ops, kind: json, url: { file: webhook-url } }]
  rules: { GradewireLagHigh: { forSeconds: 1 }, GradewireDeadLetters: { forSeconds: 1 }, GradewireDisconnected: { forSeconds: 1 } }
`
  )
  world.run()
  await score(1, 88)
}, CASE_MILLIS)

afterAll(async () => {
  alerts?.close()
  await world?.close()
})

const score = async (id: number, points: number) => {
  await world.exam(id, String(points))
  await until(world.filed(id))
}
/** Whichever process is meant to end, waiting goes on. */
const until = <A>(look: () => Promise<A | undefined>) => world.program.until(look)
const told = (alert: string, state: "firing" | "resolved" = "firing", subject = "") =>
  until(() => Promise.resolve(alerts.find(alert, state, subject)))

/** Runs a command of the page until it prints what the page says; what it lacked at last is in the failure. */
const walk = async ({ args, lines }: PageCommand): Promise<string> => {
  let last = ""
  let missing = lines
  for (let attempt = 0; attempt < ATTEMPTS && (attempt === 0 || missing.length > 0); attempt++) {
    const { err, out } = await world.program.run(...args)
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
    await world.people.sql("begin; lock table hr.record in access exclusive mode")
    await world.exam(2, "91")
    expect(await walk(check)).toBe(AS_PRINTED)
    expect(await walk(status)).toBe(AS_PRINTED)
    expect(await walk(lag)).toBe(AS_PRINTED)
    expect((await told("GradewireLagHigh")).severity).toBe("warning")
    await world.people.sql("rollback")
    await until(world.filed(2))
    expect(await walk(after)).toBe(AS_PRINTED)
    await told("GradewireLagHigh", "resolved")
  })

  it("the pod is dead (G1, G4)", async () => {
    const [status, offsets, after] = steps("Pod dead") as [PageCommand, PageCommand, PageCommand]
    await world.program.stop(world.running, "SIGKILL")
    await world.exam(3, "70")
    expect(await walk(status)).toBe(AS_PRINTED)
    expect(await walk(offsets)).toBe(AS_PRINTED)
    world.run()
    await until(world.filed(3))
    expect(await walk(after)).toBe(AS_PRINTED)
  })

  it("NATS is down (G1, G5)", async () => {
    const [status, offsets, after] = steps("NATS down") as [PageCommand, PageCommand, PageCommand]
    await world.nats.kill()
    await world.exam(4, "71")
    expect(await walk(status)).toBe(AS_PRINTED)
    expect(await walk(offsets)).toBe(AS_PRINTED)
    await told("GradewireDisconnected", "firing", "log")
    await world.nats.restart()
    await until(world.filed(4))
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
    await world.exam(5, "120")
    await score(6, 72)
    expect(await walk(list)).toBe(AS_PRINTED)
    await told("GradewireDeadLetters")
    const rows = await world.people.sql("select position from gradewire.dead_letters")
    const position = String(rows[0]!["position"])
    expect(
      await walk({ ...show, args: show.args.map((word) => (/^\d{4}-/.test(word) ? position : word)) })
    ).toBe(AS_PRINTED)
    await world.people.sql(`alter table hr.record drop constraint record_points_check;
      alter table hr.record add check (points <= 150)`)
    expect(await walk(replay)).toBe(AS_PRINTED)
    expect(await walk(execute)).toBe(AS_PRINTED)
    await until(world.filed(5))
    await told("GradewireDeadLetters", "resolved")
  })

  it("a second instance is started by mistake (G6)", async () => {
    const [explain, status] = steps("Second instance started by mistake") as [PageCommand, PageCommand]
    const { program, running } = world
    const before = program.printed.length
    const second = program.start("run", "--config", world.config, "--http", "off")
    await until(() => Promise.resolve(running.exitCode ?? second.exitCode ?? undefined))
    expect(program.printed.slice(before)).toMatch(/"tag":"(CaptureFenced|ApplyFenced|ServerIdTaken)"/)
    const [ended, alive] = running.exitCode === null ? [second, running] : [running, second]
    expect(ended.exitCode).toBe(1)
    world.running = alive
    expect(alerts.notices.map(({ alert }) => alert).join()).toMatch(/GradewireFenced|GradewireRoleNotRunning/)
    expect(await walk(explain)).toBe(AS_PRINTED)
    expect(await walk(status)).toBe(AS_PRINTED)
    await score(7, 73)
    const sums = "select count(*)::int as n, count(distinct ref)::int as refs from hr.record"
    expect(await world.people.sql(sums)).toEqual([{ n: 7, refs: 7 }])
    expect(await world.program.stop(world.running)).toBe(0)
  })
})
