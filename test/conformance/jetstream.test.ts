/** What only a real NATS server can do to us. */
import { StorageType, DiscardPolicy } from "@nats-io/jetstream"
import { Effect, Fiber, type Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { streamConfig } from "../../connectors/jetstream/topology.ts"
import { ChangeFeed, type FeedReader } from "../../src/apply/ChangeFeed.ts"
import { ChangeLog } from "../../src/capture/ChangeLog.ts"
import {
  messageOf,
  range,
  segment,
  storedBodies,
  untilBack,
  writeSegments,
  type LogPorts
} from "./log-world.ts"
import { NatsServer, type NatsLogWorld } from "./nats-log-world.ts"

const MEBIBYTE = 1024 * 1024
const DAY_MILLIS = 86_400_000

let nats: NatsServer
beforeAll(async () => {
  nats = await NatsServer.start(["max_payload: 16MB", "max_pending: 64MB"])
})
afterAll(() => nats.stop())

const run = <A, E>(world: NatsLogWorld, effect: Effect.Effect<A, E, LogPorts | Scope.Scope>): Promise<A> =>
  Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(world.ports)))

const tail = Effect.flatMap(ChangeLog, (log) => log.tail)

const sequencesTo = (reader: FeedReader, last: number) =>
  Effect.gen(function* () {
    const read: Array<number> = []
    while ((read.at(-1) ?? 0) < last) for (const { sequence } of yield* reader.next) read.push(sequence)
    return read
  })

describe("a stream on NATS", () => {
  it("is made once where two processes start together (G6)", async () => {
    const world = await nats.open()
    const both = await Promise.all([run(world, tail), run(world, tail)])
    expect(both.map(({ lastSequence }) => lastSequence)).toEqual([0, 0])
  })

  it("is not made where it is not ours to make; the command that makes it is given (G3)", async () => {
    const world = await nats.open({ manage: "verify" })
    const error = await run(world, Effect.flip(tail))
    expect(error).toMatchObject({ _tag: "LogMisconfigured", fate: "halt" })
    expect(error.remedy).toContain(`nats stream add ${world.options.stream}`)
    await nats.administer((jetstream) => jetstream.streams.add(streamConfig(world.options)))
    expect(await run(world, tail)).toMatchObject({ lastSequence: 0 })
  })

  it.each([
    ["drops the oldest when full", { discard: DiscardPolicy.Old }, "--discard new"],
    ["lives in memory", { storage: StorageType.Memory }, "nats stream rm"],
    ["keeps messages for a minute", { max_age: 60e9, duplicate_window: 60e9 }, "--max-age 168h"],
    ["takes foreign subjects", { subjects: ["foreign.1", "gradewire.foreign.>"] }, "--subjects"]
  ])("that %s is refused before anything is written (G1)", async (_, change, fix) => {
    const world = await nats.open()
    const subjects = "subjects" in change ? change.subjects : [`gradewire.${world.connector}.>`]
    await nats.administer((jetstream) =>
      jetstream.streams.add({ ...streamConfig(world.options), ...change, subjects })
    )
    const error = await run(world, Effect.flip(tail))
    expect(error).toMatchObject({ _tag: "LogMisconfigured", fate: "halt" })
    expect(error.remedy).toContain(fix)
  })

  it("cannot be made where another one takes its subjects, which is named (G3)", async () => {
    const world = await nats.open()
    const taken = { ...streamConfig(world.options), name: `${world.options.stream}_OTHER` }
    await nats.administer((jetstream) => jetstream.streams.add(taken))
    const error = await run(world, Effect.flip(tail))
    expect(error).toMatchObject({ _tag: "LogMisconfigured", fate: "halt" })
    expect(error.remedy).toContain("nats stream find")
  })

  it("that is full by bytes makes capture wait and loses nothing (G1)", async () => {
    const world = await nats.open({ maxBytes: 100_000 })
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        const log = yield* ChangeLog
        const appender = yield* log.appender(0)
        const body = new Uint8Array(9_000)
        const fill = Effect.forEach(range(1, 20), (n) =>
          appender.append({ head: segment(world.connector, n), body })
        )
        expect((yield* Effect.flip(Effect.andThen(fill, appender.flush)))._tag).toBe("LogFull")
        const { firstSequence, lastSequence } = yield* tail
        expect(firstSequence).toBe(1)
        expect(lastSequence).toBe(yield* appender.acknowledged)
      })
    )
  })
})

describe("a writer on NATS", () => {
  it("is not kept from starting by a server that is not there yet (G3)", async () => {
    const world = await nats.open()
    await world.levers.down()
    const started = run(world, Effect.andThen(Effect.flip(tail), untilBack(tail)))
    await world.levers.up()
    expect(await started).toMatchObject({ lastSequence: 0 })
  })

  it("dials again although the wall clock is set back by a day while there is no connection (G1)", async () => {
    const world = await nats.open()
    const now = Date.now.bind(Date)
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        yield* Effect.promise(world.levers.down)
        yield* Effect.flip(tail)
        vi.spyOn(Date, "now").mockImplementation(() => now() - DAY_MILLIS)
        yield* Effect.promise(world.levers.up)
        expect(yield* Effect.timeout(untilBack(tail), "30 seconds")).toMatchObject({ lastSequence: 0 })
      })
    ).finally(() => vi.restoreAllMocks())
  })

  it("learns that the stream went away while it wrote (G5)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        const appender = yield* (yield* ChangeLog).appender(0)
        yield* appender.append(messageOf(world.connector, 1))
        yield* appender.flush
        yield* Effect.promise(world.levers.remove)
        const write = Effect.andThen(appender.append(messageOf(world.connector, 2)), appender.flush)
        expect((yield* Effect.flip(write)).fate).toBe("retry")
      })
    )
  })

  it("does not wait for ever for a server that is frozen, and goes on after it thaws (G1, G8)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        const log = yield* ChangeLog
        const appender = yield* log.appender(0)
        yield* appender.append(messageOf(world.connector, 1))
        yield* appender.flush
        nats.server.pause()
        const write = Effect.andThen(appender.append(messageOf(world.connector, 2)), appender.flush)
        expect((yield* Effect.flip(write))._tag).toBe("LogUnavailable")
        nats.server.resume()
        // The frozen server had taken the message: only the tail can tell.
        const { lastSequence } = yield* untilBack(tail)
        yield* untilBack(writeSegments(world.connector, lastSequence + 1, 5, 1))
        expect(yield* storedBodies).toEqual(range(1, 5).map((n) => `[${n}]`))
      })
    )
  })

  it("lets go of a frozen server (G8)", async () => {
    const world = await nats.open()
    const used = run(
      world,
      Effect.gen(function* () {
        yield* tail
        yield* (yield* ChangeFeed).open(1)
        nats.server.pause()
      })
    )
    const ended = await Effect.runPromise(
      Effect.timeoutOption(
        Effect.promise(() => used),
        "30 seconds"
      )
    )
    nats.server.resume()
    expect(ended._tag).toBe("Some")
  })
})

describe("a reader on NATS", () => {
  it("goes on where its consumer was deleted (G1)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        yield* writeSegments(world.connector, 1, 3, 1)
        const reader = yield* (yield* ChangeFeed).open(1)
        expect(yield* sequencesTo(reader, 3)).toEqual([1, 2, 3])
        const waiting = yield* Effect.forkChild(sequencesTo(reader, 6))
        yield* Effect.promise(() =>
          nats.administer(async (jetstream) => {
            for await (const { name } of jetstream.consumers.list(world.options.stream)) {
              await jetstream.consumers.delete(world.options.stream, name)
            }
          })
        )
        yield* writeSegments(world.connector, 4, 6, 1)
        expect(yield* Fiber.join(waiting)).toEqual([4, 5, 6])
      })
    )
  })

  it("goes on after the server was frozen (G1)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        const reader = yield* (yield* ChangeFeed).open(1)
        const waiting = yield* Effect.forkChild(sequencesTo(reader, 3))
        nats.server.pause()
        // Fails after the time in which the reader misses its heartbeats as well.
        yield* Effect.flip(tail)
        nats.server.resume()
        yield* untilBack(writeSegments(world.connector, 1, 3, 1))
        expect(yield* Fiber.join(waiting)).toEqual([1, 2, 3])
      })
    )
  })

  it("does not go on in a log that was rolled back and has grown past its place since (G5)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        yield* writeSegments(world.connector, 1, 3, 1)
        const putBack = yield* Effect.promise(world.levers.snapshot)
        yield* untilBack(tail)
        yield* writeSegments(world.connector, 4, 6, 1)
        const reader = yield* (yield* ChangeFeed).open(1)
        yield* sequencesTo(reader, 6)
        const waiting = yield* Effect.forkChild(Effect.flip(reader.next))
        // The other process writes other cuts under the same numbers before the reader finds its way back.
        yield* Effect.promise(() => nats.server.kill())
        yield* Effect.promise(putBack)
        yield* untilBack(tail)
        yield* writeSegments(world.connector, 4, 9, 2)
        const error = yield* Fiber.join(waiting)
        expect(error._tag).toBe("FeedUnavailable")
      })
    )
  })

  it("takes a message larger than all it asks for at once (G8)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        const log = yield* ChangeLog
        const appender = yield* log.appender(0)
        for (const n of range(1, 4)) {
          const body = new Uint8Array(n % 2 === 0 ? 12 * MEBIBYTE : 100).fill(n)
          yield* appender.append({ head: segment(world.connector, n), body })
        }
        yield* appender.flush
        const reader = yield* (yield* ChangeFeed).open(1)
        expect(yield* sequencesTo(reader, 4)).toEqual([1, 2, 3, 4])
      })
    )
  })

  it("holds 17 MiB at most while nobody takes anything (G8)", async () => {
    const world = await nats.open()
    await run(
      world,
      Effect.gen(function* () {
        yield* tail
        const log = yield* ChangeLog
        const appender = yield* log.appender(0)
        const body = new Uint8Array(MEBIBYTE)
        const reader = yield* (yield* ChangeFeed).open(1)
        for (const n of range(1, 60)) yield* appender.append({ head: segment(world.connector, n), body })
        yield* appender.flush
        let read = 0
        while (read < 60) {
          const messages = yield* reader.next
          read += messages.length
          expect(messages.length).toBeLessThanOrEqual(17)
        }
      })
    )
  })
})
