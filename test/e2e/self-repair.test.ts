/** Differences that the running program mends by itself after a comparison by the clock, and those that it leaves. */
import { readFile, writeFile } from "node:fs/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { AlertReceiver } from "../support/AlertReceiver.ts"
import { LEARNERS, named, ReconcileWorld, RESULTS, type HrKind, type SourceKind } from "./ReconcileWorld.ts"

const CASE_MILLIS = 300_000
const PAIRS: ReadonlyArray<readonly [SourceKind, HrKind]> = [
  ["mysql", "postgresql"],
  ["mariadb", "mysql"],
  ["mysql", "mariadb"]
]
/** The sixth field, seconds, is for tests. */
const OFTEN = "*/3 * * * * *"
const NEVER = "0 0 1 1 *"

describe.each(PAIRS)("mending %s against %s by the clock", { timeout: CASE_MILLIS }, (sourceKind, hrKind) => {
  let world: ReconcileWorld
  let receiver: AlertReceiver
  let plain: string
  const held = Math.floor((RESULTS - LEARNERS) / LEARNERS) + 1

  const restart = async (cron: string, repair: string) => {
    if (world.running !== undefined) await world.program.stop(world.running)
    await writeFile(
      world.config,
      `${plain}reconcile: { cron: "${cron}", repair: ${repair} }
alerts: { webhooks: [{ name: ops, kind: json, url: { file: ${world.program.folder}/url } }] }\n`
    )
    world.run()
  }
  const until = (text: string, wanted: number) => world.waitFor(text, wanted)

  beforeAll(async () => {
    receiver = await AlertReceiver.open()
    world = await ReconcileWorld.start(sourceKind, hrKind)
    plain = await readFile(world.config, "utf8")
    await writeFile(`${world.program.folder}/url`, receiver.url)
    world.run()
    await until("hr.record", RESULTS - held)
    await until("gradewire.training_record", RESULTS - held)
  }, CASE_MILLIS)
  afterAll(async () => {
    receiver?.close()
    await world?.stop()
  })

  it("mends what is missing and stale, names itself, and leaves what only a person decides (G1, G2)", async () => {
    await world.unseen.query(`insert into lms.score values (9001, 1, 'K1', 5, 'pass', null);
      update lms.drill set remark = 'unseen' where no = 3;
      delete from lms.score where id = 2`)
    await world.people("delete from hr.record where ref = 'lms.score:4'")
    await world.people("update hr.record set points = points + 1 where ref = 'lms.score:6'")
    await restart(OFTEN, "auto")
    await until("gradewire.reconciliation_diff where repaired_by = 'reconcile'", 3)
    await until("hr.record where ref in ('lms.score:4', 'lms.score:9001')", 2)
    await restart(NEVER, "auto")
    const { differences } = await world.verify()
    expect(named(differences)).toEqual(["extra lms.score:2", "mismatch lms.score:6 points"])
    const booked = await world.people(
      "select distinct r.by_whom, d.kind from gradewire.reconciliation_diff d join gradewire.reconciliation_run r on r.run = d.run where repaired_by = 'reconcile' order by kind"
    )
    expect(booked.map(({ by_whom: by, kind }) => [by, kind])).toEqual([
      ["reconcile", "missing"],
      ["reconcile", "stale"]
    ])
  })

  it("mends nothing above its limit, and tells people so until they did (G1)", async () => {
    await world.people("delete from hr.record where ref in ('lms.score:10', 'lms.score:12', 'lms.score:14')")
    await restart(OFTEN, "{ kinds: [missing], limit: 2 }")
    const notice = await world.program.until(
      async () => receiver.find("GradewireRepairWithheld"),
      world.running
    )
    expect(notice.text).toBe("3 rows are to be mended, more than reconcile.repair allows at once: none was.")
    expect(world.program.printed).toContain(
      "nothing was mended: more rows differ than reconcile.repair allows"
    )
    expect(await world.count("hr.record where ref in ('lms.score:10', 'lms.score:12', 'lms.score:14')")).toBe(
      0
    )
    await restart(OFTEN, "{ kinds: [missing], limit: 3 }")
    await until("hr.record where ref in ('lms.score:10', 'lms.score:12', 'lms.score:14')", 3)
  })

  it("mends after a kill what its predecessor had found and still held (G1, G4)", async () => {
    await restart(NEVER, "auto")
    await world.people("delete from hr.record where ref in ('lms.score:20', 'lms.score:22')")
    const { run } = await world.verify()
    // As a process leaves it that is killed between the comparison and the repair.
    await world.people(
      `update gradewire.reconciliation_run set by_whom = 'reconcile', active = 1, holder = 'gone:1', updated_at = '2020-01-01 00:00:00' where run = '${run.run}'`
    )
    await world.program.stop(world.running!, "SIGKILL")
    await restart(NEVER, "auto")
    await until("hr.record where ref in ('lms.score:20', 'lms.score:22')", 2)
    await until(`gradewire.reconciliation_diff where run = '${run.run}' and repaired_by = 'reconcile'`, 2)
    await until("gradewire.reconciliation_run where active = 1", 0)
    expect(await world.count("hr.record where ref in ('lms.score:20', 'lms.score:22')")).toBe(2)
  })

  it("goes on after a kill with the comparison that was begun, and mends what it finds (G1, G4)", async () => {
    await world.program.stop(world.running!)
    await world.people("delete from hr.record where ref in ('lms.score:20', 'lms.score:22')")
    await restart(`${OFTEN}", rowsPerSecond: 60, timeZone: "UTC`, "auto")
    await until("gradewire.reconciliation_run where state = 'running'", 1)
    await until(
      "gradewire.reconciliation_diff d join gradewire.reconciliation_run r on r.run = d.run where r.state = 'running' and d.kind = 'missing'",
      2
    )
    await world.program.stop(world.running!, "SIGKILL")
    await world.outwait()
    const [begun] = await world.people("select run from gradewire.reconciliation_run where state = 'running'")
    await restart(NEVER, "auto")
    await until(
      `gradewire.reconciliation_diff where run = '${begun!["run"] as string}' and repaired_by = 'reconcile'`,
      2
    )
    expect(await world.count("hr.record where ref in ('lms.score:20', 'lms.score:22')")).toBe(2)
    expect(named((await world.verify()).differences)).toEqual([
      "extra lms.score:2",
      "mismatch lms.score:6 points"
    ])
  })
})
