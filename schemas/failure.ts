/**
 * What every error a user can meet carries besides its tag: who decides its fate, and what to do.
 *
 * The tag is the heading in docs/operations.md. Fields hold positions, names and limits, never a personal value (G9).
 */

/**
 * - `retry`  the same step may succeed later; the pipeline's schedule repeats it from the last durable point
 * - `halt`   going on would lose or invent a change; the role stops and an operator acts (G3)
 * - `park`   one row is refused; it goes to the dead letters and the rest goes on
 * - `defect` a broken invariant of ours
 */
export type Fate = "retry" | "halt" | "park" | "defect"

/** The shape shared by all tagged errors. `remedy` is text that can be pasted or followed as it stands. */
export interface Failure {
  readonly _tag: string
  readonly message: string
  readonly fate: Fate
  readonly remedy: string
}

/** True for errors built to this shape; anything else that surfaces is a defect. */
export const isFailure = (error: unknown): error is Failure =>
  typeof error === "object" && error !== null && "_tag" in error && "fate" in error && "remedy" in error

/** Errors of the outside world that are worth another attempt. */
export const isRetryable = (error: unknown): boolean => isFailure(error) && error.fate === "retry"
