/** What messages say about transactions, so that another server can go on behind them. */
import { describe, expect, it } from "vitest"
import type { Anchor } from "../../../schemas/anchor.ts"
import { capturedAfter, proofOf, type Captured } from "../../../schemas/captured.ts"
import { GtidSet } from "../../../schemas/GtidSet.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../../schemas/position.ts"
import { CheckpointBody } from "../../../schemas/snapshot-state.ts"
import { CaptureRecord } from "../../../src/capture/CaptureRecord.ts"
import type { LogMessage } from "../../../src/capture/ChangeLog.ts"
import { SegmentCutter } from "../../../src/capture/SegmentCutter.ts"
import { Schema } from "effect"

const UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
const TYPE = "gradewire.row.inserted.v1"
const gtidOf = (n: number) => `${UUID}:${n}`
const anchorOf = (n: number): Anchor => ({
  file: "binlog.000001",
  position: 100 * n,
  gtid: gtidOf(n),
  server: "mysql:x",
  timeline: 1
})
const jsonOf = (n: number, row: number, id = "x") => `{"id":"${id}","data":{"t":${n},"r":${row}}}`

const cutting = (known: Captured | undefined, events = 3) => {
  const record = new CaptureRecord(known)
  const before = positionIn(transactionPrefix(1, 1, 4), 0)
  const cutter = new SegmentCutter(
    { connector: "c", generation: 1, epoch: 1 },
    { events, bytes: 1_000_000 },
    record,
    before,
    anchorOf(1),
    null
  )
  const rows = (n: number, from: number, to: number, id?: string) => {
    for (let row = from; row < to; row++) {
      const position = positionIn(transactionPrefix(1, 1, 100 * n), ordinalOf(1, row, 0))
      cutter.add(position, TYPE, jsonOf(n, row, id))
    }
  }
  const begin = (n: number) => cutter.begin(anchorOf(n), "2026-11-22T00:00:00Z", gtidOf(n))
  const commit = (n: number) => {
    record.committed(gtidOf(n), {})
    cutter.commit()
  }
  return { begin, commit, cutter, record, rows }
}

const bodyOf = (message: LogMessage) =>
  Schema.decodeUnknownSync(Schema.fromJsonString(CheckpointBody))(Buffer.from(message.body).toString())
const capturedIn = (messages: ReadonlyArray<LogMessage>) => messages.map(({ head }) => head.captured)

describe("the record of captured transactions", () => {
  it("names a transaction in no message before the one that makes it whole (G1)", () => {
    const { begin, commit, cutter, rows } = cutting({ gtids: gtidOf(1) })
    begin(2)
    rows(2, 0, 1)
    commit(2)
    begin(3)
    rows(3, 0, 5)
    expect(capturedIn(cutter.drain())).toEqual([
      { gtids: gtidOf(2) },
      { gtids: gtidOf(2), partial: [{ gtid: gtidOf(3), changes: 3, proof: proofOf(TYPE, jsonOf(3, 2)) }] }
    ])
    commit(3)
    begin(4)
    commit(4)
    expect(capturedIn(cutter.drain())).toEqual([{ gtids: `${UUID}:2-3` }])
    const place = positionIn(transactionPrefix(1, 1, 500), 0)
    const checkpoint = cutter.checkpoint(place, anchorOf(5), { paused: false, tables: [] })
    expect([checkpoint.head.captured, bodyOf(checkpoint).captured]).toEqual([
      undefined,
      { gtids: `${UUID}:1-4` }
    ])
  })

  it("adds up from a checkpoint and the last head behind it (G2)", () => {
    expect(capturedAfter({ gtids: `${UUID}:1-4` }, { gtids: `${UUID}:5-6,${UUID}:blue:1` })).toEqual({
      gtids: `${UUID}:1-6,${UUID}:blue:1`
    })
    expect(capturedAfter({ gtids: "0-1-5", isBehind: true }, { gtids: "" })).toEqual({ gtids: "0-1-5" })
    expect(capturedAfter(undefined, { gtids: "" })).toBeUndefined()
    expect(capturedAfter({ gtids: "0-1-5" }, undefined)).toBeUndefined()
  })

  it("passes over what is known of a transaction from another server, by count and proof (G2)", () => {
    const partial = { gtid: gtidOf(2), changes: 3, proof: proofOf(TYPE, jsonOf(2, 2)) }
    const { begin, commit, cutter, rows } = cutting({ gtids: gtidOf(1), partial: [partial] })
    begin(2)
    cutter.skip(partial.changes, partial.proof)
    rows(2, 0, 5, "named otherwise")
    commit(2)
    const [message] = cutter.drain()
    expect(message!.head.count).toBe(2)
    expect(message!.head.captured).toEqual({ gtids: gtidOf(2) })
  })

  it("refuses a transaction that is another one there (G3)", () => {
    const other = cutting(undefined)
    other.begin(2)
    other.cutter.skip(2, proofOf(TYPE, jsonOf(2, 7)))
    expect(() => other.rows(2, 0, 2)).toThrow(/other rows/)
    const fewer = cutting(undefined)
    fewer.begin(2)
    fewer.cutter.skip(3, proofOf(TYPE, jsonOf(2, 2)))
    fewer.rows(2, 0, 2)
    expect(() => fewer.commit(2)).toThrow(/fewer rows/)
  })

  it("ends with a transaction without GTID, and where it would not fit a head (G3, G8)", () => {
    const nameless = new CaptureRecord({ gtids: gtidOf(1) })
    nameless.committed(null, {})
    nameless.committed(gtidOf(2), {})
    expect([nameless.atSegment(), nameless.atCheckpoint()]).toEqual([undefined, undefined])
    const gaps = new CaptureRecord({ gtids: "" })
    const passed = new GtidSet()
    for (let n = 1; n < 2000; n += 2) passed.add(gtidOf(n))
    gaps.committed(gtidOf(9999), { passed })
    expect([gaps.isLong, gaps.atSegment()]).toEqual([true, undefined])
    expect(GtidSet.parse(gaps.atCheckpoint()!.gtids)!.intervals).toBe(1001)
    expect([gaps.isLong, gaps.atSegment()]).toEqual([false, { gtids: "" }])
  })
})
