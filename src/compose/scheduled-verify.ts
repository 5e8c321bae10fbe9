/**
 * Compares both databases by the clock, in the process that has apply's lane 0. The HR database lets one run go on at a time,
 * so that replicas do not repeat each other; a process whose apply does not work leaves it to the one that takes over.
 */
import { Cron, DateTime, Effect, Option, Result, Schedule } from "effect"
import type { ReconcileConfig } from "../../schemas/reconcile-config.ts"
import { FINDING_KINDS, type ReconciliationRun } from "../../schemas/reconciliation.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { verifyWith } from "./verify.ts"

const WAIT_SECONDS = 60

/** Never ends. The configuration has been checked: expression and zone are sound. */
export const verifyByClock = (
  loaded: LoadedConfig,
  { cron, rowsPerSecond, timeZone = loaded.config.source.timeZone }: ReconcileConfig
) => {
  const zone = DateTime.zoneFromString(timeZone === "Z" ? "UTC" : timeZone)
  const expression = Result.getOrThrow(Cron.parse(cron, Option.getOrUndefined(zone)))
  return Effect.schedule(compareOnce(loaded, rowsPerSecond), Schedule.cron(expression)).pipe(
    Effect.orDie,
    Effect.andThen(Effect.never)
  )
}

const compareOnce = Effect.fnUntraced(function* (loaded: LoadedConfig, rowsPerSecond: number | undefined) {
  const vitals = yield* CurrentVitals
  if (vitals.roles.get("apply")?.state !== "running") {
    return yield* Effect.logInfo("the comparison of both databases is left out: apply does not work here now")
  }
  yield* verifyWith(
    loaded,
    {
      tables: [],
      since: null,
      course: null,
      person: null,
      resume: false,
      waitSeconds: WAIT_SECONDS,
      rowsPerSecond
    },
    () => Effect.void
  ).pipe(
    Effect.flatMap(({ run }) => report(run)),
    Effect.catch((failure) =>
      Effect.logWarning("the comparison of both databases was not finished", {
        tag: failure._tag,
        reason: failure.message,
        remedy: failure.remedy
      })
    )
  )
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
