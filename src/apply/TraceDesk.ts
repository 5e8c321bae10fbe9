/** Port: what the HR database knows about one result, or about one employee's. Keys stand here as they are (G9). */
import type { Effect } from "effect"
import type { PersonDecision } from "../../schemas/held.ts"
import type { ProfileStoreError } from "./ProfileStore.ts"

/** Times in RFC 3339 UTC. */
export interface LedgerEntry {
  readonly result: string
  readonly state: "recorded" | "revoked"
  /** Of the change that took effect last; START: a place that was taken before anything was filed. */
  readonly position: string
  readonly eventId: string
  readonly learner: string | null
  readonly employee: string | null
  /** What proved the person (schemas/match-rule.ts); `null`: filed by an older version. */
  readonly rule: string | null
  readonly appliedAt: string
}

export interface PersonLink {
  readonly learner: string
  readonly employee: string
  /** What proved it (schemas/match-rule.ts). */
  readonly rule: string
  readonly linkedAt: string
}

/** A row of gradewire's own history; other targets keep none. */
export interface HistoryEntry {
  readonly position: string
  readonly state: string
  readonly type: string
  readonly eventId: string
  readonly employee: string
  readonly rule: string | null
  /** Commit at the source. */
  readonly committedAt: string
  readonly appliedAt: string
}

export interface LanePlace {
  readonly lane: number
  readonly position: string
  /** File name of the binlog it stands in; `null` before the first change. */
  readonly file: string | null
  /** Everything that the source committed until then is applied; `null`: not known. */
  readonly committedAt: string | null
  readonly updatedAt: string
}

export interface ResultFacts {
  readonly ledger: LedgerEntry | null
  readonly history: ReadonlyArray<HistoryEntry>
}

export interface EmployeeFacts {
  readonly results: ReadonlyArray<LedgerEntry>
  readonly links: ReadonlyArray<PersonLink>
  /** That gave something to the employee, or took it away. */
  readonly decisions: ReadonlyArray<PersonDecision & { readonly subject: string }>
}

type Asked<A> = Effect.Effect<A, ProfileStoreError>

export interface TraceDesk {
  readonly result: (result: string) => Asked<ResultFacts>
  readonly linkOf: (learner: string) => Asked<PersonLink | undefined>
  /** Reads the ledger once; the newest `limit` results. */
  readonly employee: (employee: string, limit: number) => Asked<EmployeeFacts>
  readonly lanes: Asked<ReadonlyArray<LanePlace>>
}
