/**
 * What no event shows is found nevertheless, by the shipped program on real servers, also by a comparison that was killed; and
 * it stands in a report that an auditor can check.
 */
import { execFileSync } from "node:child_process"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ReconciliationReport } from "../../schemas/reconciliation-report.ts"
import { answered } from "../support/answer-schema.ts"
import { LEARNERS, named, ReconcileWorld, RESULTS, type HrKind, type SourceKind } from "./ReconcileWorld.ts"

const CASE_MILLIS = 300_000
const PAIRS: ReadonlyArray<readonly [SourceKind, HrKind]> = [
  ["mysql", "postgresql"],
  ["mariadb", "mysql"]
]
const GONE = 12
const ofLearner = (learner: number): ReadonlyArray<number> =>
  Array.from({ length: RESULTS }, (_, n) => n).filter((n) => n % LEARNERS === learner)

describe.each(PAIRS)("auditing %s against %s", { timeout: CASE_MILLIS }, (sourceKind, hrKind) => {
  let world: ReconcileWorld
  let plain: string
  const held = ofLearner(LEARNERS - 1).length
  /** What was done to rows and not mended since. */
  const damage: Array<string> = []

  beforeAll(async () => {
    world = await ReconcileWorld.start(sourceKind, hrKind)
    plain = await readFile(world.config, "utf8")
    await world.lms.query(
      "alter table lms.score add constraint of_learner foreign key (learner) references lms.learner (id) on delete cascade"
    )
    world.run()
    await world.waitFor("hr.record", RESULTS - held)
    await world.waitFor("gradewire.training_record", RESULTS - held)
  }, CASE_MILLIS)
  afterAll(() => world?.stop())

  it("finds rows that a foreign key deleted, where the server does not log that (G1)", async () => {
    await world.lms.query(`delete from lms.learner where id = ${GONE}`)
    await world.waitFor(`gradewire.learner_directory where learner_id = '${GONE}' and removed`, 1)
    // MySQL from 9.6 on carries the cascade out above the engine, and logs its rows.
    if (sourceKind === "mariadb") damage.push(...ofLearner(GONE).map((n) => `extra lms.score:${n}`))
    expect(named((await world.verify()).differences)).toEqual([...damage].sort())
    if (sourceKind === "mysql") {
      expect(await world.count("hr.record")).toBe(RESULTS - held - ofLearner(GONE).length)
    }
  })

  it("finds what a session wrote in statement format, once its statement was let pass (G1, G3)", async () => {
    await world.lms.query("set session binlog_format = 'STATEMENT'")
    await world.lms.query("update lms.score set points = 66 where id = 15")
    await world.lms.query("set session binlog_format = 'ROW'")
    await world.program.until(async () => (world.running!.exitCode !== null ? true : undefined))
    const [, place] = /acceptedStatements: \[\\?"([^"\\]+)/.exec(world.program.printed) ?? []
    expect(place).toMatch(/:\d+$/)
    await writeFile(
      world.config,
      plain.replace("user: root, timeZone", `user: root, acceptedStatements: ["${place}"], timeZone`)
    )
    plain = await readFile(world.config, "utf8")
    world.run()
    damage.push("mismatch lms.score:15 points")
    expect(named((await world.verify()).differences)).toEqual([...damage].sort())
  })

  it("finds edits without the binlog, hand-edited profiles and a truncated table (G1)", async () => {
    await world.unseen.query("update lms.score set grade = 'fail' where id = 30; truncate table lms.drill")
    await world.people("update hr.record set employee = 'E2' where ref = 'lms.score:31'")
    damage.push("mismatch lms.score:30 grade", "mismatch lms.score:31 employee")
    const { differences } = await world.verify()
    const [drills, others] = [true, false].map((isDrill) =>
      named(differences.filter(({ table }) => (table === "lms.drill") === isDrill))
    )
    expect(others).toEqual([...damage].sort())
    expect(drills).toHaveLength(RESULTS - held)
    expect(drills!.every((one) => one.startsWith("extra lms.drill:"))).toBe(true)
  })

  it("finds the same when it is killed midway and gone on with (G4)", async () => {
    const whole = named((await world.verify()).differences)
    const killed = world.program.start("verify", "--config", world.config, "--rows-per-second", "150")
    const stored =
      "gradewire.reconciliation_diff d join gradewire.reconciliation_run r on r.run = d.run where r.state = 'running'"
    await world.program.until(async () => ((await world.count(stored)) > 0 ? true : undefined), killed)
    await world.program.stop(killed, "SIGKILL")
    const [begun] = await world.people("select run from gradewire.reconciliation_run where state = 'running'")
    await world.outwait()
    const { differences, run } = await world.verify("--resume")
    expect(run.run).toBe(begun!["run"])
    expect(named(differences)).toEqual(whole)
  })

  it("leaves a report that the schema describes, and that anybody can check (G1, G9)", async () => {
    const folder = world.program.folder
    execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", join(folder, "key.pem")])
    for (const [key, name] of [
      ["key", "public"],
      ["other", "other-public"]
    ] as const) {
      if (key === "other")
        execFileSync("openssl", ["genpkey", "-algorithm", "ed25519", "-out", join(folder, "other.pem")])
      execFileSync("openssl", [
        "pkey",
        "-in",
        join(folder, `${key}.pem`),
        "-pubout",
        "-out",
        join(folder, `${name}.pem`)
      ])
    }
    await writeFile(world.config, `${plain}reconcile: { signingKey: { file: key.pem } }\n`)
    const list = await world.ask("report", "list")
    expect(list.out).toMatch(/^RUN +STATE +STARTED +ROWS +DIFF_ROWS +OPEN +BY +SCOPE\n/)
    const run = list.out.split("\n")[1]!.split(" ")[0]!
    expect((await world.ask("repair", "--run", run, "--kind", "mismatch", "--execute")).code).toBe(0)

    const { out: json } = await world.ask("report", "show", run, "-o", "json")
    const report = answered("reconciliation-report", json) as ReconciliationReport
    const score = report.tables.find(({ table }) => table === "lms.score")!
    expect([score.mismatch, report.repairs.map(({ kind, rows }) => `${rows} ${kind}`)]).toEqual([
      3,
      ["3 mismatch"]
    ])
    expect(report.origin).toMatchObject({ mapping: expect.stringMatching(/^[\da-f]{64}$/) as unknown })
    expect([score.from, score.upTo]).toEqual([
      expect.stringMatching(/ \S+:\d+$/),
      expect.stringMatching(/ \S+:\d+$/)
    ])
    expect(json).not.toContain("138000000")

    const { out: page } = await world.ask("report", "show", run, "-o", "html")
    const file = (name: string) => join(folder, name)
    await writeFile(file("report.json"), json)
    await writeFile(file("report.html"), page)
    await writeFile(file("altered.json"), json.replace('"repairedBy": "', '"repairedBy": "not-'))
    await writeFile(file("altered.html"), page.replace("<td>mismatch</td>", "<td>stale</td>"))
    const check = async (name: string, ...args: ReadonlyArray<string>) => {
      const { code, err, out } = await world.program.run("report", "check", file(name), ...args)
      return { code, text: out + err }
    }
    for (const name of ["report.json", "report.html"]) {
      expect((await check(name)).text).toContain("as it was sealed")
      expect((await check(name, "--key", file("public.pem"))).code).toBe(0)
      const other = await check(name, "--key", file("other-public.pem"))
      expect([other.code, other.text]).toEqual([3, expect.stringContaining("Another key signed it")])
    }
    expect((await check("altered.json")).text).toMatch(
      /WAS ALTERED\n {2}difference mismatch lms.score:\d+ was altered or added/
    )
    const altered = await check("altered.html")
    expect([altered.code, altered.text]).toEqual([
      3,
      expect.stringContaining("the page shows something else")
    ])
    expect((await check("key.pem")).text).toContain("ReportUnreadable")
  })
})
