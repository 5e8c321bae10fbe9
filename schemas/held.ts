/**
 * Held results as people see and decide them.
 *
 * Keys of learners and employees stand here as they are: whoever shows them to somebody masks them first (G9).
 */

/** `waiting`: apply looks at them again and again; `ignored`: somebody put them aside. */
export const HELD_STATES = ["waiting", "ignored"] as const
export type HeldState = (typeof HELD_STATES)[number]

export interface HeldResult {
  /** Source table and key. */
  readonly result: string
  /** Key of the learner at the source; `null`: its score table maps none. */
  readonly learner: string | null
  /** Of the last change, the one that is held. */
  readonly position: string
  /** LEARNER_UNKNOWN, ABSENT, AMBIGUOUS, CONFLICT, UNQUALIFIED, ASSESSMENT_UNKNOWN. */
  readonly reason: string
  /** Employees that some rule hit when it was judged last. */
  readonly candidates: number
  readonly state: HeldState
  /** RFC 3339 UTC; when the result was held first. */
  readonly heldAt: string
  readonly ageSeconds: number
}

/** Which ones; what is absent does not matter. */
export interface HeldFilter {
  readonly states: ReadonlyArray<HeldState>
  readonly reason?: string | undefined
  readonly learner?: string | undefined
  readonly result?: string | undefined
  /** Held for longer than so many seconds. */
  readonly olderThan?: number | undefined
}

export interface HeldCounts {
  readonly waiting: number
  readonly ignored: number
  /** Of accounts that are no employees (`employees.exclude`); among neither of the others. */
  readonly unqualified: number
}

/** What is known of a learner: from the held change itself, else from the learner's own row. */
export interface LearnerKeys {
  readonly employeeNo: string | null
  readonly externalId: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly name: string | null
}

/** One learner with held results, or one held result that names no learner. */
export interface HeldPerson extends LearnerKeys {
  /** First of the results held for them; names them in a file that comes back. */
  readonly result: string
  readonly learner: string | null
  readonly results: number
  readonly reason: string
  readonly candidates: number
  readonly heldAt: string
}

/** An employee that some rule hits. */
export interface Candidate {
  readonly employee: string
  /** Kinds of key: employeeNo, externalId, email, phone. */
  readonly by: ReadonlyArray<string>
}

export interface PersonDecision {
  /** RFC 3339 UTC. */
  readonly at: string
  readonly action: "resolve" | "relink" | "ignore" | "restore"
  readonly from: string | null
  readonly to: string | null
  readonly results: number
  readonly by: string
  readonly why: string
}

export interface HeldContent {
  /** JSON text of the change event. */
  readonly event: string
  readonly keys: LearnerKeys
  /** Whom the learner is linked to. */
  readonly linked: string | null
  readonly candidates: ReadonlyArray<Candidate>
  /** About the learner, or about the result where it names none; oldest first. */
  readonly decisions: ReadonlyArray<PersonDecision>
}
