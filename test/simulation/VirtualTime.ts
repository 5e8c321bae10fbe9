/**
 * Effect's scheduler and clock in one hand: nothing runs unless told to, which of the runnable fibers comes next is
 * chance, and time passes only when asked. A whole life of the pipeline runs synchronously, and its seed replays it.
 */
import { Clock, Context, Duration, Effect, Random, Scheduler } from "effect"
import type { Chance } from "./Chance.ts"

interface Task {
  readonly run: () => void
  readonly priority: number
}

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
}

export class VirtualTime {
  /** Milliseconds since 1970. */
  now = 1_763_769_600_000
  /** What the wall clock is off by; timers do not care. */
  wallOffset = 0
  /** Tasks run so far. */
  steps = 0
  readonly context: Context.Context<never>
  readonly scheduler: Scheduler.Scheduler
  readonly #chance: Chance
  #tasks: Array<Task> = []
  #timers: Array<Timer> = []
  #order = 0

  constructor(chance: Chance) {
    this.#chance = chance
    this.scheduler = {
      executionMode: "async",
      // Only real waiting hands over, so that a fault falls between steps of ports and nowhere else.
      shouldYield: () => false,
      makeDispatcher: () => ({
        scheduleTask: (run, priority) => void this.#tasks.push({ run, priority }),
        flush: () => {
          while (this.runOne()) continue
        }
      })
    }
    const random = {
      nextIntUnsafe: () => chance.between(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      nextDoubleUnsafe: () => chance.next()
    }
    this.context = Context.empty().pipe(
      Context.add(Scheduler.Scheduler, this.scheduler),
      Context.add(Clock.Clock, this.#clock()),
      Context.add(Random.Random, random)
    )
  }

  get isIdle(): boolean {
    return this.#tasks.length === 0
  }

  /** When the next timer fires; `undefined` where nobody waits for time. */
  get nextTimerAt(): number | undefined {
    return this.#timers[0]?.at
  }

  /** Runs one of the runnable tasks; false where there is none. */
  runOne(): boolean {
    if (this.#tasks.length === 0) return false
    const first = Math.min(...this.#tasks.map(({ priority }) => priority))
    const ready = this.#tasks.flatMap(({ priority }, index) => (priority === first ? [index] : []))
    const [task] = this.#tasks.splice(this.#chance.pick(ready), 1)
    this.steps += 1
    task!.run()
    return true
  }

  /** Moves the clock on by as many milliseconds at most, to the first timer on the way, which fires. */
  advance(millis: number): void {
    const until = this.now + millis
    const next = this.#timers[0]
    if (next === undefined || next.at > until) {
      this.now = until
      return
    }
    this.now = Math.max(this.now, next.at)
    this.#timers.shift()
    next.fire()
  }

  after(millis: number, fire: () => void): Timer {
    const timer = { at: this.now + millis, order: this.#order++, fire }
    const index = this.#timers.findIndex(({ at }) => at > timer.at)
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer)
    return timer
  }

  #clock(): Clock.Clock {
    const currentTimeMillisUnsafe = () => this.now + this.wallOffset
    const nanos = () => BigInt(Math.floor(this.now)) * 1_000_000n
    return {
      currentTimeMillisUnsafe,
      currentTimeMillis: Effect.sync(currentTimeMillisUnsafe),
      currentTimeNanosUnsafe: () => BigInt(Math.floor(currentTimeMillisUnsafe())) * 1_000_000n,
      currentTimeNanos: Effect.sync(() => BigInt(Math.floor(currentTimeMillisUnsafe())) * 1_000_000n),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) => {
        const millis = Duration.toMillis(duration)
        if (millis <= 0) return Effect.yieldNow
        if (!Number.isFinite(millis)) return Effect.never
        return Effect.callback<void>((resume) => {
          const timer = this.after(millis, () => resume(Effect.void))
          return Effect.sync(() => {
            this.#timers = this.#timers.filter((one) => one !== timer)
          })
        })
      }
    }
  }
}
