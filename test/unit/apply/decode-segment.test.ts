import { Result } from "effect"
import { describe, expect, it } from "vitest"
import type { LogHead } from "../../../schemas/log-head.ts"
import { formatPosition, START } from "../../../schemas/position.ts"
import { decodeSegment } from "../../../src/apply/decode-segment.ts"

const at = (transaction: number) => formatPosition({ timeline: 1, file: 1, transaction, ordinal: 1 })
const event = (transaction: number, more: Record<string, unknown> = {}) => ({
  type: "gradewire.score.recorded.v1",
  sequence: at(transaction),
  data: { resultId: "t:1" },
  ...more
})
const head: LogHead = {
  version: 1,
  kind: "segment",
  connector: "c",
  generation: 1,
  epoch: 1,
  previous: START,
  first: at(1),
  last: at(2),
  count: 2,
  types: [],
  anchor: { file: "b.1", position: 4, gtid: null, server: "s", timeline: 1 },
  committedAt: null
}
const decode = (body: unknown) => decodeSegment(9, head, Buffer.from(JSON.stringify(body)))

describe("a segment's body", () => {
  it("is taken as it is where it agrees with its head (G1)", () => {
    expect(Result.getOrUndefined(decode([event(1), event(2)]))).toHaveLength(2)
  })

  it.each([
    ["fewer events than the head says", [event(2)]],
    ["positions out of order", [event(2), event(1)]],
    ["a position beyond the head", [event(1), event(3)]],
    ["an end before the head's", [event(0), event(1)]],
    ["an unknown type", [event(1), event(2, { type: "gradewire.score.guessed.v1" })]],
    ["no position", [event(1), event(2, { sequence: 7 })]],
    ["no key", [event(1), event(2, { data: {} })]],
    ["no events at all", { events: [] }],
    ["null", [null, null]]
  ])("stops apply where it has %s (G3)", (_, body) => {
    const result = decode(body)
    expect(Result.isFailure(result) && result.failure).toMatchObject({
      _tag: "SegmentUndecodable",
      sequence: 9
    })
  })

  it("stops apply where it is no JSON, or not UTF-8 (G3)", () => {
    for (const body of ["[", "\u0000"]) {
      expect(Result.isFailure(decodeSegment(9, head, Buffer.from(body)))).toBe(true)
    }
    expect(Result.isFailure(decodeSegment(9, head, Uint8Array.of(0x5b, 0xff, 0x5d)))).toBe(true)
  })
})
