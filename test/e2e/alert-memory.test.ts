/** What people were told of an alert outlives the process that told it: killed at the worst moments, on both kinds of HR database. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import { DbaWorld, mysql, postgresql } from "./DbaWorld.ts"

const CASE_MILLIS = 300_000
const HELD = "GradewireHeldTooLong"

describe.each([
  ["postgresql", postgresql],
  ["mysql", mysql]
] as const)("an alert over restarts, with the HR database on %s", { timeout: CASE_MILLIS }, (_, people) => {
  let world: DbaWorld
  let alerts: AlertReceiver
  let onCall: AlertReceiver

  beforeAll(async () => {
    ;[world, alerts, onCall] = await Promise.all([
      DbaWorld.open("mysql", people),
      AlertReceiver.open(),
      AlertReceiver.open()
    ])
    await writeFile(join(world.program.folder, "webhook-url"), alerts.url)
    await writeFile(join(world.program.folder, "on-call-url"), onCall.url)
    await world.configure(
      "raw: points",
      `alerts:
  webhooks:
    - { name: ops, kind: json, url: { file: webhook-url } }
    - { name: on-call, kind: json, url: { file: on-call-url } }
  rules: { ${HELD}: { threshold: 0, forSeconds: 1 }, GradewirePausedLong: { forSeconds: 1 } }
`
    )
  }, CASE_MILLIS)
  afterAll(async () => {
    alerts?.close()
    onCall?.close()
    await world?.close()
  })

  const told = (alert: string, state: "firing" | "resolved", subject = "") =>
    world.until(() => Promise.resolve(alerts.find(alert, state, subject)))
  const stored = (alert: string) =>
    world.until(async () => {
      const rows = await world.people.sql(
        `select subject, text from gradewire.alerts where alert = '${alert}' and told_at is not null`
      )
      return rows[0]
    })

  it("is told once while it lasts, and once when it is over (G1, G4)", async () => {
    world.run()
    await world.lms.query("insert into lms.score (id, phone, points) values (1, '13999999999', 70)")
    const { since } = await told(HELD, "firing")
    expect(await stored(HELD)).toMatchObject({ subject: "" })
    await world.program.stop(world.running, "SIGKILL")

    world.run()
    await world.program.run("pause", "capture", "--config", world.config, "--reason", "the DBA looks")
    // Once this one is told, what still holds would have been told too.
    await told("GradewirePausedLong", "firing", "capture")
    await stored("GradewirePausedLong")
    await world.program.stop(world.running, "SIGKILL")

    await world.people.sql("insert into hr.employee values ('E9', '13999999999')")
    world.run()
    expect((await told(HELD, "resolved")).since).toBe(since)
    expect(alerts.notices.filter(({ alert }) => alert === HELD).map(({ state }) => state)).toEqual([
      "firing",
      "resolved"
    ])
    await world.program.run("resume", "--config", world.config)
    await told("GradewirePausedLong", "resolved", "capture")
    const paused = alerts.notices.filter(({ alert }) => alert === "GradewirePausedLong")
    expect(paused.map(({ state }) => state)).toEqual(["firing", "resolved"])
    await world.until(async () => {
      const left = await world.people.sql("select alert from gradewire.alerts")
      return left.length === 0 ? true : undefined
    })
    expect(await world.program.stop(world.running)).toBe(0)
  })

  it("is told to the one receiver that had not taken it when the process was killed, and so is its end (G1)", async () => {
    const heard = (receiver: AlertReceiver) =>
      receiver.notices.filter(({ alert }) => alert === HELD).map(({ state }) => state)
    const owed = (isOver: boolean) =>
      world.until(async () => {
        const [row] = await world.people.sql(
          `select told_at, owed_to, is_over from gradewire.alerts where alert = '${HELD}'`
        )
        const isThere = row?.["owed_to"] === '["on-call"]' && Boolean(row["is_over"]) === isOver
        return isThere && row["told_at"] !== null ? true : undefined
      })
    alerts.notices.length = 0
    onCall.notices.length = 0
    onCall.answers = false
    world.run()
    await world.lms.query("insert into lms.score (id, phone, points) values (2, '13999999998', 70)")
    await owed(false)
    await world.program.stop(world.running, "SIGKILL")

    onCall.answers = true
    world.run()
    await world.until(() => Promise.resolve(onCall.find(HELD)))
    expect([heard(alerts), heard(onCall)]).toEqual([["firing"], ["firing"]])
    onCall.answers = false
    await world.people.sql("insert into hr.employee values ('E8', '13999999998')")
    await owed(true)
    await world.program.stop(world.running, "SIGKILL")

    onCall.answers = true
    world.run()
    await world.until(() => Promise.resolve(onCall.find(HELD, "resolved")))
    expect([heard(alerts), heard(onCall)]).toEqual([
      ["firing", "resolved"],
      ["firing", "resolved"]
    ])
    expect(await world.program.stop(world.running)).toBe(0)
  })
})
