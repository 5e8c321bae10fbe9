/**
 * Keeps a running process in step with what operators have stored in the HR database, and its vitals with what only that
 * database and the training database know: queues and the purge margin.
 *
 * Where the HR database does not answer, the last wish that is known holds; a process that starts just then waits for it a
 * moment, then begins.
 */
import { Clock, Effect, Schedule, type Scope } from "effect"
import type { LastComparison, Operations } from "../../connectors/hr/operations.ts"
import { isRetryable } from "../../schemas/failure.ts"
import { repairSettings, type RepairSettings } from "../../schemas/reconcile-config.ts"
import { BY_CLOCK } from "../../schemas/reconciliation.ts"
import type { Machine } from "../cli/Actions.ts"
import { CurrentPauses } from "../pipeline/Pauses.ts"
import { CurrentThrottles } from "../pipeline/Throttles.ts"
import { CurrentVitals, ROLE_NAMES } from "../pipeline/Vitals.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { watchCertificates } from "./certificates.ts"
import { purgeMargin, slowestLane } from "./purge-margin.ts"
import { targetOf } from "./target-of.ts"

const LOOK = "1 second"
const FIRST_LOOK = "3 seconds"
const COUNT = "15 seconds"
const MARGIN = "60 seconds"
const SECONDS_PER_HOUR = 3_600
const everyLook = Schedule.spaced(LOOK)

/** Returns once the wishes are known, or cannot be; goes on watching for as long as the scope lives. */
export const followOperators = Effect.fnUntraced(function* (loaded: LoadedConfig, countsToo: boolean) {
  const target = yield* targetOf(loaded)
  const operations = yield* target.operations.pipe(
    Effect.catch((failure) =>
      // A capture of its own may do without the HR database's password; apply fails by itself.
      Effect.as(
        Effect.logWarning("this process cannot see what operators pause", {
          tag: failure._tag,
          reason: failure.message
        }),
        undefined
      )
    )
  )
  if (operations === undefined) return
  const knows = yield* takeWishes(operations).pipe(
    Effect.retry({ while: isRetryable, schedule: everyLook }),
    Effect.timeout(FIRST_LOOK),
    Effect.as(true),
    Effect.catch((failure) => Effect.as(reportFirst(failure), false))
  )
  yield* Effect.forkScoped(watchWishes(operations, knows))
  if (!countsToo) return
  yield* Effect.forkScoped(countQueues(operations, repairSettings(loaded.config.reconcile)))
  yield* Effect.forkScoped(watchMargin(loaded))
  yield* Effect.forkScoped(watchCertificates(loaded))
}) satisfies (loaded: LoadedConfig, countsToo: boolean) => Effect.Effect<void, never, Machine | Scope.Scope>

const takeWishes = Effect.fnUntraced(function* (operations: Operations) {
  const controls = yield* operations.controls
  const pauses = yield* CurrentPauses
  const throttles = yield* CurrentThrottles
  for (const role of ROLE_NAMES) {
    const control = controls.find((one) => one.role === role)
    throttles.set(role, control?.eventsPerSecond ?? undefined)
    pauses.set(role, control?.paused === true ? { by: control.changedBy, reason: control.reason } : undefined)
  }
})

/** A database that is not migrated yet holds no wishes: nothing to say. */
const reportFirst = (failure: { readonly _tag: string }): Effect.Effect<void> =>
  failure._tag === "StoreMisconfigured"
    ? Effect.void
    : Effect.logWarning("begins without knowing what operators pause: the HR database does not answer")

/** One line when the wishes can no longer be read, and one when they can again. */
const watchWishes = Effect.fnUntraced(function* (operations: Operations, knows: boolean) {
  let answers = knows
  while (true) {
    yield* Effect.sleep(LOOK)
    const failure = yield* takeWishes(operations).pipe(
      Effect.as(undefined),
      Effect.catch((error) => Effect.succeed(error))
    )
    if ((failure === undefined) === answers) continue
    answers = failure === undefined
    yield* failure === undefined
      ? Effect.logInfo("what operators pause can be read again")
      : Effect.logWarning("what operators pause cannot be read; the last word holds", {
          tag: failure._tag,
          reason: failure.message
        })
  }
})

const countQueues = Effect.fnUntraced(function* (
  operations: Operations,
  repairs: RepairSettings | undefined
) {
  const vitals = yield* CurrentVitals
  while (true) {
    const lag = yield* operations.lag.pipe(Effect.catch(() => Effect.succeed(undefined)))
    vitals.queues =
      lag === undefined
        ? undefined
        : {
            held: lag.held,
            oldestHeldSeconds: lag.oldestHeldSeconds ?? 0,
            deadLetters: lag.deadLetters,
            lagSeconds: lag.totalSeconds ?? undefined
          }
    const last = yield* operations.comparison.pipe(Effect.catch(() => Effect.succeed(undefined)))
    vitals.comparison =
      last === undefined
        ? undefined
        : {
            finishedMillis: (yield* Clock.currentTimeMillis) - last.ageSeconds * 1_000,
            differences: last.differences,
            withheld: withheldOf(last, repairs)
          }
    yield* Effect.sleep(COUNT)
  }
})

const withheldOf = (last: LastComparison, repairs: RepairSettings | undefined): number | undefined => {
  if (repairs === undefined || last.by !== BY_CLOCK) return undefined
  const rows = repairs.kinds.reduce((sum, kind) => sum + (last.differences.get(kind) ?? 0), 0)
  return rows > repairs.limit ? rows : 0
}

const watchMargin = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const vitals = yield* CurrentVitals
  const target = yield* targetOf(loaded)
  while (true) {
    const hours = yield* target.offsets.pipe(
      Effect.flatMap((stored) => {
        const own = slowestLane(stored, loaded.config.connector)
        return own === undefined || own.anchor === null
          ? Effect.succeed(null)
          : purgeMargin(loaded, own.anchor)
      }),
      Effect.catch(() => Effect.succeed(null))
    )
    vitals.purgeMarginSeconds =
      hours === null ? undefined : hours === "never" ? Number.POSITIVE_INFINITY : hours * SECONDS_PER_HOUR
    yield* Effect.sleep(MARGIN)
  }
})
