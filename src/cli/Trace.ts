/** What `gradewire trace` says. */
import type { DeadLetter } from "../../schemas/dead-letter.ts"
import type { Candidate, HeldResult, PersonDecision } from "../../schemas/held.ts"
import type { EmployeeFacts, HistoryEntry, LanePlace, LedgerEntry, PersonLink } from "../apply/TraceDesk.ts"
import type { Explanation } from "../apply/explain-result.ts"

/** Where a change stands in the source's history. `null`: not known any more. */
export interface SourcePlace {
  readonly position: string
  /** Event id; before `#` it names the transaction: a GTID where the server has one. */
  readonly eventId: string
  /** `binlog.000007`, or only its number. */
  readonly file: string
  readonly byte: number
  /** A copied row has no transaction of its own. */
  readonly copied: boolean
  readonly type: string | null
  readonly committedAt: string | null
}

/** What is known of one result; keys of people are masked unless revealed. */
export interface ResultTrace {
  readonly result: string
  readonly explanation: Explanation
  /** The newest change that is known. */
  readonly source: SourcePlace | null
  /** Its message in the change log; `gone`: the log no longer holds it; `unasked`: it did not answer in time. */
  readonly log: { readonly state: "there" | "gone" | "unasked"; readonly sequence: number | null }
  readonly link: PersonLink | null
  readonly ledger: LedgerEntry | null
  readonly held: HeldResult | null
  readonly candidates: ReadonlyArray<Candidate>
  readonly letters: ReadonlyArray<DeadLetter>
  readonly decisions: ReadonlyArray<PersonDecision>
  readonly history: ReadonlyArray<HistoryEntry>
  readonly lanes: ReadonlyArray<LanePlace>
  readonly revealed: boolean
}

export interface EmployeeTrace extends EmployeeFacts {
  readonly employee: string
  /** What still waits for something of the learners who are linked to the employee. */
  readonly held: ReadonlyArray<HeldResult>
  readonly more: boolean
  readonly revealed: boolean
}
