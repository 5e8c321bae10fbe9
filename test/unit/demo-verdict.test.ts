/** The demo's verdict: a fault anywhere fails it, and its counts add up. */
import { describe, expect, it } from "vitest"
import { ArrivalBook, type Committed } from "../../deploy/demo/ArrivalBook.ts"
import type { Comparison } from "../../deploy/demo/compare-databases.ts"
import { clock, duration, percentiles, sparkline } from "../../deploy/demo/figures.ts"
import { parseArguments } from "../../deploy/demo/options.ts"
import { EXAMS, LEARNERS, makePeople } from "../../deploy/demo/people.ts"
import { WorkloadPlan, type Transaction } from "../../deploy/demo/plan-workload.ts"
import { proveLearners } from "../../deploy/demo/compare-databases.ts"
import { Random } from "../../deploy/demo/Random.ts"
import { clip, padEnd, textWidth } from "../../deploy/demo/text-width.ts"
import { reachVerdict } from "../../deploy/demo/verdict.ts"

const told = {
  source: "mysql 9.7.4",
  seed: 1,
  rate: { asked: 100, achieved: 100 },
  kills: 1,
  natsRestarts: 1,
  unexpectedExits: 0,
  rolledBack: 0,
  peakMemoryMiB: null,
  load: 0
}

const change = (
  ref: string,
  state: string | null,
  expectation: Committed["expectation"] = "now"
): Committed => ({
  ref,
  state,
  sentAt: 0,
  returnedAt: 1,
  expectation,
  weight: 1,
  bulk: false
})

/** Three changes of a filed result, one of a deleted one, two of a held one. */
const world = () => {
  const book = new ArrivalBook()
  for (const state of ["1", "2", "3"]) {
    book.committed(change("filed", state))
    book.arrived("filed", state, 5)
  }
  book.committed(change("gone", "1"))
  book.committed(change("gone", null))
  book.committed(change("held", "1", "never"))
  book.committed(change("held", "2", "never"))
  const comparison: Comparison = {
    differences: [],
    filed: 1,
    heldRefs: new Set(["held"]),
    heldBy: new Map([["ABSENT", 1]]),
    ledger: 1
  }
  return { book, comparison, sourceRefs: new Set(["filed", "held"]), released: 0, complaints: [] }
}

describe("verdict", () => {
  it("accounts for every written change: applied or held (G1)", () => {
    const verdict = reachVerdict(world(), told)
    expect(verdict).toMatchObject({
      written: 7,
      applied: 5,
      held: 1,
      heldChanges: 2,
      lost: 0,
      doubled: 0,
      wrong: 0,
      phantom: 0,
      passed: true
    })
  })

  it("fails on one difference, and its changes are not applied (G1)", () => {
    const { comparison, ...rest } = world()
    const differences = [
      { fault: "lost" as const, ref: "filed", what: "neither in the profile nor in a queue" }
    ]
    const verdict = reachVerdict({ ...rest, comparison: { ...comparison, differences } }, told)
    expect(verdict).toMatchObject({ lost: 1, applied: 2, passed: false })
  })

  it("fails on a change that took effect twice on its way, though the databases agree (G2)", () => {
    const { book, ...rest } = world()
    book.arrived("filed", "3", 9)
    expect(reachVerdict({ book, ...rest }, told)).toMatchObject({ doubled: 1, passed: false })
  })

  it("fails on a complaint, such as a drain that did not end (G1)", () => {
    const verdict = reachVerdict({ ...world(), complaints: ["3 changes in flight"] }, told)
    expect(verdict).toMatchObject({ lost: 0, passed: false })
  })

  it("fails where the demo's own book is not the training database (G1)", () => {
    const verdict = reachVerdict({ ...world(), sourceRefs: new Set(["filed", "other"]) }, told)
    expect(verdict.passed).toBe(false)
  })

  it("leaves restarts and imports out of the headline, and says them too (G1)", () => {
    const { book, ...rest } = world()
    book.samples.length = 0
    book.samples.push({ committedAt: 0, visibleAt: 4, bulk: false })
    book.samples.push({ committedAt: 90, visibleAt: 104, bulk: false })
    book.samples.push({ committedAt: 0, visibleAt: 400, bulk: true })
    book.disturbed.push({ from: 100, to: 200 })
    const verdict = reachVerdict({ book, ...rest }, told)
    expect(verdict.latencyMs).toMatchObject({ p50: 4, max: 4, count: 1 })
    expect(verdict.latencyWithRestartsMs).toMatchObject({ max: 400, count: 3 })
  })
})

describe("workload", () => {
  const plan = (seed: number): ReadonlyArray<Transaction> => {
    const workload = new WorkloadPlan(new Random(seed), makePeople(seed).learners, EXAMS, 4)
    return Array.from({ length: 3000 }, () => workload.next()).flat()
  }
  const texts = (seed: number): string =>
    JSON.stringify(plan(seed), (key, value) => (key === "used" ? undefined : value))

  it("is the same for the same seed and another for another (G1)", () => {
    expect(texts(7)).toBe(texts(7))
    expect(texts(7)).not.toBe(texts(8))
  })

  it("is about 70 % new results, and has every kind of change (G1)", () => {
    const changes = { insert: 0, mark: 0, delete: 0, rekey: 0, note: 0, visit: 0 }
    let rollbacks = 0
    let largest = 0
    for (const { changes: size, rollback, steps } of plan(3)) {
      largest = Math.max(largest, size)
      if (rollback) rollbacks += 1
      else for (const step of steps) changes[step.kind] += step.kind === "insert" ? step.rows.length : 1
    }
    const total = changes.insert + changes.mark + changes.delete + changes.rekey
    expect(changes.insert / total).toBeGreaterThan(0.65)
    expect(changes.insert / total).toBeLessThan(0.8)
    expect(Math.min(...Object.values(changes), rollbacks)).toBeGreaterThan(10)
    expect(largest).toBeGreaterThan(20)
  })

  it("has people of every kind, and each is proven or not as meant (G7)", () => {
    const { employees, late, learners } = makePeople(11)
    const before = proveLearners(learners, employees)
    const after = proveLearners(learners, [...employees, ...late])
    const kinds = Object.groupBy(learners, ({ kind }) => kind)
    for (const [kind, count] of Object.entries(LEARNERS)) expect(kinds[kind as "phone"]).toHaveLength(count)
    for (const { id, kind } of learners) {
      const reasons = { absent: "ABSENT", ambiguous: "AMBIGUOUS", conflict: "CONFLICT" } as const
      if (kind === "phone" || kind === "email") expect(before.get(id)).toHaveProperty("no")
      else if (kind === "late")
        expect([before.get(id), "no" in after.get(id)!]).toEqual([{ reason: "ABSENT" }, true])
      else expect(after.get(id)).toEqual({ reason: reasons[kind] })
    }
  })
})

describe("arguments", () => {
  it("have defaults (G3)", () => {
    const parsed = parseArguments([])
    expect(parsed).toMatchObject({
      options: { source: "mysql", rate: 100, seconds: 30, kills: 2, keep: false, json: undefined }
    })
  })

  it.each([["--what"], ["--rate", "fast"], ["--rate", "0"], ["--source", "oracle"], ["word"], ["--json"]])(
    "are refused with usage and exit code 2: %s %s (G3)",
    (...args) => {
      const parsed = parseArguments(args.filter((arg) => arg !== undefined))
      expect(parsed).toMatchObject({ exitCode: 2, usage: expect.stringContaining("make demo") })
    }
  )
})

describe("figures", () => {
  it("are nearest-rank percentiles (G1)", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(percentiles(values)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100, count: 100 })
    expect(percentiles([])).toBeUndefined()
  })

  it("read well (G3)", () => {
    expect([0.123, 4.56, 123.4, 2345, 75_000, undefined].map(duration)).toEqual([
      "0.12 ms",
      "4.6 ms",
      "123 ms",
      "2.35 s",
      "75 s",
      "–"
    ])
    expect(clock(67_450)).toBe("01:07.4")
    expect(sparkline([1, 10, 1000, 10_000, undefined])).toBe("▁▃▇█ ")
  })

  it("stand aligned beside Chinese and emoji (G3)", () => {
    expect(textWidth("成绩 ok 🧯")).toBe(10)
    expect(padEnd("分数", 6)).toBe("分数  ")
    expect(textWidth(clip("训练数据库的成绩", 7))).toBeLessThanOrEqual(7)
    expect(clip("short", 10)).toBe("short")
  })
})
