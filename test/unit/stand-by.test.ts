/** Two processes of one connector that know of each other only by asking (G6). */
import { Effect, Fiber, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { ApplyFenced, StoreMisconfigured } from "../../src/apply/ProfileStore.ts"
import { HolderDesk, type Holding } from "../../src/pipeline/HolderDesk.ts"
import { standBy } from "../../src/pipeline/stand-by.ts"
import { CurrentVitals, Vitals } from "../../src/pipeline/Vitals.ts"

/** The line between the processes; `unknown` while it is cut. */
class Line {
  holders = 0
  isCut = false

  readonly layer = Layer.succeed(HolderDesk, {
    serve: Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => void this.holders++),
        () => Effect.sync(() => void this.holders--)
      )
    ),
    ask: Effect.sync((): Holding => (this.isCut ? "unknown" : this.holders > 0 ? "held" : "vacant"))
  })
}

const fenced = new ApplyFenced({ message: "fenced", epoch: 1, newerEpoch: 2 })

/** Runs `scenario` beside a process that stands by; `works` counts how often it began to work. */
const scenario = (
  body: (place: {
    readonly line: Line
    readonly vitals: Vitals
    readonly works: () => number
    readonly fence: () => void
    readonly exit: () => unknown
  }) => Effect.Effect<void>,
  work: Effect.Effect<never, ApplyFenced | StoreMisconfigured> = Effect.never
) => {
  const [line, vitals] = [new Line(), new Vitals()]
  let began = 0
  let fence = (): void => undefined
  const life = Effect.gen(function* () {
    const working = Effect.suspend(() => {
      began += 1
      const fencedNow = Effect.callback<never, ApplyFenced>((resume) => {
        fence = () => resume(Effect.fail(fenced))
      })
      return Effect.raceFirst(work, fencedNow)
    })
    const fiber = yield* Effect.forkChild(
      standBy(["apply"], working).pipe(Effect.provide(Layer.merge(line.layer, Logger.layer([]))))
    )
    yield* body({ line, vitals, works: () => began, fence: () => fence(), exit: () => fiber.pollUnsafe() })
    yield* Fiber.interrupt(fiber)
  })
  return Effect.runPromise(
    Effect.scoped(life).pipe(Effect.provideService(CurrentVitals, vitals), Effect.provide(TestClock.layer()))
  )
}

describe("standing by", () => {
  it("waits while another one works, says so, and takes over within ten seconds of its end (G6)", () =>
    scenario(
      Effect.fnUntraced(function* ({ line, vitals, works }) {
        line.holders = 1
        yield* TestClock.adjust("1 hour")
        expect(works()).toBe(0)
        expect(vitals.roles.get("apply")?.state).toBe("standby")
        line.holders = 0
        yield* TestClock.adjust("10 seconds")
        expect(works()).toBe(1)
        expect(line.holders).toBe(1)
      })
    ))

  it("takes nothing over because of one lost answer, nor right after the line was cut (G6)", () =>
    scenario(
      Effect.fnUntraced(function* ({ line, works }) {
        line.holders = 1
        yield* TestClock.adjust("5 seconds")
        line.holders = 0
        yield* TestClock.adjust("1 second")
        line.holders = 1
        line.isCut = true
        yield* TestClock.adjust("1 hour")
        // NATS is back, and the one who works needs some seconds until it is heard
        line.isCut = false
        line.holders = 0
        yield* TestClock.adjust("5 seconds")
        line.holders = 1
        yield* TestClock.adjust("1 hour")
        expect(works()).toBe(0)
      })
    ))

  it("stands by again when another one took over, so two never take the place in turns (G6)", () =>
    scenario(
      Effect.fnUntraced(function* ({ exit, fence, line, vitals, works }) {
        yield* TestClock.adjust("10 seconds")
        expect(works()).toBe(1)
        line.holders += 1
        fence()
        yield* TestClock.adjust("1 hour")
        expect(works()).toBe(1)
        expect(line.holders).toBe(1)
        expect(vitals.roles.get("apply")?.state).toBe("standby")
        expect(exit()).toBeUndefined()
      })
    ))

  it("ends with any other halt, as a lone process does (G3)", () =>
    scenario(
      Effect.fnUntraced(function* ({ exit, line, works }) {
        yield* TestClock.adjust("10 seconds")
        expect(works()).toBe(1)
        expect(exit()).toMatchObject({ _tag: "Failure" })
        expect(line.holders).toBe(0)
      }),
      Effect.fail(new StoreMisconfigured({ message: "no table", code: "42P01", fix: "gradewire migrate" }))
    ))
})
