import { describe, expect, it } from "vitest"
import type { ApplyOffset } from "../../../schemas/apply-offset.ts"
import type { LogHead } from "../../../schemas/log-head.ts"
import { formatPosition, START } from "../../../schemas/position.ts"
import type { LogTail } from "../../../src/capture/ChangeLog.ts"
import { mustAskApply, outranks, planResume, type ApplyAnswer } from "../../../src/capture/resume-plan.ts"

const at = (transaction: number, ordinal = 0) =>
  formatPosition({ timeline: 1, file: 7, transaction, ordinal })
const anchorAt = (position: number) => ({
  file: "binlog.000007",
  position,
  gtid: `uuid:${position}`,
  server: "mysql:uuid",
  timeline: 1
})
const headAt = (transaction: number, more: Partial<LogHead> = {}): LogHead => ({
  version: 1,
  kind: "segment",
  connector: "c",
  generation: 3,
  epoch: 5,
  previous: at(transaction - 10),
  first: at(transaction, 1),
  last: at(transaction, 9),
  count: 1,
  types: [],
  anchor: anchorAt(transaction),
  committedAt: "2026-11-22T00:00:00Z",
  ...more
})
const appliedAt = (transaction: number, generation = 3): ApplyOffset => ({
  position: at(transaction, 9),
  generation,
  streamSequence: 12,
  anchor: anchorAt(transaction),
  committedAt: "2026-11-21T00:00:00Z"
})
const bounds = {
  server: "mysql:uuid",
  first: { file: "binlog.000005", position: 4 },
  last: { file: "binlog.000007", position: 900 }
}
const log = (first: LogHead | undefined, last: LogHead | undefined, lastSequence = 40): LogTail => ({
  firstSequence: first === undefined ? 0 : 1,
  lastSequence,
  head: last,
  firstHead: first
})
const plan = (tail: LogTail, applied?: ApplyAnswer, start: "earliest" | "latest" = "earliest", mine = 0) =>
  planResume(tail, applied, bounds, start, { generation: 0, epoch: mine })

describe("where capture begins", () => {
  it("goes on after the newest message of the log, under a higher epoch (G1, G6)", () => {
    expect(plan(log(headAt(100), headAt(500)), appliedAt(300))).toMatchObject({
      why: "resume",
      anchor: anchorAt(500),
      last: at(500, 9),
      previous: at(500, 9),
      generation: 3,
      epoch: 6
    })
  })

  it("goes on there too when the log lost its tail behind what apply already has (G5)", () => {
    expect(plan(log(headAt(100), headAt(200)), appliedAt(300))).toMatchObject({
      why: "resume",
      last: at(200, 9)
    })
  })

  it("begins with the oldest binlog only where neither log nor apply knows anything (G1)", () => {
    expect(plan(log(undefined, undefined, 0))).toMatchObject({
      why: "new",
      previous: START,
      generation: 1,
      epoch: 1,
      anchor: { file: "binlog.000005", position: 4, gtid: null }
    })
  })

  it("begins with what comes next where told so (G1)", () => {
    expect(plan(log(undefined, undefined, 0), undefined, "latest").anchor).toMatchObject({
      file: "binlog.000007",
      position: 900
    })
  })

  it("does not skip to the end when an emptied log may have held unapplied changes (G5)", () => {
    expect(plan(log(undefined, undefined, 40), undefined, "latest").anchor.file).toBe("binlog.000005")
  })

  it("bridges an empty log from apply's offset in a new generation (G5)", () => {
    expect(plan(log(undefined, undefined, 40), appliedAt(300))).toMatchObject({
      why: "heal",
      anchor: anchorAt(300),
      last: at(300, 9),
      previous: at(300, 9),
      generation: 4
    })
  })

  it("bridges a log whose front was removed past apply's offset (G5)", () => {
    const front = headAt(400, { previous: at(390, 9) })
    expect(plan(log(front, headAt(500)), appliedAt(300))).toMatchObject({
      why: "heal",
      last: at(300, 9),
      generation: 4
    })
  })

  it("trusts a log whose newest generation already bridges the gap (G5)", () => {
    const front = headAt(400, { previous: at(390, 9), generation: 2 })
    expect(plan(log(front, headAt(500, { generation: 3 })), appliedAt(300, 3)).why).toBe("resume")
  })

  it("bridges once more where the newest generation may begin behind apply's offset (G5)", () => {
    const front = headAt(400, { previous: at(390, 9), generation: 2 })
    expect(plan(log(front, headAt(500, { generation: 3 })), appliedAt(300, 2))).toMatchObject({
      why: "heal",
      last: at(300, 9),
      generation: 4,
      epoch: 6
    })
  })

  it("begins anew where the log lost its front before apply applied anything (G1, G5)", () => {
    expect(plan(log(headAt(400), headAt(500)), undefined, "latest")).toMatchObject({
      why: "new",
      previous: START,
      generation: 4,
      epoch: 6,
      anchor: { file: "binlog.000005", position: 4 }
    })
  })

  it("resumes at the log's end where apply does not answer (G1)", () => {
    expect(plan(log(headAt(400), headAt(500)), "silent")).toMatchObject({ why: "resume", last: at(500, 9) })
  })

  it("asks apply before it takes an empty log for a new one (G5)", () => {
    expect(mustAskApply(log(undefined, undefined, 0))).toBe(true)
    expect(mustAskApply(log(headAt(1), headAt(2)))).toBe(false)
  })

  it("writes under a higher epoch than it ever did, even after the log was rolled back (G6)", () => {
    expect(plan(log(headAt(100), headAt(200, { epoch: 2 })), "silent", "earliest", 9).epoch).toBe(10)
  })

  it("opens a newer generation than apply has seen where the log lost that one (G1, G5)", () => {
    const shorter = log(headAt(100), headAt(200))
    expect(plan(shorter, appliedAt(300, 5))).toMatchObject({ why: "resume", last: at(200, 9), generation: 6 })
    expect(planResume(shorter, "silent", bounds, "latest", { generation: 4, epoch: 1 })).toMatchObject({
      why: "resume",
      generation: 5,
      epoch: 6
    })
  })

  it("goes where an operator has set apply's offset, before or behind the log's end (G1, G2)", () => {
    const tail = log(headAt(100), headAt(500))
    for (const place of [300, 700]) {
      const reset = { ...appliedAt(place, 4), streamSequence: 0 }
      expect(plan(tail, reset)).toMatchObject({
        why: "heal",
        anchor: anchorAt(place),
        last: at(place, 9),
        previous: at(place, 9),
        generation: 5,
        epoch: 6
      })
    }
  })

  it("goes on in the log once it has begun where an operator wished (G1)", () => {
    const begun = headAt(300, { generation: 5, kind: "checkpoint", previous: at(300, 9) })
    const reset = { ...appliedAt(300, 4), streamSequence: 0 }
    const tail = { ...log(headAt(100), begun), firstHead: undefined }
    expect(plan(tail, reset)).toMatchObject({ why: "resume", last: at(300, 9), generation: 5 })
  })

  it("ranks writers by generation, then epoch (G6)", () => {
    expect(outranks({ generation: 2, epoch: 1 }, { generation: 1, epoch: 9 })).toBe(true)
    expect(outranks({ generation: 1, epoch: 9 }, { generation: 1, epoch: 9 })).toBe(false)
  })
})
