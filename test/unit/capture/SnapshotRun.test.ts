import { describe, expect, it } from "vitest"
import type { TableSnapshot } from "../../../schemas/snapshot-state.ts"
import type { RowImage, RowsEvent } from "../../../src/capture/ChangeSource.ts"
import { SnapshotRun, withNewTables } from "../../../src/capture/SnapshotRun.ts"
import { tablePlans } from "../../../src/capture/SourceTranslator.ts"

const PLANS = tablePlans([{ table: "a.t", as: "row", key: ["id"], columns: ["id", "v"] }])
const PLACE = { file: "binlog.000001", position: 100, gtid: null, server: "mysql:x" }

const waiting: TableSnapshot = {
  table: "a.t",
  state: "waiting",
  after: null,
  where: null,
  rows: 0,
  estimate: null
}

const updated = (before: RowImage, after: RowImage): RowsEvent => ({
  _tag: "Rows",
  table: 0,
  change: "update",
  index: 1,
  before: [before],
  after: [after]
})

/** The rows that leave of a chunk with `rows`, where the stream brought `changes` meanwhile. */
const copied = (rows: ReadonlyArray<RowImage>, ...changes: ReadonlyArray<RowsEvent>) => {
  const run = new SnapshotRun(PLANS, { paused: false, tables: [waiting] })
  run.begin(10, PLACE)
  run.arrived({ rows, last: [String(rows.at(-1)![0])], isEnd: true, high: PLACE })
  for (const change of changes) run.touch(change)
  return run.settle(PLACE)?.images
}

describe("a chunk of a table's copy", () => {
  it("loses the rows that the stream brought meanwhile, under both of their keys (G2)", () => {
    const rows = [
      [1, "a"],
      [2, "b"],
      [3, "c"]
    ]
    expect(copied(rows, updated([1, "a"], [1, "x"]))).toEqual([
      [2, "b"],
      [3, "c"]
    ])
    expect(copied(rows, updated([1, "a"], [3, "a"]))).toEqual([[2, "b"]])
  })

  it("keeps a row of which only an unmapped column changed, because the stream brings nothing of it (G1)", () => {
    expect(copied([[1, "a"]], updated([1, "a"], [1, "a"]))).toEqual([[1, "a"]])
  })
})

describe("the state of the copy under a changed mapping", () => {
  const done = { ...waiting, state: "done" } as const
  it("copies a table that is new, directories before scores (G1)", () => {
    const tables = [
      { table: "a.score", as: "score" },
      { table: "a.user", as: "learner" },
      { table: "a.t", as: "row" }
    ] as const
    expect(withNewTables({ paused: true, tables: [done] }, tables, "waiting")).toEqual({
      paused: true,
      tables: [done, { ...waiting, table: "a.user" }, { ...waiting, table: "a.score" }]
    })
  })

  it("copies a table again that was not mapped for a while (G1)", () => {
    const without = withNewTables({ paused: false, tables: [done] }, [], "waiting")
    expect(withNewTables(without, [{ table: "a.t", as: "row" }], "waiting").tables).toEqual([waiting])
  })
})
