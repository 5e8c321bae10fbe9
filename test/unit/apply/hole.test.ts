/** What apply does about a hole in the change log: nothing is applied past it, and capture gets its answer (G1, G5). */
import { Effect, Exit, Fiber, Layer, Logger, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import type { LogHead } from "../../../schemas/log-head.ts"
import { formatPosition } from "../../../schemas/position.ts"
import { apply } from "../../../src/apply/apply.ts"
import { layerMemoryChangeFeed } from "../../support/fakes/MemoryChangeFeed.ts"
import { MemoryLog } from "../../support/fakes/MemoryLog.ts"
import { MemoryHrDatabase } from "../../support/fakes/MemoryHrDatabase.ts"
import { layerMemory } from "../../support/fakes/MemoryProfileStore.ts"
import { layerMemoryProgressDesk, MemoryDesks } from "../../support/fakes/MemoryProgress.ts"

const at = (transaction: number) => formatPosition({ timeline: 1, file: 1, transaction, ordinal: 0 })

const checkpoint = (generation: number, previous: number, last: number): LogHead => ({
  version: 1,
  kind: "checkpoint",
  connector: "c",
  generation,
  epoch: 1,
  previous: at(previous),
  first: at(last),
  last: at(last),
  count: 0,
  types: [],
  anchor: { file: "binlog.000001", position: 4 + last, gtid: null, server: "mysql:a", timeline: 1 },
  committedAt: null
})

/** Apply stands at 10; the log begins behind 20. */
const open = () => {
  const [log, database, desks] = [new MemoryLog(), new MemoryHrDatabase(), new MemoryDesks()]
  const { anchor } = checkpoint(1, 0, 10)
  database.position = at(10)
  database.offset = { position: at(10), generation: 1, streamSequence: 1, anchor, committedAt: null }
  log.append(0, checkpoint(1, 20, 30), new TextEncoder().encode("{}"))
  const ports = Layer.mergeAll(
    layerMemory(database, {
      connector: "c",
      scores: [],
      employees: { table: "hr.e", key: "no", match: [{ learner: "phone", employee: "phone" }] }
    }),
    layerMemoryChangeFeed(log),
    layerMemoryProgressDesk(desks),
    Logger.layer([])
  )
  const running = apply({ batchEvents: 10, releaseMillis: 1000 }).pipe(Effect.provide(ports))
  return { log, database, desks, running }
}

const underTestClock = <A>(test: Effect.Effect<A, never, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(test).pipe(Effect.provide(TestClock.layer())))

describe("apply whose offset was reset", () => {
  it("waits for capture with its desk open, however long, and takes nothing of an older generation (G1, G2)", () =>
    underTestClock(
      Effect.gen(function* () {
        const { log, database, desks, running } = open()
        const offset = { ...database.offset!, position: at(25), generation: 2, streamSequence: 0 }
        database.offset = offset
        database.position = offset.position
        const fiber = yield* Effect.forkChild(running)
        yield* TestClock.adjust("10 minutes")
        expect(fiber.pollUnsafe()).toBeUndefined()
        expect(desks.serving.map((answer) => Effect.runSync(answer))).toEqual([offset])
        log.append(1, checkpoint(1, 30, 35), new TextEncoder().encode("{}"))
        yield* TestClock.adjust("5 seconds")
        expect(database.offset).toEqual(offset)
        log.append(2, checkpoint(3, 25, 25), new TextEncoder().encode("{}"))
        log.append(3, checkpoint(3, 25, 40), new TextEncoder().encode("{}"))
        yield* TestClock.adjust("2 seconds")
        expect(database.offset).toMatchObject({ position: at(40), generation: 3 })
      })
    ))
})

describe("apply before a hole", () => {
  it("answers capture for a while, then stops without having moved (G1, G3)", () =>
    underTestClock(
      Effect.gen(function* () {
        const { database, desks, running } = open()
        const fiber = yield* Effect.forkChild(running)
        yield* TestClock.adjust("5 seconds")
        const asked = desks.serving.map((offset) => Effect.runSync(offset)?.position)
        expect(asked).toEqual([at(10)])
        yield* TestClock.adjust("10 seconds")
        expect(Exit.isFailure(yield* Fiber.await(fiber))).toBe(true)
        expect(desks.serving).toEqual([])
        expect(database.position).toBe(at(10))
      })
    ))

  it("goes on by itself once capture has bridged it (G5)", () =>
    underTestClock(
      Effect.gen(function* () {
        const { log, database, running } = open()
        yield* Effect.forkChild(running)
        yield* TestClock.adjust("3 seconds")
        log.append(1, checkpoint(2, 10, 10), new TextEncoder().encode("{}"))
        log.append(2, checkpoint(2, 10, 40), new TextEncoder().encode("{}"))
        yield* TestClock.adjust("2 seconds")
        expect(database.offset).toMatchObject({ position: at(40), generation: 2 })
      })
    ))

  it("applies what stands before it first, so that the offset says where it is (G1, G5)", () =>
    underTestClock(
      Effect.gen(function* () {
        const { log, database, running } = open()
        log.messages = []
        for (const [previous, last] of [
          [10, 12],
          [12, 14],
          [16, 18]
        ] as const) {
          log.append(log.lastSequence, checkpoint(1, previous, last), new TextEncoder().encode("{}"))
        }
        yield* Effect.forkChild(running)
        yield* TestClock.adjust("2 seconds")
        expect(database.position).toBe(at(14))
      })
    ))
})
