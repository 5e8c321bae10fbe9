/** What every change log must keep, as capture sees it. */
import { Effect, type Scope } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { ChangeLog, type ChangeLogError } from "../../src/capture/ChangeLog.ts"
import {
  bodies,
  messageOf,
  range,
  segment,
  storedBodies,
  writeSegments,
  type LogPorts,
  type LogWorld,
  type OpenLogWorld
} from "./log-world.ts"

export const changeLogConformance = (name: string, open: OpenLogWorld): void => {
  describe(`change log: ${name}`, () => {
    let world: LogWorld
    beforeEach(async () => {
      world = await open()
    })

    const run = <A, E>(effect: Effect.Effect<A, E, LogPorts | Scope.Scope>): Promise<A> =>
      Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(world.ports)))

    const write = (from: number, to: number, epoch = 1) => writeSegments(world.connector, from, to, epoch)
    const tail = Effect.flatMap(ChangeLog, (log) => log.tail)
    const errorOf = <A, R>(effect: Effect.Effect<A, ChangeLogError, R>) => Effect.flip(effect)

    it("takes a log that was never written for empty, ending at 0 (G1)", () =>
      run(
        Effect.gen(function* () {
          expect(yield* tail).toEqual({
            firstSequence: 0,
            lastSequence: 0,
            head: undefined,
            firstHead: undefined
          })
        })
      ))

    it("stores what is appended in the order handed over, numbered without a gap (G1)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const appender = yield* log.appender(0)
          expect(yield* appender.acknowledged).toBe(0)
          for (const n of range(1, 300)) yield* appender.append(messageOf(world.connector, n))
          yield* appender.flush
          expect(yield* appender.acknowledged).toBe(300)
          expect(yield* tail).toEqual({
            firstSequence: 1,
            lastSequence: 300,
            head: segment(world.connector, 300),
            firstHead: segment(world.connector, 1)
          })
          expect(yield* storedBodies).toEqual(bodies(1, 300))
        })
      ))

    it("gives back every part of a head as it was given (G1)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const appender = yield* log.appender(0)
          const head = segment(world.connector, 1, {
            kind: "checkpoint",
            generation: 3,
            epoch: 7,
            count: 0,
            types: [],
            part: 2,
            partLast: true,
            anchor: {
              file: "mysql-bin.1000001",
              position: 4_294_967_999,
              gtid: "0-1-100",
              server: "mariadb:1",
              timeline: 2
            },
            committedAt: null
          })
          yield* appender.append({ head, body: new Uint8Array(0) })
          yield* appender.flush
          expect((yield* tail).head).toEqual(head)
        })
      ))

    it("refuses an append behind an older end, and everything in flight behind it (G6)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 5)
          const log = yield* ChangeLog
          const stale = yield* log.appender(0)
          const append = Effect.forEach(range(1, 20), (n) =>
            stale.append(messageOf(world.connector, n + 100, { epoch: 2 }))
          )
          const error = yield* errorOf(Effect.andThen(append, stale.flush))
          expect(error).toMatchObject({ _tag: "LogMoved", expectedSequence: 0, fate: "retry" })
          expect(yield* errorOf(stale.append(messageOf(world.connector, 6)))).toBe(error)
          expect(yield* errorOf(stale.flush)).toBe(error)
          expect(yield* storedBodies).toEqual(bodies(1, 5))
        })
      ))

    it("lets a new writer end the old one with its first message (G6)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const paused = yield* log.appender(0)
          yield* paused.append(messageOf(world.connector, 1))
          yield* paused.flush
          const successor = yield* log.appender(1)
          yield* successor.append(messageOf(world.connector, 2, { epoch: 2 }))
          yield* successor.flush
          const woken = yield* errorOf(
            Effect.andThen(paused.append(messageOf(world.connector, 2)), paused.flush)
          )
          expect(woken._tag).toBe("LogMoved")
          yield* successor.append(messageOf(world.connector, 3, { epoch: 2 }))
          yield* successor.flush
          expect(yield* storedBodies).toEqual(bodies(1, 3))
          expect((yield* tail).head?.epoch).toBe(2)
        })
      ))

    it("refuses a stale writer even where it writes the very same messages (G6)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 5)
          const log = yield* ChangeLog
          const twin = yield* log.appender(0)
          const append = Effect.forEach(range(1, 20), (n) => twin.append(messageOf(world.connector, n)))
          expect((yield* errorOf(Effect.andThen(append, twin.flush)))._tag).toBe("LogMoved")
          expect(yield* storedBodies).toEqual(bodies(1, 5))
        })
      ))

    it("stores nothing of what a paused writer has in flight when it wakes up behind a successor (G6)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const paused = yield* log.appender(0)
          yield* paused.append(messageOf(world.connector, 1))
          yield* paused.flush
          const successor = yield* log.appender(1)
          yield* successor.append(messageOf(world.connector, 2, { epoch: 2 }))
          yield* successor.flush
          const wake = Effect.forEach(range(2, 40), (n) => paused.append(messageOf(world.connector, n)))
          expect((yield* errorOf(Effect.andThen(wake, paused.flush)))._tag).toBe("LogMoved")
          yield* successor.append(messageOf(world.connector, 3, { epoch: 2 }))
          yield* successor.flush
          expect(yield* storedBodies).toEqual(bodies(1, 3))
        })
      ))

    it("never takes a duplicate for success (G2)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const appender = yield* log.appender(0)
          yield* appender.append(messageOf(world.connector, 1))
          const twice = Effect.andThen(appender.append(messageOf(world.connector, 1)), appender.flush)
          expect((yield* errorOf(twice))._tag).toBe("LogMoved")
          expect((yield* tail).lastSequence).toBe(1)
        })
      ))

    it("keeps the spent sequences of a purged log (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 4)
          yield* Effect.promise(world.levers.purge)
          const purged = { firstSequence: 0, lastSequence: 4, head: undefined, firstHead: undefined }
          expect(yield* tail).toEqual(purged)
          yield* write(5, 6)
          expect(yield* tail).toMatchObject({ firstSequence: 5, lastSequence: 6 })
        })
      ))

    it("shows a removed log as one that was never written, and ends the writer of the old one (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const appender = yield* log.appender(0)
          yield* appender.append(messageOf(world.connector, 1))
          yield* appender.flush
          yield* Effect.promise(world.levers.remove)
          expect(yield* tail).toMatchObject({ firstSequence: 0, lastSequence: 0, head: undefined })
          const error = yield* errorOf(
            Effect.andThen(appender.append(messageOf(world.connector, 2)), appender.flush)
          )
          expect(error.fate).toBe("retry")
          expect((yield* tail).lastSequence).toBe(0)
        })
      ))

    it("finds the newest checkpoint behind any number of segments (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          expect(yield* log.lastCheckpoint).toBeUndefined()
          const appender = yield* log.appender(0)
          const checkpoint = (n: number) =>
            messageOf(world.connector, n, { kind: "checkpoint", count: 0, types: [] })
          for (const n of range(1, 40)) {
            yield* appender.append(n % 10 === 3 ? checkpoint(n) : messageOf(world.connector, n))
          }
          yield* appender.flush
          const found = yield* log.lastCheckpoint
          expect(found?.head).toEqual(checkpoint(33).head)
          expect(new TextDecoder().decode(found?.body)).toBe("[33]")
        })
      ))

    it("gives the head of the first message stored at or after a sequence (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 3)
          const log = yield* ChangeLog
          expect(yield* log.headAt(0)).toMatchObject({
            sequence: 1,
            head: messageOf(world.connector, 1).head
          })
          expect(yield* log.headAt(2)).toMatchObject({
            sequence: 2,
            head: messageOf(world.connector, 2).head
          })
          expect(yield* log.headAt(4)).toBeUndefined()
        })
      ))

    it("halts where the last message is somebody else's (G3)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* write(1, 2)
          yield* Effect.promise(world.levers.publishForeign)
          const error = yield* errorOf(tail)
          expect(error).toMatchObject({ _tag: "LogForeign", sequence: 3, fate: "halt" })
        })
      ))

    it("refuses new messages when full, keeps the old ones, and goes on when there is room (G1)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          yield* Effect.promise(() => world.levers.limit(3))
          const error = yield* errorOf(write(1, 5))
          expect(error).toMatchObject({ _tag: "LogFull", fate: "retry" })
          expect(yield* storedBodies).toEqual(bodies(1, 3))
          yield* Effect.promise(() => world.levers.limit(undefined))
          yield* write(4, 5)
          expect(yield* storedBodies).toEqual(bodies(1, 5))
        })
      ))

    it("takes a body of the largest size, and says so before it sends a larger one (G3)", () =>
      run(
        Effect.gen(function* () {
          yield* tail
          const log = yield* ChangeLog
          const bytesMax = yield* log.bodyBytesMax
          const appender = yield* log.appender(0)
          yield* appender.append({ head: segment(world.connector, 1), body: new Uint8Array(bytesMax) })
          yield* appender.flush
          const error = yield* errorOf(
            appender.append({ head: segment(world.connector, 2), body: new Uint8Array(bytesMax + 5_000) })
          )
          expect(error).toMatchObject({ _tag: "MessageTooLarge", fate: "halt" })
          expect((yield* tail).lastSequence).toBe(1)
        })
      ))
  })
}
