/**
 * Fixed fault histories, so that every fault happens at least once wherever the tests run; `make chaos` makes any number.
 * Each pairs two faults of different places, which overlap.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { FAULT_KINDS, type FaultKind } from "../chaos/FaultKind.ts"
import { planHistory } from "../chaos/plan-history.ts"
import { replayCommand } from "../chaos/replay-command.ts"
import type { SourceKind } from "../chaos/ServerPool.ts"
import { Stage } from "../chaos/Stage.ts"

type Pair = readonly [FaultKind, ...ReadonlyArray<FaultKind>]

const HISTORIES: Readonly<Record<SourceKind, ReadonlyArray<Pair>>> = {
  mysql: [
    ["capture-killed", "hr-sessions-terminated"],
    ["both-killed", "nats-restarted"],
    ["apply-kill-loop", "dump-thread-killed"],
    ["old-capture-wakes", "poison-rows"],
    ["killed-at-binlog-event", "stream-full"],
    ["killed-before-publish", "hr-restarted"],
    ["killed-after-acknowledgement", "links-slow"],
    ["killed-at-take-over", "consumers-deleted"],
    ["killed-before-batch", "binlog-cut"],
    ["killed-before-commit-answer", "nats-killed"],
    ["stream-purged", "batch-cut"],
    ["stream-deleted", "hr-locked"],
    ["nats-rolled-back", "commit-answer-cut"],
    ["hr-restored-while-running", "publish-cut"],
    ["source-killed", "log-link-frozen"],
    ["message-deleted", "apply-killed"],
    ["clocks-jump", "apply-killed"],
    ["killed-at-dump", "hr-deadlocks"],
    ["killed-after-first-checkpoint", "learners-found"],
    ["store-truncated"],
    ["huge-transaction"]
  ],
  mariadb: [
    ["apply-killed", "binlog-purged"],
    ["capture-kill-loop", "hr-killed"],
    ["old-apply-wakes", "learners-found"],
    ["killed-at-first-checkpoint", "hr-read-only"],
    ["killed-before-acknowledgement", "binlog-flushed"],
    ["killed-at-delivery", "links-down"],
    ["killed-within-batch", "poison-rows"],
    ["killed-after-commit-answer", "acknowledgement-cut"],
    ["stream-purged-while-down", "hr-link-frozen"],
    ["hr-restored-while-stopped", "delivery-cut"],
    ["source-restarted", "hr-deadlocks"],
    ["source-link-frozen", "nats-killed"],
    ["clocks-jump", "links-slow"],
    ["killed-at-copy", "hr-sessions-terminated"],
    ["killed-after-take-over", "stream-full"],
    ["store-damaged"]
  ]
}

const HUGE_ROWS = 20_000
/** The first history of a kind of server waits for its start. */
const HISTORY_MS = 360_000

describe.each(Object.entries(HISTORIES) as ReadonlyArray<[SourceKind, ReadonlyArray<Pair>]>)(
  "faults on %s",
  (source, pairs) => {
    let stage: Stage
    beforeAll(async () => {
      stage = await Stage.open()
    })
    afterAll(() => stage.close())

    it.each(pairs.map((faults, place) => ({ faults, name: faults.join(" and "), seed: 9000 + place })))(
      "$name lose, double and misfile nothing (G1, G2, G4, G5, G6, G7)",
      { timeout: HISTORY_MS },
      async ({ faults, seed }) => {
        const plan = planHistory(seed, HUGE_ROWS, { source, faults })
        const { complaints } = await stage.run(plan)
        expect(complaints.length === 0 ? [] : [replayCommand(plan, true), ...complaints]).toEqual([])
      }
    )
  }
)

describe("the list of histories", () => {
  it("has every fault (G3)", () => {
    const listed = new Set(Object.values(HISTORIES).flat(2))
    expect(FAULT_KINDS.filter((kind) => !listed.has(kind))).toEqual([])
  })
})
