/** What every change log must keep while its server fails, as capture sees it. */
import { Effect, Exit, type Scope } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { ChangeLog, type ChangeLogError } from "../../src/capture/ChangeLog.ts"
import {
  bodies,
  bodyOf,
  closesWhileDown,
  messageOf,
  positionAt,
  range,
  segment,
  storedBodies,
  untilBack,
  writeSegments,
  type LogPorts,
  type LogWorld,
  type OpenLogWorld
} from "./log-world.ts"

export const changeLogFaultsConformance = (name: string, open: OpenLogWorld): void => {
  describe(`change log under faults: ${name}`, () => {
    let world: LogWorld
    beforeEach(async () => {
      world = await open()
    })

    const run = <A, E>(effect: Effect.Effect<A, E, LogPorts | Scope.Scope>): Promise<A> =>
      Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(world.ports)))
    const write = (from: number, to: number, epoch = 1) => writeSegments(world.connector, from, to, epoch)
    const tail = Effect.flatMap(ChangeLog, (log) => log.tail)
    const errorOf = <A, R>(effect: Effect.Effect<A, ChangeLogError, R>) => Effect.flip(effect)

    it("keeps everything acknowledged when the server is killed under a writer, and ends that writer (G1)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const appender = yield* log.appender(0)
          let n = 0
          const append = Effect.suspend(() => appender.append(messageOf(world.connector, ++n)))
          for (const _ of range(1, 200)) yield* append
          const crash = Effect.promise(world.levers.crash)
          const [exit] = yield* Effect.all(
            [Effect.exit(Effect.forever(Effect.andThen(append, Effect.yieldNow))), crash],
            { concurrency: 2 }
          )
          expect(Exit.isFailure(exit)).toBe(true)
          const acknowledged = yield* appender.acknowledged
          expect(acknowledged).toBeGreaterThan(0)
          const { head, lastSequence } = yield* untilBack(tail)
          expect(lastSequence).toBeGreaterThanOrEqual(acknowledged)
          expect(head?.last).toBe(positionAt(lastSequence))
          yield* write(lastSequence + 1, lastSequence + 3, 2)
          expect(yield* storedBodies).toEqual(bodies(1, lastSequence + 3))
        })
      ))

    it("shows a log that was rolled back as it is, and ends the writer who does not know (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 5)
          const putBack = yield* Effect.promise(world.levers.snapshot)
          const log = yield* ChangeLog
          const appender = yield* untilBack(log.appender(5))
          for (const n of range(6, 10)) yield* appender.append(messageOf(world.connector, n))
          yield* appender.flush
          yield* Effect.promise(putBack)
          const error = yield* errorOf(
            Effect.andThen(appender.append(messageOf(world.connector, 11)), appender.flush)
          )
          expect(error.fate).toBe("retry")
          expect(yield* untilBack(tail)).toMatchObject({
            lastSequence: 5,
            head: segment(world.connector, 5)
          })
          yield* write(6, 7, 2)
          expect(yield* storedBodies).toEqual(bodies(1, 7))
        })
      ))

    it("says so at once while the server is away, and serves again when it is back (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 1)
          yield* Effect.promise(world.levers.down)
          expect(yield* errorOf(tail)).toMatchObject({ _tag: "LogUnavailable", fate: "retry" })
          yield* Effect.promise(world.levers.up)
          expect(yield* untilBack(tail)).toMatchObject({ lastSequence: 1 })
        })
      ))

    it("lets go within three seconds while the server is away (G8)", async () => {
      const use = Effect.gen(function* () {
        const log = yield* ChangeLog
        yield* log.tail
        const appender = yield* log.appender(0)
        yield* appender.append({ head: segment(world.connector, 1), body: bodyOf(1) })
        yield* appender.flush
      })
      expect(await closesWhileDown(world, use)).toBe(true)
    })
  })
}
