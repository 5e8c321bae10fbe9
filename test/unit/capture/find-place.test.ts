/** The place that a DBA names is found exactly, or refused with what the server has. */
import { Effect, Exit } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { TableConfig } from "../../../schemas/table-config.ts"
import { formatPosition } from "../../../schemas/position.ts"
import type { From } from "../../../src/capture/binlog-place.ts"
import { ChangeSource } from "../../../src/capture/ChangeSource.ts"
import { findPlace, type PlaceWanted } from "../../../src/capture/find-place.ts"
import { measurePassage } from "../../../src/capture/measure-passage.ts"
import { tablePlans } from "../../../src/capture/SourceTranslator.ts"
import { makeMemoryChangeSource } from "../../support/fakes/MemorySource.ts"
import { MemoryTrainingServer, type BinlogTransaction } from "../../support/fakes/MemoryTrainingServer.ts"

const UUID = "c0ffee00-0000-4000-8000-000000000000"
const MINUTE = 60_000_000
const TABLES: ReadonlyArray<TableConfig> = [
  {
    table: "training.score",
    as: "score",
    key: ["id"],
    fields: { learner: "learner", raw: "raw" },
    target: { table: "hr.record", key: ["ref"], columns: { ref: "resultId" } }
  }
]

let server: MemoryTrainingServer
let now = 0
const committed: Array<BinlogTransaction & { readonly file: string }> = []

const commit = (id: number, raw: string, before?: string) => {
  const row = (text: string | undefined) => (text === undefined ? undefined : { id, learner: 7, raw: text })
  const transaction = server.commit([
    {
      table: "training.score",
      change: before === undefined ? "insert" : "update",
      rows: [{ before: row(before), after: row(raw) }]
    }
  ])
  committed.push({ ...transaction, file: server.end.file })
  now += MINUTE
}

/** Eight transactions, one a minute from minute 1 on, in three files. */
beforeEach(() => {
  now = MINUTE
  committed.length = 0
  server = new MemoryTrainingServer({
    keys: { "training.score": ["id"] },
    hasGtids: true,
    nowMicros: () => now
  })
  for (let id = 1; id <= 3; id++) commit(id, "1.00")
  server.rotate()
  for (let id = 4; id <= 6; id++) commit(id, "1.00")
  server.rotate()
  commit(7, "1.00")
  commit(7, "2.00", "1.00")
})

const run = <A, E>(effect: Effect.Effect<A, E, ChangeSource>) =>
  Effect.runPromiseExit(
    Effect.provideService(
      effect,
      ChangeSource,
      makeMemoryChangeSource(server, {
        tables: tablePlans(TABLES).map((plan) => plan.wanted),
        cut: (waiting) => ({ events: waiting, bytes: waiting }),
        pause: Effect.void
      })
    )
  )

const placeText = ({ file, position }: { readonly file: string; readonly position: number }) =>
  `${file}:${position}`
/** Where apply stands behind the nth transaction, as its last change left it. */
const behind = (n: number): From => {
  const { file, position, gtid } = committed[n - 1]!
  return {
    anchor: { file, position, gtid, server: `mysql:${UUID}`, timeline: 1 },
    position: formatPosition({
      timeline: 1,
      file: Number(file.slice(7)),
      transaction: position,
      ordinal: 2 ** 44 + 2 ** 24
    })
  }
}
const found = async (wanted: PlaceWanted, from: From = behind(5)) => {
  const exit = await run(findPlace(wanted, from))
  if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
  return exit.value
}
const refused = async (wanted: PlaceWanted) => {
  const exit = await run(Effect.flip(findPlace(wanted, behind(5))))
  if (Exit.isFailure(exit)) throw new Error("found")
  return exit.value
}

describe("a place in the binlog", () => {
  it("by time is before the first transaction committed at it or later (G1)", async () => {
    const of = async (minute: number) =>
      placeText((await found({ _tag: "Time", micros: minute * MINUTE })).anchor)
    expect(await of(5)).toBe(placeText(committed[4]!))
    expect(await of(4.5)).toBe(placeText(committed[4]!))
    expect(await of(7)).toBe(placeText(committed[6]!))
    expect(await of(0.5)).toBe(placeText(committed[0]!))
    expect(await of(99)).toBe(placeText(server.end))
  })

  it("by time before the oldest binlog is refused once something was purged (G1)", async () => {
    server.purgeTo(2)
    const failure = await refused({ _tag: "Time", micros: 2 * MINUTE })
    expect(failure).toMatchObject({ _tag: "PlaceNotFound", wanted: "1970-01-01T00:02:00Z" })
  })

  it("by GTID is behind that transaction, and an interval means its last (G1)", async () => {
    const of = async (gtid: string) => placeText((await found({ _tag: "Gtid", gtid })).anchor)
    expect(await of(`${UUID}:3`)).toBe(`binlog.000001:${committed[2]!.end}`)
    expect(await of(`${UUID.toUpperCase()}:1-6`)).toBe(`binlog.000002:${committed[5]!.end}`)
    expect(await refused({ _tag: "Gtid", gtid: "0-1-5" })).toMatchObject({ _tag: "PlaceNotFound" })
    expect(await refused({ _tag: "Gtid", gtid: "five" })).toMatchObject({ message: "five is no GTID" })
  })

  it("by file and position must be a transaction's boundary (G1)", async () => {
    const { file, position, end } = committed[4]!
    expect(placeText((await found({ _tag: "FilePosition", file, position })).anchor)).toBe(
      placeText(committed[4]!)
    )
    expect(placeText((await found({ _tag: "FilePosition", file, position: end })).anchor)).toBe(
      `${file}:${end}`
    )
    const inside = await refused({ _tag: "FilePosition", file, position: position + 1 })
    expect(inside).toMatchObject({ message: `No transaction begins at ${file}:${position + 1}` })
    const beyond = await refused({ _tag: "FilePosition", file: "binlog.000009", position: 4 })
    expect(beyond).toMatchObject({ message: "The server's binlog does not reach there" })
  })

  it("by so many transactions counts from where apply stands, over files (G1)", async () => {
    const of = async (transactions: number) =>
      placeText((await found({ _tag: "Shift", transactions })).anchor)
    expect(await of(-1)).toBe(placeText(committed[4]!))
    expect(await of(-2)).toBe(placeText(committed[3]!))
    expect(await of(-4)).toBe(placeText(committed[1]!))
    expect(await of(1)).toBe(`binlog.000002:${committed[5]!.end}`)
    expect(await of(2)).toBe(`binlog.000003:${committed[6]!.end}`)
    expect(await refused({ _tag: "Shift", transactions: -6 })).toMatchObject({ wanted: "-6" })
    expect(await refused({ _tag: "Shift", transactions: 4 })).toMatchObject({ wanted: "+4" })
  })
})

describe("what lies between", () => {
  /** Where the last change of each result that the HR database has taken stands. */
  const between = async (from: From, wanted: PlaceWanted, known: Readonly<Record<string, From>>) => {
    const to = await found(wanted, from)
    const taken = (_kind: string, keys: ReadonlyArray<string>) =>
      Effect.succeed(new Map(keys.flatMap((key) => (known[key] ? [[key, known[key].position]] : []))))
    const exit = await run(measurePassage(from, to, taken, { connector: "c", tables: TABLES, zone: 0 }))
    if (Exit.isFailure(exit)) throw new Error(String(exit.cause))
    return exit.value
  }
  const result = (n: number) => `training.score:${n}`

  it("a rewind brings again what was applied, and nothing behind that (G2)", async () => {
    const known = { [result(3)]: behind(3), [result(4)]: behind(4), [result(5)]: behind(5) }
    expect(await between(behind(5), { _tag: "Time", micros: 3 * MINUTE }, known)).toEqual({
      direction: "rewind",
      transactions: 3,
      events: 3,
      alreadyApplied: 3,
      notYetApplied: 0,
      tables: { "training.score": 3 },
      notAppliedCount: 0,
      notApplied: [],
      firstAt: "1970-01-01T00:03:00Z",
      lastAt: "1970-01-01T00:05:00Z"
    })
  })

  it("a skip names the results that would be lost, each once (G1)", async () => {
    expect(await between(behind(6), { _tag: "Latest" }, {})).toMatchObject({
      direction: "skip",
      transactions: 2,
      events: 2,
      alreadyApplied: 0,
      notAppliedCount: 1,
      notApplied: [result(7)]
    })
    expect(await between(behind(8), { _tag: "Latest" }, {})).toMatchObject({
      transactions: 0,
      notAppliedCount: 0
    })
  })

  it("what the HR database has taken already is not lost by a skip (G1)", async () => {
    const skip = (known: From) => between(behind(6), { _tag: "Latest" }, { [result(7)]: known })
    expect(await skip(behind(8))).toMatchObject({ events: 2, alreadyApplied: 2, notAppliedCount: 0 })
    expect(await skip(behind(7))).toMatchObject({ events: 2, alreadyApplied: 1, notAppliedCount: 1 })
  })
})
