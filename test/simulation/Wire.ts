/**
 * An appender with a network under it: messages in flight arrive in order, later, or not at all; acknowledgements get
 * lost; what a dead process had sent may still arrive. A connection keeps order: behind a message that was lost or
 * refused, nothing that was sent with it arrives.
 */
import { Effect, Latch } from "effect"
import { LogFull, LogMoved, LogUnavailable } from "../../src/capture/ChangeLog.ts"
import type { ChangeLogError, LogAppender, LogMessage } from "../../src/capture/ChangeLog.ts"
import type { MemoryLog } from "../support/fakes/MemoryLog.ts"
import type { Chance } from "./Chance.ts"
import type { VirtualTime } from "./VirtualTime.ts"

export interface WireOptions {
  readonly log: MemoryLog
  readonly time: VirtualTime
  readonly chance: Chance
  /** How often a message or its acknowledgement gets lost. */
  readonly lossOdds: () => number
  /** The longest that a message is under way. */
  readonly delayMillis: number
  /** False: the server takes messages wherever the log ends; true is the contract. */
  readonly checksExpectation: boolean
  /** Told of every message that was stored. */
  readonly stored: (sequence: number) => void
}

interface InFlight {
  readonly expected: number
  readonly message: LogMessage
}

const WINDOW = 4

export class WireAppender implements LogAppender {
  readonly #options: WireOptions
  #flight: Array<InFlight> = []
  #next: number
  #acknowledged: number
  #failure: ChangeLogError | undefined
  #changed = Latch.makeUnsafe(false)

  constructor(options: WireOptions, lastSequence: number) {
    this.#options = options
    this.#next = lastSequence
    this.#acknowledged = lastSequence
  }

  readonly append = (message: LogMessage): Effect.Effect<void, ChangeLogError> =>
    Effect.suspend(() => {
      if (this.#failure !== undefined) return Effect.fail(this.#failure)
      if (this.#flight.length >= WINDOW)
        return Effect.flatMap(this.#changed.await, () => this.append(message))
      this.#flight.push({ expected: this.#next, message })
      this.#next += 1
      const { time, chance, delayMillis } = this.#options
      time.after(chance.odds(0.5) ? 0 : chance.between(0, delayMillis), () => this.#arrive())
      return Effect.void
    })

  readonly flush: LogAppender["flush"] = Effect.suspend(() => {
    if (this.#failure !== undefined) return Effect.fail(this.#failure)
    return this.#flight.length === 0 ? Effect.void : Effect.flatMap(this.#changed.await, () => this.flush)
  })

  readonly acknowledged: Effect.Effect<number> = Effect.sync(() => this.#acknowledged)

  /** The connection breaks, or its process ends: some of what is under way still arrives. */
  break(): void {
    const arrives = this.#options.chance.between(0, this.#flight.length)
    this.#flight = this.#flight.slice(0, arrives)
    this.#fail(new LogUnavailable({ message: "the connection broke" }))
  }

  #arrive(): void {
    const sent = this.#flight.shift()
    if (sent === undefined) return
    const { chance, lossOdds } = this.#options
    const refusal = chance.odds(lossOdds())
      ? new LogUnavailable({ message: "a message got lost" })
      : (this.#refusal() ?? this.#store(sent))
    if (refusal !== undefined) {
      this.#flight = []
      return this.#fail(refusal)
    }
    if (chance.odds(lossOdds())) return this.#fail(new LogUnavailable({ message: "an answer got lost" }))
    this.#acknowledged = sent.expected + 1
    this.#notify()
  }

  #refusal(): ChangeLogError | undefined {
    const { log } = this.#options
    if (log.isDown) return new LogUnavailable({ message: "the log is down" })
    return log.isFull ? new LogFull({ message: "the log is full", stream: "memory" }) : undefined
  }

  #store({ expected, message }: InFlight): ChangeLogError | undefined {
    const { log, checksExpectation, stored } = this.#options
    const at = checksExpectation ? expected : log.lastSequence
    const sequence = log.append(at, message.head, message.body)
    if (sequence === undefined)
      return new LogMoved({ message: "the log has moved", expectedSequence: expected })
    stored(sequence)
    return undefined
  }

  #fail(failure: ChangeLogError): void {
    this.#failure ??= failure
    this.#notify()
  }

  #notify(): void {
    const changed = this.#changed
    this.#changed = Latch.makeUnsafe(false)
    changed.openUnsafe()
  }
}
