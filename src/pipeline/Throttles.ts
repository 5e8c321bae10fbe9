/**
 * How many change events a second an operator lets a role of this process pass; no limit unless somebody says so.
 *
 * Whoever has passed some waits until they are paid for, in steps of a second at most, so that another wish takes effect at
 * once. The lanes of a process share one budget.
 */
import { Context, Effect, Semaphore } from "effect"
import { monotonicMillis } from "./monotonic-millis.ts"
import type { RoleName } from "./Vitals.ts"

const STEP_MILLIS_MAX = 1_000
const MILLIS_PER_SECOND = 1_000

interface Budget {
  perSecond: number | undefined
  /** Events that have passed and are not paid for yet. */
  debt: number
  readonly turn: Semaphore.Semaphore
}

export class Throttles {
  readonly #budgets = new Map<RoleName, Budget>()

  #budget(role: RoleName): Budget {
    let found = this.#budgets.get(role)
    if (found === undefined) {
      found = { perSecond: undefined, debt: 0, turn: Semaphore.makeUnsafe(1) }
      this.#budgets.set(role, found)
    }
    return found
  }

  perSecond(role: RoleName): number | undefined {
    return this.#budget(role).perSecond
  }

  set(role: RoleName, perSecond: number | undefined): void {
    this.#budget(role).perSecond = perSecond
  }

  /** Waits after so many events until the next may pass. */
  passed(role: RoleName, events: number): Effect.Effect<void> {
    const budget = this.#budget(role)
    if (budget.perSecond === undefined || events === 0) return Effect.void
    return budget.turn.withPermits(1)(
      Effect.gen(function* () {
        budget.debt += events
        let before = yield* monotonicMillis
        while (budget.perSecond !== undefined && budget.debt > 0) {
          const wait = (budget.debt * MILLIS_PER_SECOND) / budget.perSecond
          yield* Effect.sleep(Math.min(wait, STEP_MILLIS_MAX))
          const now = yield* monotonicMillis
          budget.debt -= ((now - before) * (budget.perSecond ?? Number.POSITIVE_INFINITY)) / MILLIS_PER_SECOND
          before = now
        }
        budget.debt = 0
      })
    )
  }
}

/** Nobody throttles anything, unless somebody gives another. */
export const CurrentThrottles = Context.Reference<Throttles>("gradewire/pipeline/Throttles", {
  defaultValue: () => new Throttles()
})
