/** The work goes on whatever the receivers do; a receiver that comes back hears what it missed. */
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { WebhookUnavailable, type Notice, type Receiver } from "../../../src/alerts/Notice.ts"
import { alertKey } from "../../../src/alerts/AlertBook.ts"
import type { AlertState, AlertStates } from "../../../src/alerts/AlertStates.ts"
import { withAlerts, type AlertWatch } from "../../../src/alerts/watch-alerts.ts"
import { CurrentVitals, Vitals } from "../../../src/pipeline/Vitals.ts"
import type { Fate } from "../../../schemas/failure.ts"

const down = () => new WebhookUnavailable({ message: "down", webhook: "ops", code: "503" })

/** What several processes of one kind share; `answers` is what a test turns off. */
const storeOf = () => {
  const rows = new Map<string, AlertState>()
  const store = { rows, answers: true }
  const asked = <A>(answer: () => A) =>
    Effect.suspend(() => (store.answers ? Effect.sync(answer) : Effect.fail(down())))
  const states: AlertStates = {
    read: asked(() => [...rows.values()]),
    write: ({ gone, kept }) =>
      asked(() => {
        for (const one of gone) rows.delete(alertKey(one))
        for (const one of kept) rows.set(alertKey(one), one)
      })
  }
  return { ...store, store, states }
}

const watchOf = (...receivers: ReadonlyArray<Receiver>): AlertWatch => ({
  settings: { rules: { GradewireDeadLetters: { forSeconds: 0 } } },
  receivers,
  connector: "lms-hr",
  holder: "pod:1",
  speaksForApply: true,
  states: Effect.succeed(undefined)
})

const receiverOf = (send: Receiver["send"], severity: Receiver["severity"] = "warning"): Receiver => ({
  name: "ops",
  severity,
  send
})

const letters = (count: number): Vitals => {
  const vitals = new Vitals()
  vitals.turn("apply", "running", 0)
  vitals.queues = { held: 0, oldestHeldSeconds: 0, deadLetters: count, lagSeconds: 0 }
  return vitals
}

const timed = (body: () => Generator<Effect.Effect<unknown>, void, never>) =>
  Effect.runPromise(Effect.gen(body).pipe(Effect.provide(TestClock.layer())))

describe("the watch over alerts", () => {
  it("tries again until the receiver takes the notice, in order (G1)", () =>
    timed(function* () {
      const taken: Array<Notice> = []
      let works = false
      const receiver = receiverOf((notice) =>
        Effect.suspend(() => (works ? Effect.sync(() => (taken.push(notice), "ok")) : Effect.fail(down())))
      )
      const vitals = letters(1)
      const fiber = yield* Effect.forkChild(
        withAlerts(watchOf(receiver), Effect.never).pipe(Effect.provideService(CurrentVitals, vitals))
      )
      yield* TestClock.adjust("10 seconds")
      vitals.queues = { held: 0, oldestHeldSeconds: 0, deadLetters: 0, lagSeconds: 0 }
      yield* TestClock.adjust("1 minute")
      expect(taken).toEqual([])
      works = true
      yield* TestClock.adjust("2 minutes")
      expect(taken.map(({ alert, state }) => `${state} ${alert}`)).toEqual([
        "firing GradewireDeadLetters",
        "resolved GradewireDeadLetters"
      ])
      yield* Fiber.interrupt(fiber)
    }))

  it("lets the work fail as it does, after a last word of why it ends (G3)", () =>
    timed(function* () {
      const taken: Array<string> = []
      const receiver = receiverOf(({ alert, text }) =>
        Effect.sync(() => (taken.push(`${alert}: ${text}`), "ok"))
      )
      const stuck = receiverOf(() => Effect.never)
      const vitals = new Vitals()
      const halted = { _tag: "PositionPurged", message: "x", fate: "halt" as Fate, remedy: "" }
      const begun = yield* Deferred.make<void>()
      const work = Effect.gen(function* () {
        yield* Deferred.await(begun)
        vitals.turn("capture", "stopped", 0, "PositionPurged")
        return yield* Effect.fail(halted)
      })
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          withAlerts(watchOf(receiver, stuck), work).pipe(Effect.provideService(CurrentVitals, vitals))
        )
      )
      yield* Deferred.succeed(begun, undefined)
      yield* TestClock.adjust("6 seconds")
      expect(yield* Fiber.join(fiber)).toBe(halted)
      expect(taken).toEqual(["GradewireRoleNotRunning: capture has stopped: PositionPurged."])
    }))

  it("spares a receiver what it does not want to hear (G1)", () =>
    timed(function* () {
      const taken: Array<string> = []
      const receiver = receiverOf(({ alert }) => Effect.sync(() => (taken.push(alert), "ok")), "critical")
      const vitals = letters(1)
      vitals.purgeMarginSeconds = 60
      const fiber = yield* Effect.forkChild(
        withAlerts(watchOf(receiver), Effect.never).pipe(Effect.provideService(CurrentVitals, vitals))
      )
      yield* TestClock.adjust("10 seconds")
      expect(taken).toEqual(["GradewirePurgeImminent"])
      yield* Fiber.interrupt(fiber)
    }))

  it("goes on where the process before it died or stepped back: nothing twice, no end untold (G1, G4)", () =>
    timed(function* () {
      const taken: Array<string> = []
      const receiver = receiverOf(({ alert, state }) =>
        Effect.sync(() => (taken.push(`${state} ${alert}`), "ok"))
      )
      const { rows, states } = storeOf()
      const begin = (vitals: Vitals) =>
        Effect.forkChild(
          withAlerts({ ...watchOf(receiver), states: Effect.succeed(states) }, Effect.never).pipe(
            Effect.provideService(CurrentVitals, vitals)
          )
        )
      const first = yield* begin(letters(1))
      yield* TestClock.adjust("6 seconds")
      expect(taken).toEqual(["firing GradewireDeadLetters"])
      yield* Fiber.interrupt(first)
      const standby = letters(1)
      standby.turn("apply", "standby", 0)
      const second = yield* begin(standby)
      yield* TestClock.adjust("1 minute")
      expect(rows.size).toBe(1)
      standby.turn("apply", "running", 0)
      yield* TestClock.adjust("1 minute")
      expect(taken.length).toBe(1)
      yield* Fiber.interrupt(second)
      const third = yield* begin(letters(0))
      yield* TestClock.adjust("10 seconds")
      expect(taken).toEqual(["firing GradewireDeadLetters", "resolved GradewireDeadLetters"])
      expect(rows.size).toBe(0)
      yield* Fiber.interrupt(third)
    }))

  it("leaves what no receiver has taken to the process after it (G1)", () =>
    timed(function* () {
      const { states } = storeOf()
      const taken: Array<string> = []
      let works = false
      const receiver = receiverOf(({ alert }) =>
        Effect.suspend(() => (works ? Effect.sync(() => (taken.push(alert), "ok")) : Effect.fail(down())))
      )
      const begin = Effect.forkChild(
        withAlerts({ ...watchOf(receiver), states: Effect.succeed(states) }, Effect.never).pipe(
          Effect.provideService(CurrentVitals, letters(1))
        )
      )
      const first = yield* begin
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(first)
      works = true
      const second = yield* begin
      yield* TestClock.adjust("10 seconds")
      expect(taken).toEqual(["GradewireDeadLetters"])
      yield* Fiber.interrupt(second)
    }))

  it("leaves to the process after it what one receiver of several has not taken, its end as well (G1)", () =>
    timed(function* () {
      const { rows, states } = storeOf()
      const taken: Array<string> = []
      let works = false
      const ops = receiverOf(({ alert, state }) =>
        Effect.sync(() => (taken.push(`ops ${state} ${alert}`), "ok"))
      )
      const slow = receiverOf(({ alert, state }) =>
        Effect.suspend(() =>
          works ? Effect.sync(() => (taken.push(`on-call ${state} ${alert}`), "ok")) : Effect.fail(down())
        )
      )
      const begin = (count: number) =>
        Effect.forkChild(
          withAlerts(
            { ...watchOf(ops, { ...slow, name: "on-call" }), states: Effect.succeed(states) },
            Effect.never
          ).pipe(Effect.provideService(CurrentVitals, letters(count)))
        )
      const first = yield* begin(1)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(first)
      expect([...rows.values()]).toMatchObject([{ owedTo: ["on-call"], over: false }])
      works = true
      const second = yield* begin(1)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(second)
      expect(taken).toEqual(["ops firing GradewireDeadLetters", "on-call firing GradewireDeadLetters"])
      works = false
      const third = yield* begin(0)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(third)
      expect([...rows.values()]).toMatchObject([{ owedTo: ["on-call"], over: true }])
      works = true
      const fourth = yield* begin(0)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(fourth)
      expect(taken.slice(2)).toEqual([
        "ops resolved GradewireDeadLetters",
        "on-call resolved GradewireDeadLetters"
      ])
      expect(rows.size).toBe(0)
    }))

  it("tells from memory while the store is away, and stores it when it is back (G1)", () =>
    timed(function* () {
      const { rows, states, store } = storeOf()
      store.answers = false
      const taken: Array<string> = []
      const receiver = receiverOf(({ alert }) => Effect.sync(() => (taken.push(alert), "ok")))
      const fiber = yield* Effect.forkChild(
        withAlerts({ ...watchOf(receiver), states: Effect.succeed(states) }, Effect.never).pipe(
          Effect.provideService(CurrentVitals, letters(1))
        )
      )
      yield* TestClock.adjust("1 minute")
      expect(taken).toEqual(["GradewireDeadLetters"])
      store.answers = true
      yield* TestClock.adjust("10 seconds")
      expect([...rows.values()]).toMatchObject([{ alert: "GradewireDeadLetters", toldMillis: 5_000 }])
      expect(taken.length).toBe(1)
      yield* Fiber.interrupt(fiber)
    }))
})
