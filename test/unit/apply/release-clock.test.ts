/** How often apply looks at held results does not hang on the wall clock (G7). */
import { Clock, Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { apply } from "../../../src/apply/apply.ts"
import { ProfileStore } from "../../../src/apply/ProfileStore.ts"
import { layerMemoryChangeFeed } from "../../support/fakes/MemoryChangeFeed.ts"
import { MemoryLog } from "../../support/fakes/MemoryLog.ts"
import { layerMemoryProgressDesk, MemoryDesks } from "../../support/fakes/MemoryProgress.ts"

describe("held results", () => {
  it("are looked at again while the wall clock stands an hour behind (G7)", async () => {
    let releases = 0
    let isBehind = false
    const store = ProfileStore.of({
      takeOver: Effect.succeed({ epoch: 1, offset: undefined }),
      offset: Effect.succeed(undefined),
      progress: Effect.succeed(undefined),
      apply: () => Effect.die("nothing is to be applied"),
      readEmployees: Effect.void,
      release: () => Effect.sync(() => ({ released: 0, more: ++releases === 0 }))
    })
    const ports = Layer.mergeAll(
      Layer.succeed(ProfileStore, store),
      layerMemoryChangeFeed(new MemoryLog()),
      layerMemoryProgressDesk(new MemoryDesks()),
      Logger.layer([])
    )
    const life = Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const setBack = Effect.map(clock.currentTimeMillis, (now) => (isBehind ? now - 3_600_000 : now))
      const later = Object.assign(Object.create(clock) as Clock.Clock, { currentTimeMillis: setBack })
      const running = apply({ batchEvents: 10, releaseMillis: 1000 }).pipe(
        Effect.provide(ports),
        Effect.provideService(Clock.Clock, later)
      )
      yield* Effect.forkChild(running)
      yield* TestClock.adjust("3 seconds")
      isBehind = true
      const before = releases
      yield* TestClock.adjust("10 seconds")
      return releases - before
    })
    const looked = await Effect.runPromise(Effect.scoped(life).pipe(Effect.provide(TestClock.layer())))
    expect(looked).toBeGreaterThan(5)
  })
})
