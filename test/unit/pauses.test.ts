import { Effect, Fiber, Logger, Metric, Schema } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import type { Fate } from "../../schemas/failure.ts"
import { CurrentPauses, Pauses } from "../../src/pipeline/Pauses.ts"
import { persevere } from "../../src/pipeline/persevere.ts"
import { CurrentVitals, Vitals } from "../../src/pipeline/Vitals.ts"

class Broken extends Schema.TaggedError<Broken>()("StoreUnavailable", { message: Schema.String }) {
  readonly fate: Fate = "retry"
  readonly remedy = ""
}
class Fenced extends Schema.TaggedError<Fenced>()("ApplyFenced", { message: Schema.String }) {
  readonly fate: Fate = "halt"
  readonly remedy = ""
}

const NOTE = { by: "dba@bastion", reason: "upgrade" }

const world = () => {
  const pauses = new Pauses()
  const vitals = new Vitals()
  const events: Array<string> = []
  const attempt = (steady: Effect.Effect<void>) =>
    Effect.acquireRelease(
      Effect.sync(() => events.push("begins")),
      () => Effect.sync(() => events.push("lets go"))
    ).pipe(Effect.andThen(steady), Effect.andThen(Effect.never), Effect.scoped)
  const provide = <A, E>(effect: Effect.Effect<A, E>) =>
    effect.pipe(
      Effect.provideService(CurrentPauses, pauses),
      Effect.provideService(CurrentVitals, vitals),
      Effect.provideService(Metric.MetricRegistry, new Map()),
      Effect.provide(Logger.layer([])),
      Effect.scoped,
      Effect.provide(TestClock.layer()),
      Effect.runPromise
    )
  return { pauses, vitals, events, attempt, provide, state: () => vitals.roles.get("apply") }
}

describe("a paused role", () => {
  it("lets go of everything, waits, and begins again when it is resumed (G1)", () => {
    const { attempt, events, pauses, provide, state } = world()
    return provide(
      Effect.gen(function* () {
        const role = yield* Effect.forkChild(persevere("apply", attempt))
        yield* TestClock.adjust(1)
        expect(state()).toMatchObject({ state: "running" })
        pauses.set("apply", NOTE)
        yield* TestClock.adjust(1)
        expect(events).toEqual(["begins", "lets go"])
        expect(state()).toMatchObject({ state: "paused", note: "upgrade (dba@bastion)" })
        pauses.set("apply", undefined)
        yield* TestClock.adjust(1)
        expect(events).toEqual(["begins", "lets go", "begins"])
        expect(state()).toMatchObject({ state: "running", note: undefined })
        yield* Fiber.interrupt(role)
      })
    )
  })

  it("does not begin where it is started while it is paused (G6)", () => {
    const { attempt, events, pauses, provide, state } = world()
    pauses.set("apply", NOTE)
    return provide(
      Effect.gen(function* () {
        const role = yield* Effect.forkChild(persevere("apply", attempt))
        yield* TestClock.adjust(10_000)
        expect({ events, state: state()?.state }).toEqual({ events: [], state: "paused" })
        yield* Fiber.interrupt(role)
      })
    )
  })

  it("is not the other role (G6)", () => {
    const { attempt, events, pauses, provide } = world()
    pauses.set("capture", NOTE)
    return provide(
      Effect.gen(function* () {
        const role = yield* Effect.forkChild(persevere("apply", attempt))
        yield* TestClock.adjust(1)
        expect(events).toEqual(["begins"])
        yield* Fiber.interrupt(role)
      })
    )
  })
})

describe("a role in trouble", () => {
  it("waits by name, counts its retries, and stops by name (G3)", () => {
    const { provide, state, vitals } = world()
    let lives = 0
    return provide(
      Effect.gen(function* () {
        const role = yield* Effect.forkChild(
          persevere("apply", () =>
            Effect.suspend((): Effect.Effect<never, Broken | Fenced> =>
              ++lives < 3
                ? Effect.fail(new Broken({ message: "down" }))
                : Effect.fail(new Fenced({ message: "another" }))
            )
          )
        )
        yield* TestClock.adjust(1)
        expect(state()).toMatchObject({ state: "waiting", tag: "StoreUnavailable" })
        expect(vitals.connections.get("hr")).toBe(false)
        yield* TestClock.adjust("10 seconds")
        expect(yield* Effect.flip(Fiber.join(role))).toMatchObject({ _tag: "ApplyFenced" })
        expect(state()).toMatchObject({ state: "stopped", tag: "ApplyFenced" })
        const retries = (yield* Metric.snapshot).find(({ id }) => id === "gradewire_retries_total")
        expect(retries).toMatchObject({
          attributes: { stage: "apply", class: "StoreUnavailable" },
          state: { count: 2 }
        })
      })
    )
  })
})
