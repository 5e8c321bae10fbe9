/** What apply does when it has to start over and somebody else came after it (G6). */
import { Cause, Effect, Exit, Fiber, Layer, Logger, Option } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { apply } from "../../../src/apply/apply.ts"
import { layerMemoryChangeFeed } from "../../support/fakes/MemoryChangeFeed.ts"
import { MemoryLog } from "../../support/fakes/MemoryLog.ts"
import { MemoryHrDatabase } from "../../support/fakes/MemoryHrDatabase.ts"
import { layerMemory } from "../../support/fakes/MemoryProfileStore.ts"
import { layerMemoryProgressDesk, MemoryDesks } from "../../support/fakes/MemoryProgress.ts"

/** Runs apply, loses its log, lets `meanwhile` happen to the HR database, and gives the log back. */
const interrupted = (meanwhile: (database: MemoryHrDatabase) => void) => {
  const [log, database] = [new MemoryLog(), new MemoryHrDatabase()]
  const ports = Layer.mergeAll(
    layerMemory(database, {
      connector: "c",
      scores: [],
      employees: { table: "hr.e", key: "no", match: [{ learner: "phone", employee: "phone" }] }
    }),
    layerMemoryChangeFeed(log),
    layerMemoryProgressDesk(new MemoryDesks()),
    Logger.layer([])
  )
  const life = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(
      apply({ batchEvents: 10, releaseMillis: 600_000 }).pipe(Effect.provide(ports))
    )
    yield* TestClock.adjust("1 second")
    const before = database.epoch
    log.setDown(true)
    log.recreate()
    meanwhile(database)
    yield* TestClock.adjust("1 second")
    log.setDown(false)
    yield* TestClock.adjust("20 seconds")
    const exit = fiber.pollUnsafe()
    yield* Fiber.interrupt(fiber)
    return { before, after: database.epoch, exit }
  })
  return Effect.runPromise(Effect.scoped(life).pipe(Effect.provide(TestClock.layer())))
}

describe("apply that starts over", () => {
  it("leaves, and takes nothing over, where another process came after it (G6)", async () => {
    const { after, before, exit } = await interrupted((database) => {
      database.epoch += 1
    })
    expect(before).toBe(1)
    expect(after).toBe(2)
    const cause =
      exit !== undefined && Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
    expect(Option.getOrUndefined(cause)).toMatchObject({ _tag: "ApplyFenced", epoch: 1, newerEpoch: 2 })
  })

  it("goes on where it is still the one, or the database is an older copy of itself (G4, G6)", async () => {
    const same = await interrupted(() => undefined)
    expect(same.exit).toBeUndefined()
    expect(same.after).toBeGreaterThan(1)
    const restored = await interrupted((database) => {
      database.epoch = 0
    })
    expect(restored.exit).toBeUndefined()
    expect(restored.after).toBeGreaterThan(0)
  })
})
