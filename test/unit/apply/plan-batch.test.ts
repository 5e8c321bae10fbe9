import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ApplyOffset } from "../../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import type { LogHead } from "../../../schemas/log-head.ts"
import { formatPosition, START } from "../../../schemas/position.ts"
import { continuityOf, fold, planBatches, splitBatch, type Run } from "../../../src/apply/plan-batch.ts"

const at = (transaction: number, ordinal = 1) =>
  formatPosition({ timeline: 1, file: 1, transaction, ordinal })
const anchorAt = (position: number) => ({
  file: "binlog.000001",
  position,
  gtid: null,
  server: "s",
  timeline: 1
})
const score = (transaction: number, key: string, unreadable?: Record<string, string>): ChangeEvent => ({
  specversion: "1.0",
  id: `e${transaction}`,
  source: "urn:gradewire:c",
  type: "gradewire.score.recorded.v1",
  subject: "lms.score",
  time: "2026-11-22T00:00:00Z",
  datacontenttype: "application/json",
  sequence: at(transaction),
  data: {
    resultId: key,
    origin: "binlog",
    learner: { id: "1" },
    score: { raw: "1" },
    ...(unreadable === undefined ? {} : { unreadable })
  }
})
const runOf = (sequence: number, events: ReadonlyArray<ChangeEvent>, more: Partial<LogHead> = {}): Run => {
  const last = events.at(-1)?.sequence ?? at(sequence * 100)
  return {
    sequence,
    events,
    head: {
      version: 1,
      kind: "segment",
      connector: "c",
      generation: 1,
      epoch: 1,
      previous: START,
      first: last,
      last,
      count: events.length,
      types: [],
      anchor: anchorAt(Number(last.slice(16, 30))),
      committedAt: null,
      ...more
    }
  }
}
const offset = (transaction: number, generation = 1): ApplyOffset => ({
  position: at(transaction),
  generation,
  streamSequence: 1,
  anchor: anchorAt(transaction),
  committedAt: null
})

describe("continuity", () => {
  const head = (previous: number, last: number, generation = 1) => ({
    generation,
    previous: at(previous),
    last: at(last)
  })
  it.each([
    ["the next message", head(100, 200), "follows"],
    ["a message that overlaps", head(50, 200), "follows"],
    ["a message that is known", head(50, 100), "known"],
    ["a message behind a gap", head(101, 200), "hole"],
    ["an older generation's rest", head(150, 200, 0), "known"],
    ["a newer generation that reads again", head(50, 90, 2), "follows"],
    ["a newer generation behind a gap", head(101, 200, 2), "hole"]
  ] as const)("%s => %s (G1)", (_, message, expected) => {
    expect(continuityOf(message, offset(100))).toBe(expected)
  })

  it("takes only the log's very first message for a beginning (G1)", () => {
    expect(continuityOf({ generation: 1, previous: START, last: at(1) }, undefined)).toBe("follows")
    expect(continuityOf({ generation: 1, previous: at(1), last: at(2) }, undefined)).toBe("hole")
  })
})

describe("batches", () => {
  it("chain: each follows the one before, the last ends at the last message (G4)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.boolean(), { maxLength: 6 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (messages, eventsMax) => {
          const start = offset(1)
          const runs = messages.map((flags, index) =>
            runOf(
              index + 2,
              flags.map((bad, row) =>
                score((index + 2) * 100 + row, `k${row}`, bad ? { "score.raw": "x" } : undefined)
              )
            )
          )
          const batches = planBatches(runs, start, eventsMax)
          let after: ApplyOffset | undefined = start
          for (const batch of batches) {
            expect(batch.after).toEqual(after)
            after = batch.offset
          }
          expect(after?.position).toBe(runs.at(-1)!.head.last)
          expect(batches.flatMap(({ all }) => all)).toEqual(runs.flatMap(({ events }) => events))
          for (const { all, refusal } of batches) {
            const bad = all.filter((event) => "unreadable" in event.data)
            expect(refusal === undefined ? bad.length : all.length).toBe(refusal === undefined ? 0 : 1)
          }
        }
      )
    )
  })

  it("leave out events that are applied already (G2)", () => {
    const [batch] = planBatches([runOf(2, [score(90, "a"), score(110, "b")])], offset(100), 10)
    expect(batch?.changes.map(({ sequence }) => sequence)).toEqual([at(110)])
  })

  it("never move the offset back when a new generation reads again from behind (G2)", () => {
    const [batch] = planBatches([runOf(9, [score(50, "a")], { generation: 2 })], offset(100), 10)
    expect(batch?.offset).toMatchObject({ position: at(100), generation: 2, anchor: anchorAt(100) })
    expect(batch?.changes).toEqual([])
  })

  it("keep the last change of each key, in order (G2)", () => {
    const folded = fold([score(1, "a"), score(2, "b"), score(3, "a")])
    expect(folded.map(({ sequence }) => sequence)).toEqual([at(2), at(3)])
  })

  it("are halved until the refused row stands alone, losing none (G3)", () => {
    const [batch] = planBatches(
      [
        runOf(
          2,
          [1, 2, 3, 4, 5].map((n) => score(200 + n, `k${n}`))
        )
      ],
      offset(100),
      10
    )
    const refusal = { reason: "23514", detail: "score_check" }
    const leaves = (part: NonNullable<typeof batch>): ReadonlyArray<NonNullable<typeof batch>> =>
      part.refusal === undefined ? splitBatch(part, refusal).flatMap(leaves) : [part]
    const parts = leaves(batch!)
    expect(parts.map(({ all }) => all.map(({ sequence }) => sequence))).toEqual(
      batch!.all.map(({ sequence }) => [sequence])
    )
    expect(parts.at(-1)!.offset).toEqual(batch!.offset)
    // A mid-batch offset must not name an anchor behind its own position: healing starts there.
    for (const { offset: between } of parts.slice(0, -1)) expect(between.anchor).toEqual(anchorAt(100))
  })
})
