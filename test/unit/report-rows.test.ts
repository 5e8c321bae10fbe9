/** What a report lists, and what it only counts. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { StoredDifference } from "../../src/reconcile/RunStore.ts"
import { reportRows } from "../../src/compose/report-rows.ts"
import { newRun } from "../../src/reconcile/verify.ts"

const TABLES = ["lms.exam", "lms.score"]
const stored = (table: string, n: number, repairedBy: string | null): StoredDifference => ({
  table,
  id: `${table}:${String(n).padStart(3, "0")}`,
  kind: "missing",
  fields: [],
  position: null,
  learner: "somebody",
  repairedBy,
  repairedAt: repairedBy === null ? null : `2026-11-22T16:00:0${n % 10}.000Z`
})
const scope = { tables: null, since: null, course: null, person: null }
const run = newRun("r", "dba", "2026-11-22T16:00:00.000Z", TABLES, scope, null)

/** As a store: the rows of one table behind an id, in the order of ids. */
const rowsOf = (rows: ReadonlyArray<StoredDifference>, listedMax: number) =>
  Effect.runSync(
    reportRows(
      {
        differences: (_, { after, table }, max) =>
          Effect.succeed(
            rows.filter((row) => row.table === table && (after === undefined || row.id > after)).slice(0, max)
          )
      },
      run,
      listedMax,
      7
    )
  )

describe("the rows of a report", () => {
  const rows = [
    ...Array.from({ length: 3 }, (_, n) => stored("lms.exam", n, null)),
    ...Array.from({ length: 21 }, (_, n) => stored("lms.score", n, n % 2 === 0 ? "dba" : null))
  ]

  it("are all listed up to the most, without anybody's name (G9)", () => {
    const { differences, unlisted, unlistedDigest } = rowsOf(rows, 24)
    expect(differences.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    expect([unlisted, unlistedDigest]).toEqual([0, null])
    expect(JSON.stringify(differences)).not.toContain("somebody")
  })

  it("are counted beyond that, with a hash that any change of them changes, and their repairs told (G1)", () => {
    const one = rowsOf(rows, 23)
    expect([one.differences.length, one.unlisted]).toEqual([23, 1])
    const { differences, repairs, unlisted, unlistedDigest } = rowsOf(rows, 5)
    expect([differences.length, unlisted]).toEqual([5, 19])
    expect(repairs).toEqual([
      {
        by: "dba",
        table: "lms.score",
        kind: "missing",
        rows: 11,
        firstAt: "2026-11-22T16:00:00.000Z",
        lastAt: "2026-11-22T16:00:08.000Z"
      }
    ])
    expect(unlistedDigest).toMatch(/^[0-9a-f]{64}$/)
    expect(rowsOf(rows, 5).unlistedDigest).toBe(unlistedDigest)
    for (let at = 5; at < rows.length; at++) {
      const altered = rows.map((row, index) => (index === at ? { ...row, fields: ["points"] } : row))
      expect(rowsOf(altered, 5).unlistedDigest).not.toBe(unlistedDigest)
      expect(rowsOf(rows.toSpliced(at, 1), 5).unlistedDigest).not.toBe(unlistedDigest)
    }
  })
})
