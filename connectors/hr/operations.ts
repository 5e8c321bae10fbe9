/** What operators ask of the HR database and tell it, besides offsets; the same on every kind of server. */
import type { Effect } from "effect"
import type { RoleControl } from "../../schemas/control.ts"
import { DAMAGE_KINDS, type DamageKind } from "../../schemas/reconciliation.ts"
import type { AlertState, AlertStates } from "../../src/alerts/AlertStates.ts"
import type { ProfileStoreError } from "../../src/apply/ProfileStore.ts"

/** A row of the view `gradewire.lag`. `null` is not known, or none. */
export interface StoredLag {
  readonly totalSeconds: number | null
  readonly heartbeatAgeSeconds: number | null
  readonly held: number
  readonly oldestHeldSeconds: number | null
  readonly deadLetters: number
  readonly paused: ReadonlyArray<"capture" | "apply">
}

/** The last comparison of everything that was finished. */
export interface LastComparison {
  readonly run: string
  /** Who asked for it. */
  readonly by: string
  /** Since it was finished. */
  readonly ageSeconds: number
  /** Rows by kind that differed and that no repair has been sent for; kinds without any are left out. */
  readonly differences: ReadonlyMap<DamageKind, number>
}

/** A process that begins to apply. */
export interface MappingStart {
  /** SHA-256 of the mapping, in hex. */
  readonly hash: string
  /** JSON text. */
  readonly mapping: string
  readonly startedBy: string
  readonly programVersion: string
}

/** A session that stays open, for a process that asks again and again. */
export interface Operations {
  /** Roles that somebody ever paused or resumed. */
  readonly controls: Effect.Effect<ReadonlyArray<RoleControl>, ProfileStoreError>
  /** Pauses a role or lets it go on; its limit stays. */
  readonly setControl: (
    control: Omit<RoleControl, "changedAt" | "eventsPerSecond">
  ) => Effect.Effect<void, ProfileStoreError>
  /** Limits a role or lifts the limit; whether it is paused, and why, stays. */
  readonly setThrottle: (
    control: Pick<RoleControl, "role" | "eventsPerSecond" | "reason" | "changedBy">
  ) => Effect.Effect<void, ProfileStoreError>
  /** Books that a process begins with a mapping. */
  readonly recordMapping: (start: MappingStart) => Effect.Effect<void, ProfileStoreError>
  /** `undefined` where the connector has never applied anything. */
  readonly lag: Effect.Effect<StoredLag | undefined, ProfileStoreError>
  /** `undefined` where none ever was. */
  readonly comparison: Effect.Effect<LastComparison | undefined, ProfileStoreError>
  /** @param speaker roles and lanes of the process: ASCII, 255 at most */
  readonly alerts: (speaker: string) => AlertStates
}

/** What nobody has touched for so long belonged to processes that are no more. */
export const ALERT_DAYS = 30

export interface AlertRow {
  readonly alert: string
  readonly subject: string
  /** ms since 1970 UTC. */
  readonly since: string | number
  readonly told: string | number | null
  readonly text: string
  /** JSON text; null: to nobody, or an older version wrote it. */
  readonly owed: string | null
  readonly is_over: boolean | number
}

export const alertOf = ({
  alert,
  is_over: isOver,
  owed,
  since,
  subject,
  text,
  told
}: AlertRow): AlertState => ({
  alert,
  subject,
  sinceMillis: Math.round(Number(since)),
  toldMillis: told === null ? undefined : Math.round(Number(told)),
  text,
  owedTo: owed === null ? [] : (JSON.parse(owed) as ReadonlyArray<string>),
  over: Boolean(isOver)
})

export interface ComparisonRow {
  readonly run: string
  readonly by_whom: string
  readonly age_s: string | number
  /** Null where nothing differs. */
  readonly kind: string | null
  readonly n: string | number
}

const isDamage = (kind: string | null): kind is DamageKind =>
  (DAMAGE_KINDS as ReadonlyArray<string | null>).includes(kind)

export const comparisonOf = (rows: ReadonlyArray<ComparisonRow>): LastComparison | undefined => {
  const [first] = rows
  if (first === undefined) return undefined
  return {
    run: first.run,
    by: first.by_whom,
    ageSeconds: Number(first.age_s),
    differences: new Map(rows.flatMap(({ kind, n }) => (isDamage(kind) ? [[kind, Number(n)] as const] : [])))
  }
}

export interface ControlRow {
  readonly role: string
  readonly paused: boolean | number | string
  readonly reason: string
  readonly changed_by: string
  readonly changed_at: string
  /** Missing while the database is older than this program. */
  readonly events_per_second?: string | number | null
}

const isTrue = (value: boolean | number | string): boolean => value === true || Number(value) === 1

/** Servers answer booleans as `true`, `1` or `"1"`. @param instant a time as the server writes it in RFC 3339 */
export const controlOf =
  (instant: (text: string) => string) =>
  (row: ControlRow): RoleControl => ({
    role: row.role === "capture" ? "capture" : "apply",
    paused: isTrue(row.paused),
    reason: row.reason,
    changedBy: row.changed_by,
    eventsPerSecond:
      row.events_per_second === undefined || row.events_per_second === null
        ? null
        : Number(row.events_per_second),
    changedAt: instant(row.changed_at)
  })

export interface LagRow {
  readonly total_lag_s: string | number | null
  readonly heartbeat_age_s: string | number | null
  readonly held: string | number
  readonly oldest_held_s: string | number | null
  readonly dead_letters: string | number
  readonly capture_paused: boolean | number | string
  readonly apply_paused: boolean | number | string
}

export const lagOf = (row: LagRow | undefined): StoredLag | undefined =>
  row === undefined
    ? undefined
    : {
        totalSeconds: numberOf(row.total_lag_s),
        heartbeatAgeSeconds: numberOf(row.heartbeat_age_s),
        held: Number(row.held),
        oldestHeldSeconds: numberOf(row.oldest_held_s),
        deadLetters: Number(row.dead_letters),
        paused: [
          ...(isTrue(row.capture_paused) ? (["capture"] as const) : []),
          ...(isTrue(row.apply_paused) ? (["apply"] as const) : [])
        ]
      }

const numberOf = (value: string | number | null): number | null => (value === null ? null : Number(value))
