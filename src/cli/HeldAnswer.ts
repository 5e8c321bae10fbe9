/** What commands about held scores say. */
import type { Candidate, HeldCounts, HeldResult, LearnerKeys, PersonDecision } from "../../schemas/held.ts"
import type { Resolved } from "../apply/HeldDesk.ts"

/** Keys of learners and employees are masked unless revealed. */
export interface HeldList {
  readonly results: ReadonlyArray<HeldResult>
  readonly counts: HeldCounts
  /** Whether the limit left some out. */
  readonly more: boolean
  readonly revealed: boolean
}

export interface HeldView {
  readonly held: HeldResult
  readonly keys: LearnerKeys
  readonly linked: string | null
  readonly candidates: ReadonlyArray<Candidate>
  readonly decisions: ReadonlyArray<PersonDecision>
  readonly event: unknown
  readonly revealed: boolean
}

/** Who decides, and why. `by` undefined: this machine's account. */
export interface Named {
  readonly by: string | undefined
  readonly why: string
}

export interface HeldResolution {
  /** Learners, or results without one, whose results were filed now; keys masked. */
  readonly people: ReadonlyArray<Omit<Resolved, "place">>
  /** Orders, or lines, that had been carried out before. */
  readonly already: number
  /** Lines of a file without an employee. */
  readonly empty: number
}

export interface HeldAside {
  readonly ignored: boolean
  readonly results: number
}
