import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { SnapshotCommand } from "../../../schemas/snapshot-command.ts"
import type { SnapshotState, TableSnapshot } from "../../../schemas/snapshot-state.ts"
import { commandSnapshot, isOpen, statusOf } from "../../../src/capture/snapshot-commands.ts"

const MAPPED = ["a.t", "a.u"]

const entry = (table: string, over: Partial<TableSnapshot> = {}): TableSnapshot => ({
  table,
  state: "waiting",
  after: null,
  where: null,
  rows: 0,
  estimate: null,
  ...over
})

const told = (state: SnapshotState, command: SnapshotCommand): SnapshotState =>
  Result.getOrThrow(commandSnapshot(state, command, MAPPED))

describe("a command to the copy of the tables", () => {
  it("leaves the state as it is, the same object, where nothing is to change (G2)", () => {
    const state = { paused: false, tables: [entry("a.t")] }
    expect(told(state, { command: "status" })).toBe(state)
    expect(told(state, { command: "resume" })).toBe(state)
    expect(told(told(state, { command: "pause" }), { command: "resume" })).toEqual(state)
  })

  it("starts a finished table anew at the end of the queue, in place of its last copy (G8)", () => {
    const done = entry("a.t", { state: "done", rows: 9, estimate: 8 })
    const state = { paused: false, tables: [done, entry("a.u")] }
    expect(told(state, { command: "start", table: "a.t", where: "v > 1" }).tables).toEqual([
      entry("a.u"),
      entry("a.t", { where: "v > 1" })
    ])
  })

  it("cancels what is open, and lets go of its key (G9)", () => {
    const state = {
      paused: true,
      tables: [entry("a.t", { state: "running", after: ["7"], rows: 3 }), entry("a.u", { state: "done" })]
    }
    expect(told(state, { command: "cancel", table: null }).tables).toEqual([
      entry("a.t", { state: "canceled", rows: 3 }),
      entry("a.u", { state: "done" })
    ])
  })

  it.each([
    [{ command: "start", table: "a.x", where: null } as const, "SnapshotTableUnmapped"],
    [{ command: "cancel", table: "a.x" } as const, "SnapshotTableUnmapped"],
    [{ command: "start", table: "a.t", where: null } as const, "SnapshotRunning"],
    [{ command: "cancel", table: "a.u" } as const, "SnapshotIdle"]
  ])("%j is refused by name (G3)", (command, tag) => {
    const state = { paused: false, tables: [entry("a.t"), entry("a.u", { state: "done" })] }
    const refused = commandSnapshot(state, command, MAPPED)
    expect(Result.isFailure(refused) && refused.failure._tag).toBe(tag)
  })

  it("keeps every mapped table known, once, whatever is commanded (G1)", () => {
    const command = fc.oneof(
      fc.constantFrom<SnapshotCommand>({ command: "pause" }, { command: "resume" }, { command: "status" }),
      fc.record({
        command: fc.constant("start" as const),
        table: fc.constantFrom(...MAPPED),
        where: fc.constantFrom(null, "v = 1")
      }),
      fc.record({ command: fc.constant("cancel" as const), table: fc.constantFrom(null, ...MAPPED) })
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        let state: SnapshotState = { paused: false, tables: MAPPED.map((table) => entry(table)) }
        for (const each of commands) {
          state = Result.getOrElse(commandSnapshot(state, each, MAPPED), () => state)
        }
        expect(state.tables.map(({ table }) => table).toSorted()).toEqual(MAPPED)
      })
    )
  })
})

describe("progress of the copy", () => {
  it.each([
    [{ state: "running", rows: 50, estimate: 200 } as const, "running", 25],
    [{ state: "running", rows: 300, estimate: 200 } as const, "running", 99.9],
    [{ state: "done", rows: 300, estimate: 200 } as const, "done", 100],
    [{ state: "running", rows: 300, estimate: 0 } as const, "running", null],
    [{ state: "running", rows: 3, estimate: 200, where: "v = 1" } as const, "running", null],
    [{ state: "canceled", rows: 50, estimate: null } as const, "canceled", null]
  ])(
    "of %j is said to be %s, %s percent: never 100 before the end, and unknown is not 0 (G1)",
    (over, state, percent) => {
      const [shown] = statusOf({ paused: false, tables: [entry("a.t", over)] }).tables
      expect(shown).toMatchObject({ state, percent })
    }
  )

  it("is paused only where something was left to do, and never shows a key or a condition (G9)", () => {
    const tables = [
      entry("a.t", { state: "done" }),
      entry("a.u", { state: "running", after: ["13800000000"], where: "phone = '13800000000'" })
    ]
    const status = statusOf({ paused: true, tables })
    expect(status.tables.map(({ state }) => state)).toEqual(["done", "paused"])
    expect(status.tables.map(({ filtered }) => filtered)).toEqual([false, true])
    expect(JSON.stringify(status)).not.toContain("1380")
    expect(tables.map(isOpen)).toEqual([false, true])
  })
})
