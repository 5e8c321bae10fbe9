/**
 * Random damage on both sides, under live load and a kill: what `verify` names is exactly the damage, what `repair` mends is
 * exactly that, and afterwards both databases are equal, as they are read without gradewire.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Chance } from "../simulation/Chance.ts"
import { LEARNERS, ReconcileWorld, RESULTS, type HrKind, type SourceKind } from "./ReconcileWorld.ts"

const CASE_MILLIS = 300_000
const PAIRS: ReadonlyArray<readonly [SourceKind, HrKind]> = [
  ["mysql", "postgresql"],
  ["mariadb", "mysql"]
]
const SEED = Number(process.env["GRADEWIRE_SEED"] ?? Math.floor(Math.random() * 2 ** 31))
/** Rows that live load changes are not damaged. */
const LIVE_FROM = 200
const AHEAD = "0009-0000000001-00000000000004-0000000000000001"

const drillOf = (n: number): string => `lms.drill:${n % 2 === 0 ? String.raw`a\,b` : "c"},${n}`

interface Damage {
  readonly does: (world: ReconcileWorld, n: number) => Promise<unknown>
  readonly kind: string
  readonly id: (n: number) => string
}

const score = (n: number): string => `lms.score:${n}`
const unseen = (kind: string, text: (n: number) => string, id = score): Damage => ({
  kind,
  id,
  does: (world, n) => world.unseen.query(text(n))
})
const byHand = (kind: string, text: (n: number) => string, id = score): Damage => ({
  kind,
  id,
  does: (world, n) => world.people(text(n))
})
const sqlText = (text: string): string => `'${text.replaceAll("\\", "\\\\")}'`

/** Each on rows of its own. */
const damages = (hrKind: HrKind): ReadonlyArray<Damage> => {
  const drill = (n: number) => (hrKind === "postgresql" ? `'${drillOf(n)}'` : sqlText(drillOf(n)))
  return [
    unseen("mismatch", (n) => `update lms.score set points = points + 1 where id = ${n}`),
    unseen("extra", (n) => `delete from lms.score where id = ${n}`),
    unseen(
      "missing",
      (n) => `insert into lms.score values (${n + 5000}, 1, 'K1', 5, 'pass', null)`,
      (n) => score(n + 5000)
    ),
    unseen("stale", (n) => `update lms.drill set remark = 'unseen' where no = ${n}`, drillOf),
    byHand("missing", (n) => `delete from hr.record where ref = '${score(n)}'`),
    byHand("mismatch", (n) => `update hr.record set points = 1234.5 where ref = '${score(n)}'`),
    byHand(
      "extra",
      (n) => `insert into hr.record (ref, employee) values ('${score(n + 7000)}', 'E1')`,
      (n) => score(n + 7000)
    ),
    byHand("missing", (n) => `delete from gradewire.result_ledger where result_id = '${score(n)}'`),
    byHand(
      "missing",
      (n) => `update gradewire.result_ledger set state = 'revoked' where result_id = '${score(n)}'`
    ),
    byHand(
      "mismatch",
      (n) => `update gradewire.result_ledger set position = '${AHEAD}' where result_id = '${score(n)}'`
    ),
    byHand(
      "mismatch",
      (n) => `update gradewire.result_ledger set learner_id = '0815' where result_id = '${score(n)}'`
    ),
    byHand(
      "mismatch",
      (n) => `update gradewire.training_record set score_raw = 1 where result_id = ${drill(n)}`,
      drillOf
    ),
    byHand("missing", (n) => `delete from gradewire.training_record where result_id = ${drill(n)}`, drillOf)
  ]
}

describe.each(PAIRS)("repairing %s against %s", { timeout: CASE_MILLIS }, (sourceKind, hrKind) => {
  let world: ReconcileWorld
  const live = { isOn: true }
  let load: Promise<void>
  const chance = new Chance(SEED)
  const held = Math.floor((RESULTS - LEARNERS) / LEARNERS) + 1

  beforeAll(async () => {
    process.stderr.write(`GRADEWIRE_SEED=${SEED}\n`)
    world = await ReconcileWorld.start(sourceKind, hrKind)
    world.run()
    await world.waitFor("hr.record", RESULTS - held)
    await world.waitFor("gradewire.training_record", RESULTS - held)
    load = changeScores()
  }, CASE_MILLIS)
  afterAll(async () => {
    live.isOn = false
    await load?.catch(() => undefined)
    await world?.stop()
  })

  const changeScores = async () => {
    for (let n = 0; live.isOn; n++) {
      await world.lms.query(
        `update lms.score set points = ${n % 100} where id = ${LIVE_FROM + (n % (RESULTS - LIVE_FROM))}`
      )
      await world.lms.query("select sleep(0.1)")
    }
  }

  const found = (differences: ReadonlyArray<{ readonly id: string; readonly kind: string }>) =>
    differences.map(({ id, kind }) => `${kind} ${id}`).sort()

  /** The rows of both sides as they are, through the mapping as it reads. */
  const oracle = async () => {
    const [rows] = await world.lms.query(
      `select concat('lms.score:', id) as ref, concat('E', learner) as employee, cast(round(points * 10, 1) as char) as points,
        if(grade = 'pass', '合格', '不合格') as grade from lms.score where learner < ${LEARNERS - 1}`
    )
    const profile = await world.people(
      hrKind === "postgresql"
        ? "select ref, employee, points::text as points, grade from hr.record"
        : "select ref, employee, cast(points as char) as points, grade from hr.record"
    )
    const text = (list: unknown) =>
      (list as ReadonlyArray<Record<string, string>>)
        .map(({ employee, grade, points, ref }) =>
          [ref, employee, Number(points).toFixed(1), grade].join(" ")
        )
        .sort()
    return { source: text(rows), profile: text(profile) }
  }

  it("finds exactly the damage, mends exactly that, and then finds nothing (G1, G2)", async () => {
    const expected: Array<string> = []
    const rows = Array.from({ length: LIVE_FROM }, (_, n) => n).filter((n) => n % LEARNERS !== LEARNERS - 1)
    for (const damage of damages(hrKind)) {
      for (let times = chance.between(1, 3); times > 0; times--) {
        const [n] = rows.splice(chance.between(0, rows.length - 1), 1)
        await damage.does(world, n!)
        expected.push(`${damage.kind} ${damage.id(n!)}`)
      }
    }
    const deep = await world.verify("--deep")
    const first = await world.verify()
    expect(found(first.differences)).toEqual(found(deep.differences))
    expect(found(first.differences)).toEqual(expected.sort())
    const { run } = first.run

    const plan = await world.ask("repair", "--run", run)
    expect(plan.out).toContain("rows would be sent; --execute sends them")
    const args = ["repair", "--run", run, "--execute", "--revoke-extra", "-o", "json"]
    const refused = await world.ask(...args)
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("ReconcileUnaskable")])

    const repairing = world.ask(...args, "--reason", "a test")
    await world.program.stop(world.running!, "SIGKILL")
    world.run()
    await repairing
    let outcome = await world.ask(...args, "--reason", "a test")
    for (let times = 0; times < 5 && outcome.code !== 0; times++)
      outcome = await world.ask(...args, "--reason", "a test")
    expect(outcome.code === 0 ? "" : outcome.err).toBe("")

    const second = await world.verify()
    expect(found(second.differences)).toEqual([])
    live.isOn = false
    await load
    expect(found((await world.verify()).differences)).toEqual([])
    const { profile, source } = await oracle()
    expect(profile).toEqual(source)
  })

  it("takes back what a truncated table held, and goes on with a comparison that was stopped (G1, G4)", async () => {
    await world.unseen.query("truncate table lms.drill")
    const stopped = world.program.start("verify", "--config", world.config, "--rows-per-second", "100")
    await world.program.until(async () =>
      (await world.count("gradewire.reconciliation_run where state = 'running'")) === 1 ? true : undefined
    )
    await world.program.stop(stopped)
    const { code, differences, run } = await world.verify("--resume")
    expect(code).toBe(3)
    expect(differences.length).toBe(RESULTS - held)
    expect(differences.every(({ id, kind }) => kind === "extra" && id.startsWith("lms.drill:"))).toBe(true)
    const { code: done } = await world.ask(
      "repair",
      "--run",
      run.run,
      "--execute",
      "--revoke-extra",
      "--reason",
      "truncated"
    )
    expect(done).toBe(0)
    expect(await world.count("gradewire.training_records")).toBe(0)
    expect((await world.verify()).code).toBe(0)
  })
})
