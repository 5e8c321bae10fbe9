/** Dead letters as the desks of both kinds of server read them. */
import {
  UNRESOLVED,
  type DeadLetter,
  type LetterDecision,
  type LetterState
} from "../../schemas/dead-letter.ts"

export interface LetterRow {
  readonly position: string
  readonly subject: string
  readonly result_id: string | null
  readonly type: string
  readonly event_id: string
  readonly reason: string
  readonly detail: string
  readonly state: LetterState
  readonly at: string
  readonly updated_at: string
  readonly age_seconds: number | string
  readonly behind: string | null
}

/** @param row times in RFC 3339 */
export const letterOf = (row: LetterRow): DeadLetter => ({
  position: row.position,
  table: row.subject,
  result: row.result_id,
  type: row.type,
  eventId: row.event_id,
  reason: row.reason,
  detail: row.detail,
  state: row.state,
  at: row.at,
  updatedAt: row.updated_at,
  ageSeconds: Math.max(0, Number(row.age_seconds)),
  behind: row.behind
})

/** States in which a letter can be decided about. */
export const statesFor = (action: LetterDecision["action"]): ReadonlyArray<LetterState> =>
  action === "replay" ? ["open"] : UNRESOLVED
