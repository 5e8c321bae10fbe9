/**
 * What a score must be to be filed, as its mapping says; one that is not is a dead letter that names the check and the
 * field, never the value (G9). What a change does not bring is not checked.
 */
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { utcToEpochMillis } from "../../schemas/civil-time.ts"
import type { Bounds, ScoreChecks } from "../../schemas/table-config.ts"
import type { Refusal } from "./ProfileStore.ts"

export type CheckScore = (event: ChangeEvent) => Refusal | undefined

export const CHECK_FAILED = "CheckFailed"

type Value = string | null | undefined

/** Digits behind the point that count: `1.50` has one. */
const decimalsOf = (number: string): number => (/\.(\d*?)0*$/.exec(number)?.[1] ?? "").length

/** Exact, as many digits as there are. */
const isLess = (a: string, b: string): boolean => {
  const scale = Math.max(decimalsOf(a), decimalsOf(b))
  const units = (text: string): bigint => {
    const [whole = "0", fraction = ""] = text.split(".")
    return BigInt(whole + fraction.slice(0, scale).padEnd(scale, "0"))
  }
  return units(a) < units(b)
}

const bounds = (field: string, value: Value, { decimals, max, min }: Bounds): string | undefined => {
  if (value === null || value === undefined) return undefined
  if (min !== undefined && isLess(value, String(min))) return `checks.${field}.min: score.${field}`
  if (max !== undefined && isLess(String(max), value)) return `checks.${field}.max: score.${field}`
  if (decimals !== undefined && decimalsOf(value) > decimals)
    return `checks.${field}.decimals: score.${field}`
  return undefined
}

const TIMES = ["startedAt", "submittedAt", "gradedAt"] as const
type Times = Readonly<Partial<Record<(typeof TIMES)[number], Value>>>

/** `2026-11-22T08:00:00.5Z` as text that compares whatever its precision. */
const comparable = (time: string): string => `${time.slice(0, 19)}.${time.slice(20, -1).padEnd(9, "0")}`
const isBefore = (a: string, b: string): boolean => comparable(a) < comparable(b)

const timeOrder = (attempt: Times): string | undefined => {
  const given = TIMES.flatMap((name) => {
    const value = attempt[name]
    return value === null || value === undefined ? [] : [{ name, value }]
  })
  for (const [index, { name, value }] of given.entries()) {
    const before = given[index - 1]
    if (before !== undefined && isBefore(value, before.value))
      return `checks.timeOrder: attempt.${name} before attempt.${before.name}`
  }
  return undefined
}

const HOUR_MILLIS = 3_600_000

const inFuture = (attempt: Times, committedAt: string, hours: number): string | undefined => {
  const latest = (utcToEpochMillis(committedAt) ?? Number.POSITIVE_INFINITY) + hours * HOUR_MILLIS
  for (const name of TIMES) {
    const value = attempt[name]
    if (value !== null && value !== undefined && (utcToEpochMillis(value) ?? 0) > latest)
      return `checks.futureHours: attempt.${name}`
  }
  return undefined
}

interface Scored {
  readonly score?: Readonly<Partial<Record<"raw" | "min" | "max" | "pass", Value>>>
  readonly attempt?: Times
}

const failure = (checks: ScoreChecks, { time, data }: ChangeEvent): string | undefined => {
  const { attempt = {}, score = {} } = data as unknown as Scored
  for (const field of ["raw", "min", "max", "pass"] as const) {
    const given = checks[field]
    const wrong = given === undefined ? undefined : bounds(field, score[field], given)
    if (wrong !== undefined) return wrong
  }
  const { max, raw } = score
  if (checks.aboveMax === "refuse" && raw && max && isLess(max, raw)) return "checks.aboveMax: score.raw"
  return (
    (checks.timeOrder === "refuse" ? timeOrder(attempt) : undefined) ??
    (checks.futureHours === undefined ? undefined : inFuture(attempt, time, checks.futureHours))
  )
}

interface Checked {
  readonly table: string
  readonly checks?: ScoreChecks | undefined
}

export const scoreChecks = (tables: ReadonlyArray<Checked>): CheckScore => {
  const byTable = new Map(
    tables.flatMap(({ checks, table }) => (checks === undefined ? [] : [[table, checks] as const]))
  )
  return (event) => {
    const checks = byTable.get(event.subject)
    if (checks === undefined || !("resultId" in event.data) || event.type === "gradewire.score.revoked.v1")
      return undefined
    const wrong = failure(checks, event)
    return wrong === undefined ? undefined : { reason: CHECK_FAILED, detail: wrong }
  }
}
