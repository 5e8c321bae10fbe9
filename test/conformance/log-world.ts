/** What the suites of the change log's four ports need of the world they run in: a fake one, or a real NATS server. */
import { Effect, Exit, Fiber, Layer, Option, Schedule, Scope } from "effect"
import { ChangeFeed } from "../../src/apply/ChangeFeed.ts"
import type { ProgressDesk } from "../../src/apply/ProgressDesk.ts"
import type { ApplyProgress } from "../../src/capture/ApplyProgress.ts"
import { ChangeLog, type LogMessage } from "../../src/capture/ChangeLog.ts"
import type { LogHead } from "../../schemas/log-head.ts"

export type LogPorts = ChangeLog | ChangeFeed | ApplyProgress | ProgressDesk

/** Faults, as people and power cuts make them. Each has happened when its promise resolves. */
interface LogLevers {
  /** The server is killed and comes back with what it stored. */
  readonly crash: () => Promise<void>
  readonly down: () => Promise<void>
  readonly up: () => Promise<void>
  /** Takes a copy of the store; the function given puts it back in place of the present one. */
  readonly snapshot: () => Promise<() => Promise<void>>
  readonly purge: () => Promise<void>
  /** The log is removed; whoever next asks for its tail makes it anew. */
  readonly remove: () => Promise<void>
  /** Somebody else publishes into the log. */
  readonly publishForeign: () => Promise<void>
  /** The log refuses more than so many messages. */
  readonly limit: (messages: number | undefined) => Promise<void>
}

export interface LogWorld {
  readonly connector: string
  /** Built twice, it is two processes. */
  readonly ports: Layer.Layer<LogPorts>
  readonly levers: LogLevers
}

/** Opens a world with a log that was never written. */
export type OpenLogWorld = () => Promise<LogWorld>

export const positionAt = (n: number): string =>
  `0001-0000000001-${String(n).padStart(14, "0")}-0000000016777216`

/** The n-th segment of a history in which each holds one change. */
export const segment = (connector: string, n: number, over: Partial<LogHead> = {}): LogHead => ({
  version: 1,
  kind: "segment",
  connector,
  generation: 0,
  epoch: 1,
  previous: positionAt(n - 1),
  first: positionAt(n),
  last: positionAt(n),
  count: 1,
  types: ["score.recorded"],
  anchor: { file: "binlog.000001", position: 4 + n, gtid: null, server: "mysql:test", timeline: 1 },
  committedAt: "2026-11-22T08:00:00Z",
  ...over
})

export const bodyOf = (n: number): Uint8Array => new TextEncoder().encode(`[${n}]`)

export const messageOf = (connector: string, n: number, over: Partial<LogHead> = {}): LogMessage => ({
  head: segment(connector, n, over),
  body: bodyOf(n)
})

/** The bodies of {@link writeSegments}. */
export const bodies = (from: number, to: number): ReadonlyArray<string> =>
  range(from, to).map((n) => `[${n}]`)

/** Appends n = from..to behind `from - 1`, by a writer of its own, and waits until they are acknowledged. */
export const writeSegments = Effect.fnUntraced(function* (
  connector: string,
  from: number,
  to: number,
  epoch: number
) {
  const log = yield* ChangeLog
  const appender = yield* log.appender(from - 1)
  for (const n of range(from, to)) yield* appender.append(messageOf(connector, n, { epoch }))
  yield* appender.flush
}, Effect.scoped)

/** The bodies of everything stored. */
export const storedBodies = Effect.gen(function* () {
  const feed = yield* ChangeFeed
  const { firstSequence, lastSequence } = yield* feed.ends
  const read: Array<string> = []
  if (firstSequence === 0 || firstSequence > lastSequence) return read
  const reader = yield* feed.open(firstSequence)
  let sequence = firstSequence - 1
  while (sequence < lastSequence) {
    for (const message of yield* reader.next) {
      read.push(new TextDecoder().decode(message.body))
      sequence = message.sequence
    }
  }
  return read
})

/** Repeats what an outage refuses until the server is back. */
export const untilBack = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.retry(effect, Schedule.spaced("50 millis"))

export const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** Whether a process that used the ports ends in time although the server went away under it. */
export const closesWhileDown = <A, E>(
  world: LogWorld,
  use: Effect.Effect<A, E, LogPorts | Scope.Scope>
): Promise<boolean> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const ports = yield* Layer.buildWithScope(world.ports, scope)
      yield* use.pipe(Effect.provide(ports), Effect.provideService(Scope.Scope, scope))
      yield* Effect.promise(world.levers.down)
      const closing = yield* Effect.forkDetach(Scope.close(scope, Exit.void))
      const ended = yield* Effect.timeoutOption(Fiber.await(closing), "3 seconds")
      yield* Effect.promise(world.levers.up)
      return Option.isSome(ended)
    })
  )
