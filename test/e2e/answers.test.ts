/** Every answer for programs that gradewire gives, asked of the shipped program over real servers and held against its schema. */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ANSWER_SCHEMAS } from "../../schemas/answer-list.ts"
import type { ReconciliationReport } from "../../schemas/reconciliation-report.ts"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import type { AnswerName } from "../support/answer-schema.ts"
import { DbaWorld, postgresql } from "./DbaWorld.ts"

const CASE_MILLIS = 240_000

let world: DbaWorld
let receiver: AlertReceiver

beforeAll(async () => {
  ;[world, receiver] = await Promise.all([DbaWorld.open("mysql", postgresql), AlertReceiver.open()])
  await writeFile(join(world.program.folder, "webhook-url"), `${receiver.url}\n`)
  await world.configure(
    "raw: points, learner: attempts",
    "alerts: { webhooks: [{ name: ops, kind: json, url: { file: webhook-url } }] }"
  )
  const yaml = await readFile(world.config, "utf8")
  const learners = "  - { table: lms.learner, as: learner, key: [id], fields: { phone: phone } }\n"
  await writeFile(world.config, yaml.replace("tables:\n", `tables:\n${learners}`))
  await world.lms.query(`create table lms.learner (id int primary key, phone varchar(20));
    insert into lms.learner values (7, '13800000001'), (8, '13900000002')`)
  await world.people.sql("insert into hr.employee values ('E2', '13800000009')")
  await world.people.sql("alter table hr.record add constraint points_below check (points < 100)")
}, CASE_MILLIS)
afterAll(async () => {
  receiver?.close()
  await world?.close()
})

const asked = async (...args: ReadonlyArray<string>): Promise<unknown> => {
  const { err, out } = await world.program.run(...args, "-o", "json", "--config", world.config)
  return out === "" ? err : (JSON.parse(out) as unknown)
}
const first = async (...args: ReadonlyArray<string>) =>
  world.until(async () => ((await asked(...args)) as ReadonlyArray<Record<string, string>>)[0])

describe("an answer for programs", { timeout: CASE_MILLIS }, () => {
  it("is as schemas/json says, whatever is asked (G4)", async () => {
    const { program } = world
    await asked("config", "validate")
    await asked("config", "render")
    await asked("status")
    expect(await asked("offsets", "list")).toContain("StoreMisconfigured")
    await asked("migrate")
    await asked("check")
    await asked("alerts", "test")
    await program.run("explain", "-o", "json")
    await program.run("explain", "ApplyFenced", "-o", "json")

    world.run()
    // One is filed, two wait for their person, one is refused.
    await world.lms.query(`insert into lms.score (id, phone, points, attempts) values
      (1, '13800000001', 80, 7), (2, '13900000002', 70, 8), (3, '13900000002', 71, 8), (4, '13800000001', 100, 7)`)
    await world.until(world.filed(1))
    await asked("trace", "lms.score:1")
    await asked("trace", "--employee", "E1")
    const { position } = await first("deadletters", "list")
    await asked("deadletters", "show", position!)
    await asked("deadletters", "replay", "--all")
    await asked("deadletters", "discard", position!, "--reason", "a test")
    await first("held", "list")
    await asked("held", "show", "lms.score:2")
    await asked("held", "ignore", "lms.score:2", "--reason", "a test")
    await asked("held", "resolve", "8", "--to", "E1", "--reason", "a test")
    await asked("held", "relink", "8", "--to", "E2", "--reason", "a mistake")
    await asked("trace", "lms.score:2")
    await asked("events", "show", position!)
    await program.run("events", "tail", "-o", "json", "--config", world.config)
    await asked("lag")
    await asked("offsets", "list")
    await asked("snapshot", "status")
    await asked("check", "identity")

    await world.people.sql("update hr.record set points = 1 where ref = 'lms.score:1'")
    await asked("verify", "--wait", "20")
    await asked("report", "list")
    const report = (await asked("report", "show")) as ReconciliationReport
    const file = join(program.folder, "report.json")
    await writeFile(file, JSON.stringify(report))
    await program.run("report", "check", file, "-o", "json")
    await asked("repair", "--run", report.run)

    await asked("pause", "--reason", "a test")
    await asked("lanes", "set", "2")
    await asked("offsets", "reset", "--to-earliest")
    await asked("offsets", "history")

    const names = Object.keys(ANSWER_SCHEMAS) as ReadonlyArray<AnswerName>
    expect(names.filter((name) => !program.answers.has(name))).toEqual([])
  })
})
