/** Dead letters as operators see and decide them; nothing here but `LetterContent.event` may hold a personal value (G9). */

/**
 * - `open`      refused; waits for somebody's decision
 * - `waiting`   a later change of a result whose earlier one is refused
 * - `replay`    somebody asked for another attempt; apply makes it
 * - `done`      settled by apply: filed, held, or outdated by then
 * - `discarded` given up by decision; it stays here with who, when and why
 */
export const LETTER_STATES = ["open", "waiting", "replay", "done", "discarded"] as const
export type LetterState = (typeof LETTER_STATES)[number]

export const UNRESOLVED: ReadonlyArray<LetterState> = ["open", "waiting", "replay"]

export interface DeadLetter {
  /** Names the letter; no two of one connector have the same. */
  readonly position: string
  /** `schema.table` at the source. */
  readonly table: string
  /** Source table and key; `null`: the change is not one of a result. */
  readonly result: string | null
  /** Event type, `gradewire.score.recorded.v1`. */
  readonly type: string
  readonly eventId: string
  readonly reason: string
  /** The database's code and names, never a value. */
  readonly detail: string
  readonly state: LetterState
  /** RFC 3339 UTC. */
  readonly at: string
  readonly updatedAt: string
  readonly ageSeconds: number
  /** First unresolved letter of the same result before this one; `null`: none, so it can be decided by itself. */
  readonly behind: string | null
}

export interface LetterDecision {
  /** RFC 3339 UTC. */
  readonly at: string
  readonly action: "replay" | "discard"
  readonly by: string
  readonly why: string | null
}

export interface LetterContent {
  /** JSON text of the change event, personal values and all. */
  readonly event: string
  /** Oldest first. */
  readonly decisions: ReadonlyArray<LetterDecision>
}

/** Which letters; what is absent does not matter. */
export interface LetterFilter {
  readonly states: ReadonlyArray<LetterState>
  readonly positions?: ReadonlyArray<string> | undefined
  readonly reason?: string | undefined
  readonly table?: string | undefined
  readonly result?: string | undefined
  /** Older, or younger, than so many seconds. */
  readonly olderThan?: number | undefined
  readonly youngerThan?: number | undefined
}

/** Who writes to the HR database for the connector, and when it did so last. */
export interface LastWriter {
  readonly holder: string
  readonly idleSeconds: number
}
