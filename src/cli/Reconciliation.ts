/** What `gradewire verify`, `gradewire repair` and `gradewire report` ask and say. */
import type { DamageKind, ReconciliationRun } from "../../schemas/reconciliation.ts"
import type { ListedRun, StoredDifference } from "../reconcile/RunStore.ts"
import type { RepairStep } from "../reconcile/repair.ts"

/** What is to be compared, and how patiently. */
export interface VerifyRequest {
  readonly tables: ReadonlyArray<string>
  /** RFC 3339 UTC: only results that were submitted or graded since. */
  readonly since: string | null
  /** Only results of this assessment. */
  readonly course: string | null
  /** Only results of learners who are this employee. */
  readonly person: string | null
  /** Each row through gradewire itself, where the databases alone would do. */
  readonly isDeep: boolean
  /** Goes on with the run that did not end. */
  readonly resume: boolean
  /** How long apply is waited for. */
  readonly waitSeconds: number
  readonly rowsPerSecond: number | undefined
}

export interface VerifyView {
  readonly connector: string
  readonly run: ReconciliationRun
  /** Rows that differ, by name and kind, never by value. */
  readonly differences: ReadonlyArray<StoredDifference>
  /** Whether there are more than are shown. */
  readonly more: boolean
}

/** Which of a run's differences are to be mended. */
export interface RepairRequest {
  readonly run: string
  readonly kinds: ReadonlyArray<DamageKind>
  readonly mode: "print" | "look" | "execute"
  readonly revokeExtra: boolean
  /** Why they are revoked. */
  readonly reason: string | null
  /** How long rows that were sent are waited for. */
  readonly waitSeconds: number
}

export interface RepairView {
  readonly connector: string
  readonly run: string
  readonly mode: RepairRequest["mode"]
  readonly steps: ReadonlyArray<RepairStep>
}

export interface ReportList {
  readonly connector: string
  /** Newest first. */
  readonly runs: ReadonlyArray<ListedRun>
}

/** What a sealed report is worth. */
export interface ReportCheck {
  readonly file: string
  readonly connector: string
  readonly run: string
  readonly digest: string
  /** What does not fit the seal, in words. */
  readonly altered: ReadonlyArray<string>
  readonly signature: "none" | "invalid" | "other" | "valid"
  readonly keyFingerprint: string | null
  /** An HTML page of another version, of which only the report in it was looked at. */
  readonly unlookedPage: boolean
  readonly isGenuine: boolean
}
