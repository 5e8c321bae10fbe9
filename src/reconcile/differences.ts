/** What verifying can find, and what a row of the HR database that differs is called. Pure. */
import {
  positionIn,
  SNAPSHOT_ORDINALS,
  transactionPrefix,
  type PositionText
} from "../../schemas/position.ts"
import type { DifferenceKind } from "../../schemas/reconciliation.ts"
import type { ApplyPlace, Standing } from "./ProfileView.ts"
import type { SourceMark } from "./SourceRows.ts"

/** A row that differs, by its name in events; `fields` are columns of the target, never values (G9). */
export interface Difference {
  readonly id: string
  readonly kind: DifferenceKind
  readonly fields: ReadonlyArray<string>
  /** Of the last change that was applied to it; null: none is known. */
  readonly position: PositionText | null
  /** Whose result the ledger says it is. */
  readonly learner: string | null
}

/**
 * A row that differs, or is not there, although the source has it. What waits for its person, or was refused, is no
 * damage: it stands in a queue that a person can see (G1).
 */
export const kindOf = (standing: Standing): DifferenceKind => {
  if (standing.isHeld) return "held"
  if (standing.isDead) return "dead"
  if (standing.state !== "filed" || !standing.isThere) return "missing"
  return standing.isUntouched ? "stale" : "mismatch"
}

/** It differs, and stands in no queue. */
export const isDamage = (standing: Standing): boolean => {
  const kind = kindOf(standing)
  return kind !== "held" && kind !== "dead"
}

/** Where the training database was when it gave an answer, as a position of the timeline that apply is on. */
export const positionOf = (mark: SourceMark, timeline: number): PositionText =>
  positionIn(transactionPrefix(timeline, mark.fileNumber, mark.position), 0)

/** Rows that a copy put between the mark and the transaction that starts there were read before that transaction. */
const nextTransaction = (mark: SourceMark, timeline: number): PositionText =>
  positionIn(transactionPrefix(timeline, mark.fileNumber, mark.position), SNAPSHOT_ORDINALS)

/** Everything before the mark has taken effect in every lane, or stands in a queue. */
export const hasPassed = (places: ReadonlyArray<ApplyPlace>, mark: SourceMark): boolean =>
  places.length > 0 &&
  places.every(
    ({ position, server, timeline }) => server === mark.server && position >= positionOf(mark, timeline)
  )

/**
 * Whether a difference is one. The source's row was read at or after `before`, and apply has passed the place up to which
 * that answer reaches. Where nothing newer than `before` has been applied to the row, both show the same moment; else it
 * changes just now, and is looked at again. What the ledger says beyond all that apply has done was not written by apply.
 */
export const isSettled = (
  standing: Standing,
  before: SourceMark | undefined,
  places: ReadonlyArray<ApplyPlace>
): boolean => {
  const { position } = standing
  if (position === null || places.every((place) => position > place.position)) return true
  const [place] = places
  return before !== undefined && place !== undefined && position < nextTransaction(before, place.timeline)
}
