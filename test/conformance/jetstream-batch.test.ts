/** A transaction that spans several segments, on a real server and on a cluster of three. */
import { Effect, type Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freePort } from "../../deploy/servers/ports.ts"
import { ChangeLog, type LogAppender } from "../../src/capture/ChangeLog.ts"
import { bodies, messageOf, range, segment, storedBodies, untilBack, type LogPorts } from "./log-world.ts"
import { NatsServer, type NatsLogWorld } from "./nats-log-world.ts"

const CLUSTER_SIZE = 3

const startCluster = async (): Promise<ReadonlyArray<NatsServer>> => {
  const ports: Array<number> = []
  while (ports.length < CLUSTER_SIZE) ports.push(await freePort())
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(", ")
  return Promise.all(
    ports.map((port) =>
      NatsServer.start([`cluster { name: batch, listen: "127.0.0.1:${port}", routes: [${routes}] }`])
    )
  )
}

const run = <A, E>(world: NatsLogWorld, effect: Effect.Effect<A, E, LogPorts | Scope.Scope>): Promise<A> =>
  Effect.runPromise(effect.pipe(Effect.scoped, Effect.provide(world.ports)))

const tail = Effect.flatMap(ChangeLog, (log) => log.tail)
const appenderAt = (sequence: number) => Effect.flatMap(ChangeLog, (log) => log.appender(sequence))
const lastSequence = Effect.map(untilBack(tail), (found) => found.lastSequence)

/** Parts `from` to `to` of a transaction that ends with part `of`; part n is message `first + n - 1`. */
const parts = (
  world: NatsLogWorld,
  to: LogAppender,
  first: number,
  from: number,
  until: number,
  of: number
) =>
  Effect.forEach(range(from, until), (part) =>
    to.append(messageOf(world.connector, first + part - 1, { part, partLast: part === of }))
  )

describe.each([1, CLUSTER_SIZE])("a stream on %i servers", (replicas) => {
  let servers: ReadonlyArray<NatsServer>
  beforeAll(async () => {
    servers = replicas === 1 ? [await NatsServer.start()] : await startCluster()
  })
  afterAll(() => Promise.all(servers.map((server) => server.stop())))

  const open = (change = {}): Promise<NatsLogWorld> => servers[0]!.open({ replicas, ...change })

  it("shows the parts of a transaction together, in their place among others (G1)", async () => {
    const world = await open()
    await run(
      world,
      Effect.gen(function* () {
        expect(yield* lastSequence).toBe(0)
        const appender = yield* appenderAt(0)
        yield* appender.append(messageOf(world.connector, 1))
        yield* appender.append(messageOf(world.connector, 2))
        yield* parts(world, appender, 3, 1, 4, 5)
        expect(yield* lastSequence).toBe(2)
        yield* parts(world, appender, 3, 5, 5, 5)
        yield* appender.append(messageOf(world.connector, 8))
        yield* parts(world, appender, 9, 1, 2, 2)
        yield* appender.flush
        expect(yield* appender.acknowledged).toBe(10)
        expect(yield* storedBodies).toEqual(bodies(1, 10))
      })
    )
  })

  it("holds nothing of a transaction whose writer went away within it (G1)", async () => {
    const world = await open()
    await run(
      world,
      Effect.gen(function* () {
        expect(yield* lastSequence).toBe(0)
        yield* Effect.scoped(Effect.flatMap(appenderAt(0), (appender) => parts(world, appender, 1, 1, 3, 4)))
        expect(yield* lastSequence).toBe(0)
        const appender = yield* appenderAt(0)
        yield* parts(world, appender, 1, 1, 4, 4)
        yield* appender.flush
        expect(yield* storedBodies).toEqual(bodies(1, 4))
      })
    )
  })

  it("refuses the whole of a transaction where another writer came between (G6)", async () => {
    const world = await open()
    await run(
      world,
      Effect.gen(function* () {
        expect(yield* lastSequence).toBe(0)
        const old = yield* appenderAt(0)
        yield* parts(world, old, 1, 1, 2, 3)
        const successor = yield* appenderAt(0)
        yield* successor.append(messageOf(world.connector, 1, { epoch: 2 }))
        yield* successor.flush
        const error = yield* Effect.flip(Effect.andThen(parts(world, old, 1, 3, 3, 3), old.flush))
        expect(error._tag).toBe("LogMoved")
        expect(yield* storedBodies).toEqual(bodies(1, 1))
      })
    )
  })

  it("takes a transaction of more parts than a batch may hold (G1, G8)", { timeout: 60_000 }, async () => {
    const world = await open()
    await run(
      world,
      Effect.gen(function* () {
        expect(yield* lastSequence).toBe(0)
        const appender = yield* appenderAt(0)
        yield* parts(world, appender, 1, 1, 1203, 1203)
        yield* parts(world, appender, 1204, 1, 2, 2)
        yield* appender.flush
        expect(yield* lastSequence).toBe(1205)
      })
    )
  })

  it("that is full refuses a transaction as a whole and says how full it is (G1)", async () => {
    const world = await open({ maxBytes: 100_000 })
    await run(
      world,
      Effect.gen(function* () {
        expect(yield* lastSequence).toBe(0)
        const appender = yield* appenderAt(0)
        yield* appender.append(messageOf(world.connector, 1))
        const body = new Uint8Array(30_000)
        const large = Effect.forEach(range(1, 5), (part) =>
          appender.append({ head: segment(world.connector, 1 + part, { part, partLast: part === 5 }), body })
        )
        const error = yield* Effect.flip(Effect.andThen(large, appender.flush))
        expect(error).toMatchObject({ _tag: "LogFull", fate: "retry" })
        expect(error.message).toContain("of 100000 bytes")
        expect(error.remedy).toContain("--max-bytes")
        expect(yield* lastSequence).toBe(1)
      })
    )
  })

  it(
    "that gives a batch up takes the transaction as single messages then (G1)",
    { timeout: 60_000 },
    async () => {
      const world = await open()
      await run(
        world,
        Effect.gen(function* () {
          expect(yield* lastSequence).toBe(0)
          const slow = yield* appenderAt(0)
          yield* parts(world, slow, 1, 1, 2, 3)
          // the server waits for 10 s (nats-server, jetstream.limits.batch.timeout)
          yield* Effect.sleep("12 seconds")
          const error = yield* Effect.flip(Effect.andThen(parts(world, slow, 1, 3, 3, 3), slow.flush))
          expect(error.fate).toBe("retry")
          const again = yield* appenderAt(0)
          yield* parts(world, again, 1, 1, 2, 3)
          yield* again.flush
          expect(yield* lastSequence).toBe(2)
          yield* parts(world, again, 1, 3, 3, 3)
          yield* again.flush
          expect(yield* storedBodies).toEqual(bodies(1, 3))
        })
      )
    }
  )
})
