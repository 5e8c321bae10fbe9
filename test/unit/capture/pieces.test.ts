/** A change that is larger than a message: cut by capture, put together again by apply. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Anchor } from "../../../schemas/anchor.ts"
import { fromHeaders, messageId, toHeaders, type LogHead } from "../../../schemas/log-head.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../../schemas/position.ts"
import { PieceJoin, type OwnMessage } from "../../../src/apply/PieceJoin.ts"
import { seekStart } from "../../../src/apply/seek-start.ts"
import { ChangeFeed } from "../../../src/apply/ChangeFeed.ts"
import { CaptureRecord } from "../../../src/capture/CaptureRecord.ts"
import type { LogMessage } from "../../../src/capture/ChangeLog.ts"
import { SegmentCutter } from "../../../src/capture/SegmentCutter.ts"

const anchorAt = (position: number): Anchor => ({
  file: "binlog.000001",
  position,
  gtid: null,
  server: "mysql:x",
  timeline: 1
})
const START_POSITION = positionIn(transactionPrefix(1, 1, 4), 0)
const GTID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"

/** One change a transaction, with a comment of the given length each. */
const messagesOf = (lengths: ReadonlyArray<number>, pieceBytes: number): ReadonlyArray<LogMessage> => {
  const record = new CaptureRecord({ gtids: "" })
  const cutter = new SegmentCutter(
    { connector: "c", generation: 1, epoch: 1 },
    { events: 3, bytes: pieceBytes, pieceBytes },
    record,
    START_POSITION,
    anchorAt(4),
    null
  )
  return lengths.flatMap((length, index) => {
    const at = 100 * (index + 1)
    const gtid = `${GTID}:${index + 1}`
    cutter.begin(anchorAt(at), "2026-11-22T00:00:00Z", gtid)
    const position = positionIn(transactionPrefix(1, 1, at), ordinalOf(1, 0, 0))
    cutter.add(
      position,
      "gradewire.score.recorded.v1",
      JSON.stringify({ n: index, comment: "评".repeat(length) })
    )
    record.committed(gtid, {})
    cutter.commit()
    return cutter.drain()
  })
}

const stored = (messages: ReadonlyArray<LogMessage>): ReadonlyArray<OwnMessage> =>
  messages.map(({ body, head }, index) => ({ sequence: index + 1, head, body }))

const joinedOf = (messages: ReadonlyArray<OwnMessage>) => {
  const join = new PieceJoin()
  return messages.map((message) => join.take(message)).filter((joined) => joined !== "waiting")
}

const contents = (joined: ReturnType<typeof joinedOf>): ReadonlyArray<number> =>
  joined.flatMap((one) =>
    one === "incomplete"
      ? [-1]
      : (JSON.parse(Buffer.from(one.body).toString()) as ReadonlyArray<{ n: number }>).map(({ n }) => n)
  )

const lengths = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 12 })

describe("a change in pieces", () => {
  it("comes out whole, whatever its size, and no message is larger than may be (G1)", () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 40, max: 300 }), (sizes, bytesMax) => {
        const messages = messagesOf(sizes, bytesMax)
        for (const { body, head } of messages)
          if (head.piece !== undefined || head.count === 1) expect(body.length).toBeLessThanOrEqual(bytesMax)
        expect(contents(joinedOf(stored(messages)))).toEqual(sizes.map((_, index) => index))
        expect(new Set(messages.map(({ head }) => messageId(head))).size).toBe(messages.length)
      })
    )
  })

  it("claims nothing before its last piece: a log that ends between them ends before the change (G1)", () => {
    const messages = messagesOf([10, 200, 10], 100)
    let last: LogHead | undefined
    for (const { head } of messages) {
      const isWithin = head.pieceLast === false
      expect(head.previous).toBe(last?.last ?? START_POSITION)
      if (isWithin) {
        expect(head.last).toBe(head.previous)
        expect(head.captured).toEqual(last?.captured ?? undefined)
        expect(head.committedAt).toBeNull()
      }
      last = head
    }
    expect(messages.filter(({ head }) => head.pieceLast === true)).toHaveLength(1)
    expect(messages.at(-1)!.head.captured?.gtids).toBe(`${GTID}:1-3`)
  })

  it("is read from its first piece where the place is searched for by position (G5)", async () => {
    const messages = stored(messagesOf([10, 200, 10], 100))
    const first = messages.find(({ head }) => head.piece === 1)!
    const feed = ChangeFeed.of({
      ends: Effect.succeed({ firstSequence: 1, lastSequence: messages.length }),
      headAt: (sequence) => Effect.succeed(messages[sequence - 1]),
      open: () => Effect.never
    })
    const offset = {
      position: messages[0]!.head.last,
      generation: 1,
      streamSequence: 0,
      anchor: anchorAt(100),
      committedAt: null
    }
    const found = await Effect.runPromise(Effect.provideService(seekStart(offset), ChangeFeed, feed))
    expect(found).toBe(first.sequence)
  })

  it("written anew after a crash between its pieces is taken once, and never in part (G2)", () => {
    const whole = messagesOf([200], 100)
    const broken = whole.slice(0, 2)
    const again = whole.map(({ body, head }) => ({ body, head: { ...head, epoch: 2 } }))
    expect(contents(joinedOf(stored([...broken, ...again])))).toEqual([0])
    const withoutFirst = stored(whole).slice(1)
    expect(joinedOf(withoutFirst)).toEqual(["incomplete"])
    const mixed = stored([...broken, ...again.slice(broken.length)])
    expect(joinedOf(mixed)).toEqual(["incomplete"])
  })

  it("says in its headers which piece it is, and a message in one piece says nothing (G3)", () => {
    for (const { head } of messagesOf([10, 200], 100)) {
      const headers = new Map(toHeaders(head))
      expect(headers.has("Gradewire-Piece")).toBe(head.piece !== undefined)
      expect(fromHeaders((name) => headers.get(name))).toEqual(head)
    }
  })
})
