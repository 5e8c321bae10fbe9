/** Both databases compared by the shipped program, after each kind of damage that no event shows. */
import { appendFile, readFile, writeFile } from "node:fs/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { sumDecimals } from "../../schemas/decimal-sum.ts"
import { LEARNERS, named, ReconcileWorld, RESULTS, type HrKind, type SourceKind } from "./ReconcileWorld.ts"

const CASE_MILLIS = 240_000
const PAIRS: ReadonlyArray<readonly [SourceKind, HrKind]> = [
  ["mysql", "postgresql"],
  ["mariadb", "mysql"],
  ["mysql", "mariadb"]
]

describe.each(PAIRS)("verifying %s against %s", { timeout: CASE_MILLIS }, (sourceKind, hrKind) => {
  let world: ReconcileWorld
  const held = Math.floor((RESULTS - (LEARNERS - 1) - 1) / LEARNERS) + 1
  beforeAll(async () => {
    world = await ReconcileWorld.start(sourceKind, hrKind)
    world.run()
    await world.waitFor("hr.record", RESULTS - held)
    await world.waitFor("gradewire.training_record", RESULTS - held)
  }, CASE_MILLIS)
  afterAll(() => world?.stop())
  const sumAtSource = async (where: string) => {
    const [[row]] = (await world.lms.query(
      `select cast(sum(points) as char) as n from lms.score where ${where}`
    )) as unknown as [[{ n: string }]]
    return sumDecimals([row.n])
  }

  it("finds nothing where nothing was damaged, adds up the same on both sides, and counts what is held as no difference (G1, G2)", async () => {
    const { code, differences, run } = await world.verify()
    expect(named(differences)).toEqual([])
    expect(code).toBe(0)
    expect(run.tables.map(({ kinds, rows, table }) => [table, rows, kinds["held"] ?? 0])).toEqual([
      ["lms.learner", LEARNERS, 0],
      ["lms.exam", 2, 0],
      ["lms.score", RESULTS, held],
      ["lms.drill", RESULTS, held]
    ])
    const deep = await world.verify("--deep")
    const [raw, heldRaw] = [await sumAtSource("learner < 39"), await sumAtSource("learner = 39")]
    const [{ points }] = (await world.people("select sum(points) as points from hr.record")) as [
      { points: string }
    ]
    const filed = sumDecimals([points])
    for (const { tables } of [run, deep.run]) {
      const sums = tables.map((table) => table.sums ?? [])
      expect(sums.slice(0, 2)).toEqual([[], []])
      expect(sums[2]).toEqual([
        {
          column: "points",
          from: "score.raw",
          kind: "equal",
          rows: RESULTS - held,
          source: raw,
          expected: filed,
          profile: filed
        },
        {
          column: "points",
          from: "score.raw",
          kind: "held",
          rows: held,
          source: heldRaw,
          expected: null,
          profile: null
        }
      ])
      const [drill] = sums[3]!
      expect(drill).toMatchObject({ column: "score_raw", kind: "equal", rows: RESULTS - held })
      expect([drill!.expected, drill!.profile]).toEqual([drill!.source, drill!.source])
    }
  })

  it("says which tables gradewire had to read itself, and why (G1)", async () => {
    const { run } = await world.verify()
    const [learner, , score, drill] = run.tables.map(({ compared }) => compared)
    expect(learner).toMatchObject({
      how: "by-gradewire",
      because: expect.stringContaining("phone") as unknown
    })
    expect(score).toEqual({ how: "in-database", because: null })
    expect(drill).toMatchObject({
      how: "by-gradewire",
      because: expect.stringContaining("points is float") as unknown
    })
    const { out } = await world.ask("verify", "--table", "lms.drill")
    expect(out).toContain("read by gradewire itself: lms.drill, because points is float")
  })

  it("does not wait for ever for a training database that hangs, and goes on with the same run (G8)", async () => {
    const plain = await readFile(world.config, "utf8")
    await appendFile(world.config, "reconcile: { answerSeconds: 1 }\n")
    await world.unseen.query("lock tables lms.drill write")
    const { code, err } = await world.ask("verify", "-o", "json")
    await world.unseen.query("unlock tables")
    expect(code).toBe(1)
    expect(err).toContain('"tag":"SourceSilent"')
    await writeFile(world.config, plain)
    const [begun] = await world.people("select run from gradewire.reconciliation_run where state = 'failed'")
    const { differences, run } = await world.verify("--resume")
    expect([run.run, run.state, named(differences)]).toEqual([begun!["run"], "done", []])
    expect(run.tables.map(({ rows }) => rows)).toEqual([LEARNERS, 2, RESULTS, RESULTS])
  })

  it("names exactly the rows that differ, their kind and columns, and no value (G1, G9)", async () => {
    await world.unseen.query(`update lms.score set points = 77 where id = 1;
      insert into lms.score values (9001, 1, 'K1', 5, 'pass', null), (9002, 1, 'K1', 5, 'none', null);
      delete from lms.score where id = 2;
      update lms.drill set remark = 'unseen' where no = 3;
      update lms.score set grade = 'none' where id = 8;
      update lms.learner set phone = '13999999999' where id = 5`)
    await world.people("delete from hr.record where ref = 'lms.score:4'")
    await world.people(
      "update hr.record set grade = 'edited', points = points + 1, note = 'mine' where ref = 'lms.score:6'"
    )
    await world.people("update hr.record set note = 'mine alone' where ref = 'lms.score:10'")
    await world.people(
      "insert into hr.record (ref, employee) values ('lms.score:777777', 'E1'), ('lms.score:x', 'E1'), ('other:1', 'E1')"
    )
    await world.people(
      "update gradewire.training_record set score_raw = score_raw + 1 where result_id = 'lms.drill:c,7'"
    )
    await world.people("delete from gradewire.result_ledger where result_id = 'lms.score:12'")
    await world.people(
      "update gradewire.result_ledger set state = 'revoked' where result_id = 'lms.score:14'"
    )
    await world.people(
      "update gradewire.result_ledger set position = '0009-0000000001-00000000000004-0000000000000001' where result_id = 'lms.score:16'"
    )
    const deep = await world.verify("--deep")
    const { code, differences, run } = await world.verify()
    expect(named(differences)).toEqual(named(deep.differences))
    expect(named(differences)).toEqual([
      "extra lms.score:2",
      "extra lms.score:777777",
      "extra lms.score:x",
      "mismatch lms.drill:c,7 score_raw",
      "mismatch lms.score:1 points",
      "mismatch lms.score:16 ledger.position",
      "mismatch lms.score:6 points grade",
      "mismatch lms.score:8 (refused by the mapping)",
      "missing lms.score:12",
      "missing lms.score:14",
      "missing lms.score:4",
      "missing lms.score:9001",
      "missing lms.score:9002",
      "stale 5 phone",
      "stale lms.drill:c,3 attributes"
    ])
    expect(code).toBe(3)
    const [points] = (await world.people(
      `select sum(points) as n from hr.record where ref like 'lms.score:%' and ref not in (${["2", "777777", "x", "1", "16", "6", "12", "14"].map((id) => `'lms.score:${id}'`).join(", ")}, 'lms.score:8')`
    )) as [{ n: string }]
    for (const { tables } of [run, deep.run]) {
      const sums = tables[2]!.sums!
      expect(Object.fromEntries(sums.map(({ kind, rows }) => [kind, rows]))).toEqual({
        equal: RESULTS - held - 8,
        extra: 3,
        held,
        // Of values that the mapping refuses only PostgreSQL can add what the source has, where nothing is filed.
        mismatch: 3,
        missing: hrKind === "postgresql" ? 5 : 4
      })
      const equal = sums.find(({ kind }) => kind === "equal")!
      expect([equal.expected, equal.profile]).toEqual([sumDecimals([points.n]), equal.expected])
      // A sum of so few rows would be somebody's score.
      const few = sums.filter(({ rows }) => rows < 5)
      expect(few.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["extra", "mismatch"]))
      for (const { expected, profile, source } of few)
        expect([source, expected, profile]).toEqual([null, null, null])
      const missing = sums.find(({ kind, rows }) => kind === "missing" && rows === 5)
      if (hrKind === "postgresql") {
        expect(missing!.source).toBe(await sumAtSource("id in (4, 12, 14, 9001, 9002)"))
      }
    }
    const course = await world.verify("--table", "lms.score", "--course", "K1")
    expect(named(course.differences)).toEqual([
      "extra lms.score:2",
      "mismatch lms.score:16 ledger.position",
      "mismatch lms.score:6 points grade",
      "mismatch lms.score:8 (refused by the mapping)",
      "missing lms.score:12",
      "missing lms.score:14",
      "missing lms.score:4",
      "missing lms.score:9001",
      "missing lms.score:9002"
    ])
    const person = await world.verify("--table", "lms.score", "--person", "E1")
    expect(named(person.differences)).toEqual([
      "extra lms.score:777777",
      "extra lms.score:x",
      "mismatch lms.score:1 points",
      "missing lms.score:9001",
      "missing lms.score:9002"
    ])
    const table = await world.ask("verify", "--table", "lms.score")
    expect(table.out).toMatch(
      /^TS +ERRORS +DIFFS +ROWS +DIFF_ROWS +MISSING +EXTRA +STALE +MISMATCH +CHUNKS +SKIPPED +TIME +TABLE\n/
    )
    expect(table.out).not.toContain("13999999999")
    const stored = await world.people(
      `select kind, count(*) as n from gradewire.reconciliation_diffs where run = '${run.run}' group by kind order by kind`
    )
    expect(stored.map(({ kind, n }) => [kind, Number(n)])).toEqual([
      ["extra", 3],
      ["held", 2 * held],
      ["mismatch", 5],
      ["missing", 5],
      ["stale", 2]
    ])
  })

  it("is done by the clock, by the process that applies, and says what it found (G1)", async () => {
    expect(await world.program.stop(world.running!)).toBe(0)
    // The sixth field, seconds, is for tests.
    await appendFile(world.config, 'reconcile: { cron: "*/3 * * * * *" }\n')
    const before = await world.count("gradewire.reconciliation_run")
    world.run()
    await world.program.until(
      async () => (world.program.printed.includes("both databases differ") ? true : undefined),
      world.running
    )
    const line = world.program.printed.split("\n").find((one) => one.includes("both databases differ"))!
    expect(JSON.parse(line)).toMatchObject({
      missing: 5,
      remedy: expect.stringContaining("gradewire repair --run")
    })
    expect(await world.count("gradewire.reconciliation_run")).toBeGreaterThan(before)
  })
})
