/**
 * Compares both databases by the clock, and mends what `reconcile.repair` says, in the process that has apply's lane 0. The HR
 * database lets one run go on at a time, so that replicas do not repeat each other; a process whose apply does not work
 * leaves it to the one that takes over, which first goes on with what its predecessor had left to mend.
 */
import { Cron, DateTime, Effect, Layer, Metric, Option, Result, Schedule } from "effect"
import { isRetryable, type Failure } from "../../schemas/failure.ts"
import { repairSettings, type ReconcileConfig } from "../../schemas/reconcile-config.ts"
import { BY_CLOCK, FINDING_KINDS, type ReconciliationRun } from "../../schemas/reconciliation.ts"
import { repairedTotal } from "../pipeline/metrics.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import { repairByItself, type SelfRepair } from "../reconcile/repair-by-itself.ts"
import { RunStore } from "../reconcile/RunStore.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { layerRowSender } from "./row-sender.ts"
import { layerSourceRows } from "./source-rows.ts"
import { targetOf } from "./target-of.ts"
import { verifyWith } from "./verify.ts"

const WAIT_SECONDS = 60
const LOOK = "1 second"
const LOOK_AGAIN = "10 seconds"
const SILENT_LOOKS = 8
/** With ten minutes of attempts, what is left is mended after the next comparison. */
const REPAIR_PAUSE = "30 seconds"
const REPAIR_ATTEMPTS = 20

type Scheduled = ReconcileConfig & { readonly cron: string }

/** Never ends. The configuration has been checked: expression and zone are sound. */
export const verifyByClock = (loaded: LoadedConfig, reconcile: Scheduled) => {
  const { cron, timeZone = loaded.config.source.timeZone } = reconcile
  const zone = DateTime.zoneFromString(timeZone === "Z" ? "UTC" : timeZone)
  const expression = Result.getOrThrow(Cron.parse(cron, Option.getOrUndefined(zone)))
  return goOn(loaded, reconcile).pipe(
    Effect.andThen(Effect.schedule(compareOnce(loaded, reconcile, false), Schedule.cron(expression))),
    Effect.orDie,
    Effect.andThen(Effect.never)
  )
}

const isApplying = Effect.map(CurrentVitals, (vitals) => vitals.roles.get("apply")?.state === "running")

const compareOnce = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  reconcile: ReconcileConfig,
  resume: boolean
) {
  if (!(yield* isApplying)) {
    return yield* Effect.logInfo("the comparison of both databases is left out: apply does not work here now")
  }
  const request = {
    tables: [],
    since: null,
    course: null,
    person: null,
    isDeep: false,
    resume,
    waitSeconds: WAIT_SECONDS,
    rowsPerSecond: reconcile.rowsPerSecond
  }
  yield* verifyWith(loaded, request, () => Effect.void, BY_CLOCK).pipe(
    // What a predecessor had begun is its own for a minute.
    Effect.retry({
      while: ({ _tag }) => resume && _tag === "ReconcileRunning",
      schedule: Schedule.spaced(LOOK_AGAIN),
      times: SILENT_LOOKS
    }),
    Effect.flatMap(({ run }) => Effect.andThen(report(run), mend(loaded, reconcile, run.run))),
    Effect.catch(warn("the comparison of both databases was not finished"))
  )
})

/** What a predecessor had not finished comparing, or not mended. */
const goOn = Effect.fnUntraced(function* (loaded: LoadedConfig, reconcile: ReconcileConfig) {
  while (!(yield* isApplying)) yield* Effect.sleep(LOOK)
  const last = yield* Effect.gen(function* () {
    const target = yield* targetOf(loaded)
    const store = Effect.flatMap(RunStore, ({ list }) => list(1))
    return (yield* store.pipe(Effect.provide(yield* target.reconciliation)))[0]
  }).pipe(Effect.catch(() => Effect.undefined))
  if (last?.by !== BY_CLOCK) return
  yield* last.state === "done" ? mend(loaded, reconcile, last.run) : compareOnce(loaded, reconcile, true)
})

const mend = Effect.fnUntraced(function* (loaded: LoadedConfig, reconcile: ReconcileConfig, run: string) {
  const settings = repairSettings(reconcile)
  if (settings === undefined) return
  const waitMillis = WAIT_SECONDS * 1000
  yield* Effect.gen(function* () {
    const target = yield* targetOf(loaded)
    const ports = Layer.mergeAll(
      layerSourceRows(loaded),
      yield* target.reconciliation,
      layerRowSender(loaded, waitMillis)
    )
    return yield* repairByItself(run, settings, waitMillis).pipe(Effect.provide(ports))
  }).pipe(
    Effect.retry({
      // A hold of a process that was killed gives way after a minute.
      while: (failure) => isRetryable(failure) || failure._tag === "ReconcileRunning",
      schedule: Schedule.spaced(REPAIR_PAUSE),
      times: REPAIR_ATTEMPTS
    }),
    Effect.flatMap((outcome) => reportRepair(run, outcome)),
    Effect.catch(warn("what the comparison found was not mended", run))
  )
})

const warn = (text: string, run?: string) => (failure: Failure) =>
  Effect.logWarning(text, {
    ...(run === undefined ? {} : { run }),
    tag: failure._tag,
    reason: failure.message,
    remedy: failure.remedy
  })

const reportRepair = Effect.fnUntraced(function* (run: string, outcome: SelfRepair) {
  if (outcome._tag === "Nothing") return
  if (outcome._tag === "Withheld") {
    return yield* Effect.logWarning("nothing was mended: more rows differ than reconcile.repair allows", {
      run,
      limit: outcome.limit,
      remedy: `gradewire repair --run ${run} --print`
    })
  }
  const counts = { mended: 0, right: 0, sent: 0 }
  for (const step of outcome.steps) if (step.outcome in counts) counts[step.outcome as keyof typeof counts]++
  for (const [name, count] of Object.entries(counts)) {
    yield* Metric.update(repairedTotal({ outcome: name }), count)
  }
  const text = "rows that differed were sent again"
  const facts = { run, ...counts }
  yield* counts.sent === 0
    ? Effect.logInfo(text, facts)
    : Effect.logWarning(text, { ...facts, remedy: `gradewire repair --run ${run} --dry-run` })
})

const report = ({ run, tables }: ReconciliationRun): Effect.Effect<void> => {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const found = Object.fromEntries(
    FINDING_KINDS.flatMap((kind) => {
      const count = tables.reduce((sum, table) => sum + (table.kinds[kind] ?? 0), 0)
      return count === 0 ? [] : [[kind, count] as const]
    })
  )
  return Object.keys(found).length === 0
    ? Effect.logInfo("both databases agree", { run, rows })
    : Effect.logWarning("both databases differ", {
        run,
        rows,
        ...found,
        remedy: `gradewire repair --run ${run} --print`
      })
}
