import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Anchor } from "../../../schemas/anchor.ts"
import { ordinalOf, positionIn, transactionPrefix } from "../../../schemas/position.ts"
import type { LogMessage } from "../../../src/capture/ChangeLog.ts"
import { CaptureRecord } from "../../../src/capture/CaptureRecord.ts"
import { SegmentCutter } from "../../../src/capture/SegmentCutter.ts"

const anchorAt = (position: number): Anchor => ({
  file: "binlog.000001",
  position,
  gtid: null,
  server: "mysql:x",
  timeline: 1
})
const before = positionIn(transactionPrefix(1, 1, 4), 0)
const newCutter = (events: number, bytes = 1_000_000) =>
  new SegmentCutter(
    { connector: "c", generation: 1, epoch: 1 },
    { events, bytes },
    new CaptureRecord(undefined),
    before,
    anchorAt(4),
    null
  )

/** Feeds transactions of the given sizes, draining where `drains` says so, and returns all messages. */
const feed = (cutter: SegmentCutter, sizes: ReadonlyArray<number>, drains: (step: number) => boolean) => {
  const messages: Array<LogMessage> = []
  let step = 0
  sizes.forEach((size, index) => {
    const start = 100 * (index + 1)
    const prefix = transactionPrefix(1, 1, start)
    cutter.begin(anchorAt(start), `2026-11-22T00:00:0${index % 10}Z`, null)
    for (let row = 0; row < size; row++) {
      cutter.add(
        positionIn(prefix, ordinalOf(1, row, 0)),
        "gradewire.score.recorded.v1",
        `{"t":${index},"r":${row}}`
      )
      if (drains(step++)) messages.push(...cutter.drain())
    }
    cutter.commit()
  })
  messages.push(...cutter.drain())
  return messages
}

const bodies = (messages: ReadonlyArray<LogMessage>) =>
  messages.map(
    ({ body }) => JSON.parse(Buffer.from(body).toString()) as ReadonlyArray<{ t: number; r: number }>
  )

const histories = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 12 }),
  events: fc.integer({ min: 1, max: 7 }),
  bytes: fc.integer({ min: 10, max: 200 }),
  drains: fc.func(fc.boolean())
})

describe("segments", () => {
  it("hold every change once, in order, each naming the message before it (G1)", () => {
    fc.assert(
      fc.property(histories, ({ sizes, events, bytes, drains }) => {
        const messages = feed(newCutter(events, bytes), sizes, drains)
        expect(bodies(messages).flat()).toEqual(
          sizes.flatMap((size, t) => Array.from({ length: size }, (_, r) => ({ t, r })))
        )
        let previous = before
        for (const { head, body } of messages) {
          expect(head.previous).toBe(previous)
          expect(head.first > previous && head.first <= head.last).toBe(true)
          expect(head.count).toBe((JSON.parse(Buffer.from(body).toString()) as Array<unknown>).length)
          previous = head.last
        }
      })
    )
  })

  it("stay within their limits (G8)", () => {
    fc.assert(
      fc.property(histories, ({ sizes, events, bytes, drains }) => {
        for (const { head, body } of feed(newCutter(events, bytes), sizes, drains)) {
          expect(head.count).toBeLessThanOrEqual(events)
          expect(head.count === 1 || body.length <= bytes + 1).toBe(true)
        }
      })
    )
  })

  it("end at a transaction's end, or hold a part of one transaction only and say which (G1)", () => {
    fc.assert(
      fc.property(histories, ({ sizes, events, bytes, drains }) => {
        const messages = feed(newCutter(events, bytes), sizes, drains)
        let expectedPart = 1
        messages.forEach(({ head }, index) => {
          const inside = bodies([messages[index]!])[0]!
          const last = inside.at(-1)!
          const endsTransaction = last.r === sizes[last.t]! - 1
          if (head.part === undefined) {
            expect(endsTransaction).toBe(true)
            expect(inside[0]!.r).toBe(0)
            return
          }
          expect(new Set(inside.map(({ t }) => t)).size).toBe(1)
          expect(head.part).toBe(expectedPart)
          expect(head.partLast).toBe(endsTransaction)
          expectedPart = head.partLast === true ? 1 : expectedPart + 1
        })
      })
    )
  })

  it("let a lone change leave at once (G1)", () => {
    const messages = feed(newCutter(500), [1], () => false)
    expect(messages.map(({ head }) => head.count)).toEqual([1])
  })

  it("keep an open transaction's changes until it commits or fills a segment (G1)", () => {
    const cutter = newCutter(3)
    cutter.begin(anchorAt(100), "2026-11-22T00:00:00Z", null)
    const prefix = transactionPrefix(1, 1, 100)
    for (const row of [0, 1, 2])
      cutter.add(positionIn(prefix, ordinalOf(1, row, 0)), "gradewire.score.recorded.v1", "{}")
    expect(cutter.drain()).toEqual([])
    cutter.add(positionIn(prefix, ordinalOf(1, 3, 0)), "gradewire.score.recorded.v1", "{}")
    expect(cutter.drain().map(({ head }) => [head.count, head.part, head.partLast])).toEqual([[3, 1, false]])
    cutter.commit()
    expect(cutter.drain().map(({ head }) => [head.count, head.part, head.partLast])).toEqual([[1, 2, true]])
  })

  it("name the start of their last transaction as the place to resume (G1)", () => {
    const messages = feed(newCutter(500), [2, 1], () => false)
    expect(messages.map(({ head }) => head.anchor.position)).toEqual([200])
  })
})
