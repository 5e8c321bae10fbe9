/** What every change feed must keep, as apply sees it. */
import { Effect, Fiber, type Scope } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { ChangeFeed, type ChangeFeedError, type FeedReader } from "../../src/apply/ChangeFeed.ts"
import { ChangeLog } from "../../src/capture/ChangeLog.ts"
import {
  closesWhileDown,
  messageOf,
  positionAt,
  range,
  segment,
  untilBack,
  type LogPorts,
  type LogWorld,
  type OpenLogWorld
} from "./log-world.ts"

export const changeFeedConformance = (name: string, open: OpenLogWorld): void => {
  describe(`change feed: ${name}`, () => {
    let world: LogWorld
    beforeEach(async () => {
      world = await open()
    })

    const run = <A, E>(effect: Effect.Effect<A, E, LogPorts | Scope.Scope>): Promise<A> =>
      Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(world.ports)))

    /** Stores n = from..to at the sequences of the same numbers. */
    const write = (from: number, to: number, epoch = 1) =>
      Effect.scoped(
        Effect.gen(function* () {
          const log = yield* ChangeLog
          yield* untilBack(log.tail)
          const appender = yield* log.appender(from - 1)
          for (const n of range(from, to)) yield* appender.append(messageOf(world.connector, n, { epoch }))
          yield* appender.flush
        })
      )

    /** Reads up to and with `last`. */
    const readTo = (reader: FeedReader, last: number) =>
      Effect.gen(function* () {
        const read: Array<{ sequence: number; last: string | undefined; body: string }> = []
        while ((read.at(-1)?.sequence ?? 0) < last) {
          for (const { body, head, sequence } of yield* reader.next) {
            read.push({ sequence, last: head?.last, body: new TextDecoder().decode(body) })
          }
        }
        return read
      })
    const expected = (from: number, to: number) =>
      range(from, to).map((n) => ({ sequence: n, last: positionAt(n), body: `[${n}]` }))
    const errorOf = <A, R>(effect: Effect.Effect<A, ChangeFeedError, R>) => Effect.flip(effect)

    it("reads from any place, in sequence, without a gap (G1)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 300)
          const feed = yield* ChangeFeed
          expect(yield* feed.ends).toEqual({ firstSequence: 1, lastSequence: 300 })
          expect(yield* readTo(yield* feed.open(1), 300)).toEqual(expected(1, 300))
          expect(yield* readTo(yield* feed.open(123), 300)).toEqual(expected(123, 300))
        })
      ))

    it("tells the first message at or after a place, and none past the end (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 5)
          const feed = yield* ChangeFeed
          expect(yield* feed.headAt(0)).toEqual({ sequence: 1, head: segment(world.connector, 1) })
          expect(yield* feed.headAt(3)).toEqual({ sequence: 3, head: segment(world.connector, 3) })
          expect(yield* feed.headAt(6)).toBeUndefined()
          yield* Effect.promise(world.levers.purge)
          yield* write(6, 7)
          expect(yield* feed.headAt(2)).toEqual({ sequence: 6, head: segment(world.connector, 6) })
          expect(yield* feed.ends).toEqual({ firstSequence: 6, lastSequence: 7 })
          expect(yield* readTo(yield* feed.open(2), 7)).toEqual(expected(6, 7))
        })
      ))

    it("shows an empty log as one whose first place lies past its last (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 3)
          yield* Effect.promise(world.levers.purge)
          const feed = yield* ChangeFeed
          const { firstSequence, lastSequence } = yield* feed.ends
          expect(lastSequence).toBe(3)
          expect(firstSequence === 0 || firstSequence > lastSequence).toBe(true)
          expect(yield* feed.headAt(1)).toBeUndefined()
        })
      ))

    it("waits where nothing is stored yet, and wakes with what comes (G1)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 2)
          const feed = yield* ChangeFeed
          const reader = yield* feed.open(3)
          for (const n of range(3, 12)) {
            const waiting = yield* Effect.forkChild(reader.next)
            yield* write(n, n)
            expect((yield* Fiber.join(waiting)).map(({ sequence }) => sequence)).toEqual([n])
          }
        })
      ))

    it("gives two readers the same messages (G4)", () =>
      run(
        Effect.gen(function* () {
          const feed = yield* ChangeFeed
          yield* write(1, 1)
          const readers = [yield* feed.open(1), yield* feed.open(1)]
          yield* write(2, 50)
          for (const reader of readers) expect(yield* readTo(reader, 50)).toEqual(expected(1, 50))
        })
      ))

    it("carries bodies of a megabyte, many of them (G8)", () =>
      run(
        Effect.gen(function* () {
          const log = yield* ChangeLog
          yield* log.tail
          const bytes = yield* log.bodyBytesMax
          const appender = yield* log.appender(0)
          for (const n of range(1, 40)) {
            const body = new Uint8Array(bytes).fill(n)
            yield* appender.append({ head: segment(world.connector, n), body })
          }
          yield* appender.flush
          const reader = yield* (yield* ChangeFeed).open(1)
          let read = 0
          while (read < 40) {
            for (const { body, sequence } of yield* reader.next) {
              read++
              expect(sequence).toBe(read)
              expect(body.length).toBe(bytes)
              expect([body[0], body[bytes - 1]]).toEqual([read, read])
            }
          }
        })
      ))

    it("shows a message that is not ours as one without a head (G3)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 1)
          yield* Effect.promise(world.levers.publishForeign)
          const feed = yield* ChangeFeed
          const read = yield* readTo(yield* feed.open(1), 2)
          expect(read.map(({ last }) => last)).toEqual([positionAt(1), undefined])
          expect(yield* feed.headAt(2)).toEqual({ sequence: 2, head: undefined })
        })
      ))

    it("refuses a place past the end of the log: another log had given it (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 3)
          const feed = yield* ChangeFeed
          yield* feed.open(4)
          expect(yield* errorOf(feed.open(5))).toMatchObject({ _tag: "FeedUnavailable", fate: "retry" })
        })
      ))

    it("goes on by itself after the server was killed, without a gap and without a repeat (G1, G2)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 5)
          const reader = yield* (yield* ChangeFeed).open(1)
          expect(yield* readTo(reader, 5)).toEqual(expected(1, 5))
          const waiting = yield* Effect.forkChild(readTo(reader, 12))
          yield* Effect.promise(world.levers.crash)
          yield* write(6, 12, 2)
          expect(yield* Fiber.join(waiting)).toEqual(expected(6, 12))
        })
      ))

    it("goes on by itself when the server was killed in the middle of a backlog (G1, G2)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 3_000)
          const reader = yield* (yield* ChangeFeed).open(1)
          const first = yield* reader.next
          yield* Effect.promise(world.levers.crash)
          const rest = yield* readTo(reader, 3_000)
          expect([...first.map(({ sequence }) => sequence), ...rest.map(({ sequence }) => sequence)]).toEqual(
            range(1, 3_000)
          )
        })
      ))

    it("fails a reader whose log was removed and made anew (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 5)
          const reader = yield* (yield* ChangeFeed).open(1)
          yield* readTo(reader, 5)
          const waiting = yield* Effect.forkChild(errorOf(reader.next))
          yield* Effect.promise(world.levers.remove)
          yield* write(1, 8, 2)
          expect((yield* Fiber.join(waiting))._tag).toBe("FeedUnavailable")
          expect((yield* errorOf(reader.next))._tag).toBe("FeedUnavailable")
        })
      ))

    it("fails a reader that is ahead of a log that was rolled back (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 3)
          const putBack = yield* Effect.promise(world.levers.snapshot)
          yield* write(4, 6)
          const reader = yield* (yield* ChangeFeed).open(1)
          yield* readTo(reader, 6)
          const waiting = yield* Effect.forkChild(errorOf(reader.next))
          yield* Effect.promise(putBack)
          expect((yield* Fiber.join(waiting))._tag).toBe("FeedUnavailable")
        })
      ))

    it("says so at once while the server is away (G5)", () =>
      run(
        Effect.gen(function* () {
          yield* write(1, 1)
          const feed = yield* ChangeFeed
          yield* Effect.promise(world.levers.down)
          expect((yield* errorOf(feed.ends))._tag).toBe("FeedUnavailable")
          expect((yield* errorOf(feed.open(1)))._tag).toBe("FeedUnavailable")
          yield* Effect.promise(world.levers.up)
          expect(yield* untilBack(feed.ends)).toEqual({ firstSequence: 1, lastSequence: 1 })
        })
      ))

    it("lets go within three seconds while the server is away (G8)", async () => {
      const use = Effect.gen(function* () {
        yield* write(1, 3)
        const reader = yield* (yield* ChangeFeed).open(1)
        yield* readTo(reader, 3)
      })
      expect(await closesWhileDown(world, use)).toBe(true)
    })
  })
}
