/**
 * Port: whom keys of learners would prove, by the rules and the SQL that apply files scores by. Writes nothing but temporary
 * tables of its own session, and needs none of gradewire's tables to be filled.
 */
import type { Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import type { KeyKind } from "./key-rules.ts"

/** A learner as the training database has them; keys in canonical form, null where there is none. */
export interface Learner {
  /** Null where score rows name people by their keys alone. */
  readonly id: string | null
  readonly keys: Readonly<Partial<Record<KeyKind, string | null>>>
  readonly name: string | null
}

export interface RuleHit {
  /** Place in `employees.match`. */
  readonly rule: number
  readonly employee: string
}

export interface Judged {
  /** Whom an earlier decision linked the learner to. */
  readonly linked: string | null
  /** Employees that some rule hits, and one more where only a phone number with another name does. */
  readonly people: number
  /** Some rule hits several. */
  readonly isAmbiguous: boolean
  /** In the order of the rules. */
  readonly hits: ReadonlyArray<RuleHit>
}

export interface ReadEmployees {
  readonly employees: number
  readonly oddSpellings: number
}

export interface IdentityJudge {
  /** Reads the whole employee table once, for spellings that no index finds. @param watch told the rows so far */
  readonly prepare: (watch: (rows: number) => Effect.Effect<void>) => Effect.Effect<ReadEmployees, Failure>
  /** In the same order. @param day of employment, 2026-11-22; undefined: whoever was employed at any time */
  readonly judge: (
    learners: ReadonlyArray<Learner>,
    day: string | undefined
  ) => Effect.Effect<ReadonlyArray<Judged>, Failure>
}
