/** What `gradewire check identity` is asked, and what it tells while it works. */
import type { Effect } from "effect"

export interface IdentityRequest {
  /** On which employment is judged, 2026-11-22; undefined: today. */
  readonly day: string | undefined
  /** Shared keys that are named. */
  readonly limit: number
  readonly rowsPerSecond: number | undefined
  readonly reveal: boolean
}

export interface LearnerOutcome {
  readonly learner: string | null
  readonly table: string
  readonly situation: string
  /** `phone = mobile` */
  readonly rule: string | null
  readonly why: string | null
  readonly employees: ReadonlyArray<string>
}

export interface IdentityWatch {
  /** What is read, and how many rows so far. */
  readonly progress: (what: string, rows: number) => Effect.Effect<void>
  /** Every learner once, in portions; keys masked unless revealed. */
  readonly judged: (learners: ReadonlyArray<LearnerOutcome>) => Effect.Effect<void>
}
