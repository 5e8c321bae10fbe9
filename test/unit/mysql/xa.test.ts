/** XA transactions: prepared in one transaction of the binlog, decided in another. */
import { describe, expect, it } from "vitest"
import { EventType } from "../../../connectors/mysql/binlog/event-type.ts"
import type { ReaderSettings } from "../../../connectors/mysql/reader-settings.ts"
import type { SourceEvent } from "../../../src/capture/ChangeSource.ts"
import {
  eventBytes,
  FILE,
  formatDescription,
  gtid,
  query,
  readerOf,
  rotate,
  tableMap,
  writeRows,
  xid
} from "./binlog-bytes.ts"

const EXAM = tableMap(1, "exam", ["id", "score"])
const OTHER = tableMap(2, "other", ["id"])
const UUID = "11111111-1111-1111-1111-111111111111"

const name = (letter: string): string => `X'${Buffer.from(letter).toString("hex")}',X'',1`

const prepare = (letter: string, onePhase = 0): Buffer =>
  eventBytes({
    type: EventType.XaPrepare,
    body: Buffer.from([onePhase, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, letter.charCodeAt(0)])
  })

const prepared = (n: number, letter: string, ...rows: ReadonlyArray<Buffer>) => [
  gtid(n),
  query(`XA START ${name(letter)}`),
  EXAM,
  OTHER,
  ...rows,
  query(`XA END ${name(letter)}`),
  prepare(letter)
]
const row = (n: number): Buffer => writeRows(1, [[n, n]])
const plain = (n: number) => [gtid(n), query("BEGIN"), EXAM, row(n), xid()]
const outcome = (n: number, verb: string, letter: string) => [gtid(n), query(`XA ${verb} ${name(letter)}`)]

const read = (
  packets: ReadonlyArray<Buffer>,
  settings: Partial<ReaderSettings> = {}
): ReadonlyArray<SourceEvent> => {
  const reader = readerOf(settings)
  for (const packet of [rotate(FILE, 4), formatDescription(true), ...packets]) reader.push(packet)
  return reader.drain()
}

/** Every row with the number of the transaction it left in. */
const rowsBy = (events: ReadonlyArray<SourceEvent>) => {
  let transaction = ""
  return events.flatMap((event) => {
    if (event._tag === "Begin") transaction = event.gtid!.slice(UUID.length + 1)
    return event._tag === "Rows" ? event.after!.map((image) => `${transaction}: ${image[0]}`) : []
  })
}

const failureOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe("XA transactions", () => {
  it("leave where they are committed, behind what was committed before (G2)", () => {
    const events = read([
      ...prepared(1, "a", row(10)),
      ...plain(2),
      ...prepared(3, "b", row(30), row(31)),
      ...outcome(4, "COMMIT", "b"),
      ...outcome(5, "COMMIT", "a")
    ])
    expect(rowsBy(events)).toEqual(["2: 2", "4: 30", "4: 31", "5: 10"])
  })

  it("never leave where they are rolled back (G2)", () => {
    const events = read([...prepared(1, "a", row(10)), ...outcome(2, "ROLLBACK", "a"), ...plain(3)])
    expect(rowsBy(events)).toEqual(["3: 3"])
  })

  it("of one phase leave at once (G1)", () => {
    const start = prepared(1, "a", row(10)).slice(0, -1)
    expect(rowsBy(read([...start, prepare("a", 1)]))).toEqual(["1: 10"])
  })

  it("may use an identifier again (G2)", () => {
    const events = read([
      ...prepared(1, "a", row(10)),
      ...outcome(2, "ROLLBACK", "a"),
      ...prepared(3, "a", row(30)),
      ...outcome(4, "COMMIT", "a")
    ])
    expect(rowsBy(events)).toEqual(["4: 30"])
  })

  it("hold the place to begin again until they are decided, across files too (G1)", () => {
    const events = read([
      ...prepared(1, "a", row(10)),
      ...plain(2),
      rotate("binlog.000002", 4),
      formatDescription(true, 127),
      ...plain(3),
      ...outcome(4, "COMMIT", "a"),
      ...plain(5)
    ])
    const resumes = events.flatMap((event) =>
      event._tag === "Begin" ? [[event.gtid!.slice(UUID.length + 1), event.resumeFrom?.gtid]] : []
    )
    expect(resumes).toEqual([
      ["1", undefined],
      ["2", `${UUID}:1`],
      ["3", `${UUID}:1`],
      ["4", `${UUID}:1`],
      ["5", undefined]
    ])
    expect(events.find((event) => event._tag === "Rotated")).toMatchObject({
      file: "binlog.000002",
      resumeFrom: { file: FILE, gtid: `${UUID}:1` }
    })
  })

  it("without mapped rows hold nothing back (G1)", () => {
    const events = read([...prepared(1, "a", writeRows(2, [[1]])), ...plain(2), ...outcome(3, "COMMIT", "a")])
    expect(rowsBy(events)).toEqual(["2: 2"])
    expect(events.every((event) => event._tag !== "Begin" || event.resumeFrom === undefined)).toBe(true)
  })

  it("that were prepared before the very first start stop the reader, and pass when told so (G3)", () => {
    const packets = [...outcome(1, "COMMIT", "a"), ...plain(2)]
    const failure = failureOf(() => read(packets, { isFirstStart: true }))
    expect(failure).toMatchObject({ _tag: "Undecodable", what: "XA COMMIT", fate: "halt" })
    const at = /acceptedStatements: \["([^"]+)"\]/.exec((failure as { readonly fix: string }).fix)![1]!
    expect(rowsBy(read(packets, { isFirstStart: true, acceptedStatements: new Set([at]) }))).toEqual(["2: 2"])
    // Later, reading begins no later than at the oldest one that waits: this one changed nothing mapped.
    expect(rowsBy(read(packets))).toEqual(["2: 2"])
    const known = [...prepared(1, "a", writeRows(2, [[1]])), ...outcome(2, "COMMIT", "a"), ...plain(3)]
    expect(rowsBy(read(known, { isFirstStart: true }))).toEqual(["3: 3"])
  })

  it("are bounded together while they wait (G8)", () => {
    const many = Array.from({ length: 100 }, (_, i) => prepared(i + 1, String.fromCharCode(200 + i), row(i)))
    expect(failureOf(() => read(many.flat(), { largestBytes: 2000 }))).toMatchObject({
      _tag: "Undecodable",
      what: "XA transaction"
    })
  })

  it("of a table whose engine cannot roll back stop the reader at their rollback (G3)", () => {
    const packets = [...prepared(1, "a", row(10)), ...outcome(2, "ROLLBACK", "a")]
    expect(failureOf(() => read(packets, { nonTransactional: new Set([0]) }))).toMatchObject({
      _tag: "Undecodable",
      what: "ROLLBACK"
    })
  })
})
