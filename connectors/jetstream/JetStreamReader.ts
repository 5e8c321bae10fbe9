/**
 * A reader that stays: it puts one subscription in place of another when the server restarts, its connection is lost or
 * its consumer is deleted, and goes on behind the last message it delivered.
 *
 * - It goes on only in the same log: same creation, not shorter than what was read, and the last message read still the
 *   one that stands at its sequence. Otherwise it fails, and the caller seeks its place anew by position (G5).
 * - It never waits in silence: heartbeats are missed after {@link PULL_SILENCE_MS}, and an outage longer than
 *   {@link OUTAGE_MS} fails the reader.
 */
import type { StreamInfo } from "@nats-io/jetstream"
import { Effect, Latch, Schedule, type Scope } from "effect"
import { FeedUnavailable, type FeedMessage, type FeedReader } from "../../src/apply/ChangeFeed.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import { NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"
import { PULL_SILENCE_MS, PullSubscription } from "./PullSubscription.ts"
import { headAtOrAfter, STREAM_NOT_FOUND, streamOf } from "./stream-access.ts"

const OUTAGE_MS = 30_000

export const openReader = Effect.fnUntraced(function* (
  connection: NatsConnection["Service"],
  options: JetStreamOptions,
  sequence: number
): Effect.fn.Return<FeedReader, FeedUnavailable, Scope.Scope> {
  const stream = yield* Effect.mapError(streamOf(connection, options), unavailable)
  const last = stream.state.last_seq
  if (sequence > last + 1) {
    return yield* unavailable({ message: `stream ${options.stream} ends at ${last}, before ${sequence}` })
  }
  const reader = new Reader(connection, options, stream.created, sequence)
  yield* Effect.addFinalizer(() => Effect.sync(() => reader.close()))
  yield* Effect.mapError(reader.subscribe, unavailable)
  yield* Effect.forkScoped(reader.keepAlive)
  return { next: reader.next }
})

class Reader {
  private readonly connection: NatsConnection["Service"]
  private readonly options: JetStreamOptions
  /** When the stream was created; another one of the same name is another log. */
  private readonly created: string
  private readonly start: number

  private buffer: Array<FeedMessage> = []
  private lastRead: { readonly sequence: number; readonly head: LogHead | undefined } | undefined
  private failure: FeedUnavailable | undefined
  private subscription: PullSubscription | undefined
  private brokenBy: string | undefined
  /** Open while there is something for the caller. */
  private readonly arrival = Latch.makeUnsafe(false)
  /** Open while the subscription is broken. */
  private readonly breakage = Latch.makeUnsafe(false)

  constructor(
    connection: NatsConnection["Service"],
    options: JetStreamOptions,
    created: string,
    start: number
  ) {
    this.connection = connection
    this.options = options
    this.created = created
    this.start = Math.max(1, start)
  }

  close(): void {
    this.subscription?.close()
    this.subscription = undefined
  }

  readonly next: FeedReader["next"] = Effect.suspend(() => {
    if (this.buffer.length > 0) return Effect.succeed(this.take())
    if (this.failure !== undefined) return Effect.fail(this.failure)
    return Effect.flatMap(this.arrival.await, () => this.next)
  })

  readonly subscribe: Effect.Effect<void, NatsTrouble> = Effect.suspend(() => {
    this.brokenBy = undefined
    this.breakage.closeUnsafe()
    return this.connection.ask(`reading stream ${this.options.stream}`, (link) => {
      const subscription = new PullSubscription(link, this.options.stream, {
        arrived: (message) => this.arrived(message),
        broken: (why) => {
          this.brokenBy = why
          this.breakage.openUnsafe()
        }
      })
      this.subscription?.close()
      this.subscription = subscription
      return subscription.open(this.nextSequence())
    })
  })

  /** Never ends but by interruption, or by failing the reader. */
  readonly keepAlive: Effect.Effect<void> = Effect.suspend(() => this.watchOnce()).pipe(
    Effect.forever,
    Effect.catch((failure: FeedUnavailable) =>
      Effect.sync(() => {
        this.failure = failure
        this.close()
        this.arrival.openUnsafe()
      })
    )
  )

  private watchOnce(): Effect.Effect<void, FeedUnavailable> {
    const before = this.subscription?.signOfLife()
    return Effect.flatMap(Effect.timeoutOption(this.breakage.await, PULL_SILENCE_MS), () => {
      const silent = before !== undefined && this.subscription?.signOfLife() === before
      const why = this.brokenBy ?? (silent ? `no heartbeat for ${PULL_SILENCE_MS} ms` : undefined)
      return why === undefined ? Effect.void : this.resume(why)
    })
  }

  private resume(why: string): Effect.Effect<void, FeedUnavailable> {
    const stream = this.options.stream
    return Effect.logInfo("reading the change log goes on after a break", { stream, why }).pipe(
      Effect.andThen(Effect.sync(() => this.close())),
      Effect.andThen(this.resubscribe),
      Effect.timeoutOrElse({
        duration: OUTAGE_MS,
        orElse: () => Effect.fail(unavailable({ message: `stream ${stream} cannot be read: ${why}` }))
      })
    )
  }

  private readonly resubscribe: Effect.Effect<void, FeedUnavailable> = Effect.suspend(() =>
    Effect.andThen(this.verify(), this.subscribe)
  ).pipe(
    Effect.retry({
      schedule: Schedule.spaced("200 millis"),
      while: (error) => error instanceof NatsTrouble && error.code !== STREAM_NOT_FOUND
    }),
    Effect.mapError((error) => (error instanceof NatsTrouble ? unavailable(error) : error))
  )

  /** Fails where the log is not the one that was read so far. */
  private verify(): Effect.Effect<void, FeedUnavailable | NatsTrouble> {
    return Effect.flatMap(streamOf(this.connection, this.options), (stream) => {
      const lost = this.lossOf(stream)
      if (lost !== undefined) return Effect.fail(unavailable({ message: lost }))
      const { lastRead } = this
      if (lastRead === undefined) return Effect.void
      return Effect.flatMap(headAtOrAfter(this.connection, this.options, lastRead.sequence), (stored) => {
        // Aged out or purged meanwhile: nothing to compare with, positions will tell.
        if (stored?.sequence !== lastRead.sequence || isSameHead(stored.head, lastRead.head))
          return Effect.void
        const message = `message ${lastRead.sequence} of stream ${stream.config.name} is another one than before`
        return Effect.fail(unavailable({ message }))
      })
    })
  }

  private lossOf({ config, created, state }: StreamInfo): string | undefined {
    if (created !== this.created) return `stream ${config.name} was created anew`
    if (state.last_seq < this.nextSequence() - 1) {
      return `stream ${config.name} went back to sequence ${state.last_seq}, behind ${this.nextSequence() - 1}`
    }
    return undefined
  }

  private nextSequence(): number {
    return this.lastRead === undefined ? this.start : this.lastRead.sequence + 1
  }

  private arrived(message: FeedMessage): void {
    this.lastRead = message
    this.buffer.push(message)
    // Opened here, the latch would run the caller inside this call, one message at a time; a microtask later all
    // messages of the same packet are there.
    if (this.buffer.length === 1) queueMicrotask(() => this.wake())
  }

  private wake(): void {
    if (this.buffer.length > 0) this.arrival.openUnsafe()
  }

  private take(): ReadonlyArray<FeedMessage> {
    const messages = this.buffer
    this.buffer = []
    if (this.failure === undefined) this.arrival.closeUnsafe()
    this.subscription?.taken()
    return messages
  }
}

const isSameHead = (a: LogHead | undefined, b: LogHead | undefined): boolean =>
  a?.generation === b?.generation && a?.epoch === b?.epoch && a?.first === b?.first && a?.last === b?.last

const unavailable = ({ message }: { readonly message: string }): FeedUnavailable =>
  new FeedUnavailable({ message })
