/** What a running process compares, mends and keeps by itself: section `reconcile` of a connector's configuration. */
import { Cron, Result, Schema } from "effect"
import { Secret, TimeZoneName } from "./config-values.ts"

const CronExpression = Schema.String.check(
  Schema.makeFilter((text) => {
    const parsed = Cron.parse(text)
    return (
      Result.isSuccess(parsed) ||
      `expected five fields, minute hour day month weekday, such as "30 3 * * *": ${parsed.failure.message}`
    )
  })
)

/** Not `extra`: what the source has no more is revoked only by somebody who says why. */
export const REPAIR_KINDS = ["missing", "stale", "mismatch"] as const
export type RepairKind = (typeof REPAIR_KINDS)[number]

/** `auto`: every default. */
const RepairConfig = Schema.Union([
  Schema.Literal("auto"),
  Schema.Struct({
    /** Default missing and stale: a mismatch may be somebody's edit of the profile. */
    kinds: Schema.optionalKey(Schema.NonEmptyArray(Schema.Literals(REPAIR_KINDS))),
    /** Above so many rows nothing is mended, and an alert says so. Default 100. */
    limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 })))
  })
])

const REPAIR_LIMIT = 100

export const KEEP_DAYS = 90
/** A comparison of a course may have to look through a whole table that has no index for it. */
export const ANSWER_SECONDS = 300

export interface RepairSettings {
  readonly kinds: ReadonlyArray<RepairKind>
  readonly limit: number
}

/** With every default; `undefined`: nothing is mended by itself. */
export const repairSettings = (config: ReconcileConfig | undefined): RepairSettings | undefined => {
  const repair = config?.repair
  if (repair === undefined) return undefined
  const given = repair === "auto" ? {} : repair
  return { kinds: given.kinds ?? ["missing", "stale"], limit: given.limit ?? REPAIR_LIMIT }
}

export const ReconcileConfig = Schema.Struct({
  /** Minute, hour, day of the month, month, day of the week; `"30 3 * * *"` is half past three every night. Default: never. */
  cron: Schema.optionalKey(CronExpression),
  /** Zone of the expression. Default: the source's. */
  timeZone: Schema.optionalKey(TimeZoneName),
  /** Rows a second that are compared at most. Default: as fast as it can. */
  rowsPerSecond: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))),
  /** Seconds that the training database may take over one statement of a comparison. Default 300. */
  answerSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 }))),
  /** Which differences a comparison by the clock mends at once, through the change log. Default: none. */
  repair: Schema.optionalKey(RepairConfig),
  /** Days that runs and what they found are kept; the newest stays whatever its age. Default 90. */
  keepDays: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3650 }))),
  /** Private Ed25519 key in PEM that signs reports. Default: they are sealed by a hash alone. */
  signingKey: Schema.optionalKey(Secret)
})
export type ReconcileConfig = typeof ReconcileConfig.Type
