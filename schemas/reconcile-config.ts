/** When a running process compares both databases by itself: section `reconcile` of a connector's configuration. */
import { Cron, Result, Schema } from "effect"
import { TimeZoneName } from "./config-values.ts"

const CronExpression = Schema.String.check(
  Schema.makeFilter((text) => {
    const parsed = Cron.parse(text)
    return (
      Result.isSuccess(parsed) ||
      `expected five fields, minute hour day month weekday, such as "30 3 * * *": ${parsed.failure.message}`
    )
  })
)

export const ReconcileConfig = Schema.Struct({
  /** Minute, hour, day of the month, month, day of the week; `"30 3 * * *"` is half past three every night. */
  cron: CronExpression,
  /** Zone of the expression. Default: the source's. */
  timeZone: Schema.optionalKey(TimeZoneName),
  /** Rows a second that are compared at most. Default: as fast as it can. */
  rowsPerSecond: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 })))
})
export type ReconcileConfig = typeof ReconcileConfig.Type
