/** Reading goes on while a batch commits: batches grow with what waits, and a lone score waits for nothing. */
import { Effect, Fiber, Layer, Logger } from "effect"
import { describe, expect, it } from "vitest"
import type { LogHead } from "../../../schemas/log-head.ts"
import { START } from "../../../schemas/position.ts"
import { apply } from "../../../src/apply/apply.ts"
import { ChangeFeed, type FeedMessage } from "../../../src/apply/ChangeFeed.ts"
import { ProfileStore, type ApplyBatch } from "../../../src/apply/ProfileStore.ts"
import { exam, offsetAt, positionAt } from "../../conformance/hr-world.ts"
import { layerMemoryProgressDesk, MemoryDesks } from "../../support/fakes/MemoryProgress.ts"

const BATCH_EVENTS = 10

const segment = (n: number, opened: (n: number) => void): FeedMessage => {
  const event = exam(n, n, { phone: "1" }, "1.00")
  const head: LogHead = {
    version: 1,
    kind: "segment",
    connector: "c",
    generation: 0,
    epoch: 1,
    previous: n === 1 ? START : positionAt(n - 1),
    first: event.sequence,
    last: event.sequence,
    count: 1,
    types: [event.type],
    anchor: offsetAt(n).anchor,
    committedAt: event.time
  }
  const body = new TextEncoder().encode(JSON.stringify([event]))
  return {
    sequence: n,
    head,
    get body() {
      opened(n)
      return body
    }
  }
}

/** A log that is handed messages one by one, and a store whose commits wait to be let go. */
const bench = () => {
  const waiting: Array<FeedMessage> = []
  const opened = new Set<number>()
  const begun: Array<ApplyBatch> = []
  let wake = () => {}
  let letGo = () => {}
  let reads = 0
  const until = (isSo: () => boolean, hear: (again: () => void) => void) =>
    Effect.callback<void>((resume) => {
      const look = () => (isSo() ? resume(Effect.void) : hear(look))
      look()
    })
  const next = Effect.gen(function* () {
    reads += 1
    yield* until(
      () => waiting.length > 0,
      (again) => (wake = again)
    )
    return waiting.splice(0)
  })
  const store: Partial<ProfileStore["Service"]> = {
    takeOver: Effect.succeed({ epoch: 1, offset: undefined }),
    offset: Effect.undefined,
    progress: Effect.undefined,
    release: () => Effect.succeed({ released: 0, more: false }),
    apply: (_, batch) => {
      begun.push(batch)
      return Effect.callback((resume) => {
        letGo = () => resume(Effect.succeed({ applied: batch.events, stale: 0, held: 0, dead: 0 }))
      })
    }
  }
  const ports = Layer.mergeAll(
    Layer.succeed(ProfileStore, store as ProfileStore["Service"]),
    Layer.succeed(ChangeFeed, {
      ends: Effect.succeed({ firstSequence: 1, lastSequence: 0 }),
      headAt: () => Effect.undefined,
      open: () => Effect.succeed({ next })
    }),
    layerMemoryProgressDesk(new MemoryDesks()),
    Logger.layer([])
  )
  const running = Effect.runFork(
    apply({ batchEvents: BATCH_EVENTS, releaseMillis: 60_000 }).pipe(Effect.provide(ports))
  )
  return {
    opened,
    send: (...numbers: ReadonlyArray<number>) => {
      waiting.push(...numbers.map((n) => segment(n, (at) => opened.add(at))))
      wake()
    },
    letGo: () => letGo(),
    sizes: () => begun.map(({ events }) => events),
    reads: () => reads,
    seen: (isSo: () => boolean) =>
      Effect.runPromise(
        Effect.gen(function* () {
          while (!isSo()) yield* Effect.yieldNow
        })
      ),
    settled: () =>
      Effect.runPromise(
        Effect.gen(function* () {
          for (let turn = 0; turn < 50; turn++) yield* Effect.yieldNow
        })
      ),
    end: () => Effect.runPromise(Fiber.interrupt(running))
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe("apply reads ahead", () => {
  it("a lone score is handed to the database the moment it is there (G1)", async () => {
    const at = bench()
    at.send(1)
    await at.seen(() => at.sizes().length === 1)
    expect(at.sizes()).toEqual([1])
    await at.end()
  })

  it("what comes while a batch commits is decoded meanwhile, and is one batch (G8)", async () => {
    const at = bench()
    at.send(1)
    await at.seen(() => at.sizes().length === 1)
    for (const n of range(2, 6)) {
      at.send(n)
      await at.seen(() => at.opened.has(n))
    }
    expect(at.sizes()).toEqual([1])
    at.letGo()
    await at.seen(() => at.sizes().length === 2)
    expect(at.sizes()).toEqual([1, 5])
    await at.end()
  })

  it("no more than about one batch is read ahead, whatever waits (G8)", async () => {
    const at = bench()
    at.send(1)
    await at.seen(() => at.sizes().length === 1)
    at.send(...range(2, 1 + BATCH_EVENTS))
    await at.seen(() => at.opened.size === 1 + BATCH_EVENTS)
    const reads = at.reads()
    at.send(...range(2 + BATCH_EVENTS, 100))
    await at.settled()
    expect(at.reads()).toBe(reads)
    expect(at.opened.size).toBe(1 + BATCH_EVENTS)
    at.letGo()
    await at.seen(() => at.opened.size === 100)
    expect(at.sizes()).toEqual([1, BATCH_EVENTS])
    await at.end()
  })
})
