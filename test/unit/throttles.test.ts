/** How fast a role goes where an operator has said so. */
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { Throttles } from "../../src/pipeline/Throttles.ts"

const timed = (body: () => Generator<Effect.Effect<unknown>, void, never>) =>
  Effect.runPromise(Effect.gen(body).pipe(Effect.provide(TestClock.layer())))

/** Passes `batches` one after the other and notes when each was through, ms. */
const passes = (throttles: Throttles, batches: ReadonlyArray<number>, times: Array<number>) =>
  Effect.forEach(
    batches,
    (events) =>
      Effect.andThen(
        throttles.passed("apply", events),
        Effect.map(Clock.currentTimeMillis, (now) => times.push(now))
      ),
    { discard: true }
  )

describe("a limit on a role", () => {
  it("costs nothing where nobody set one, and heartbeats are free (G8)", () =>
    timed(function* () {
      const throttles = new Throttles()
      const times: Array<number> = []
      yield* passes(throttles, [1_000_000, 5], times)
      throttles.set("apply", 1)
      yield* passes(throttles, [0, 0], times)
      throttles.set("capture", 1)
      expect(times).toEqual([0, 0, 0, 0])
      expect([throttles.perSecond("apply"), throttles.perSecond("capture")]).toEqual([1, 1])
    }))

  it("lets so many pass in a second, on average (G8)", () =>
    timed(function* () {
      const throttles = new Throttles()
      throttles.set("apply", 100)
      const times: Array<number> = []
      const fiber = yield* Effect.forkChild(passes(throttles, [50, 100, 250, 1], times))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      expect(times).toEqual([500, 1_500, 4_000, 4_010])
    }))

  it("follows a new word within a second, in the middle of a wait (G8)", () =>
    timed(function* () {
      const throttles = new Throttles()
      throttles.set("apply", 1)
      const times: Array<number> = []
      const fiber = yield* Effect.forkChild(passes(throttles, [3_600, 3_600], times))
      yield* TestClock.adjust("10 seconds")
      expect(times).toEqual([])
      throttles.set("apply", undefined)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      expect(times).toEqual([11_000, 11_000])
    }))

  it("is shared by the lanes of a process (G8)", () =>
    timed(function* () {
      const throttles = new Throttles()
      throttles.set("apply", 10)
      const times: Array<number> = []
      const fibers = [
        yield* Effect.forkChild(passes(throttles, [10, 10], times)),
        yield* Effect.forkChild(passes(throttles, [10, 10], times))
      ]
      yield* TestClock.adjust("1 minute")
      for (const fiber of fibers) yield* Fiber.join(fiber)
      expect(times.at(-1)).toBe(4_000)
    }))
})
