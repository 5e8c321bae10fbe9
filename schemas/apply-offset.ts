/** Stored progress of apply: the row that commits together with the profile rows (G4). */
import { Result, Schema } from "effect"
import { Anchor } from "./anchor.ts"
import { Captured } from "./captured.ts"
import { LogPosition } from "./log-head.ts"
import { SnapshotState } from "./snapshot-state.ts"

export const ApplyOffset = Schema.Struct({
  /** Every change at or before this position has taken effect, or stands in a queue. */
  position: LogPosition,
  generation: Schema.Int,
  /**
   * Sequence of the message that ended there; only a hint, a restored stream may number otherwise. 0: none did, the place
   * was chosen by an operator, or lies inside the first message.
   */
  streamSequence: Schema.Int,
  anchor: Anchor,
  /** Everything that the source committed until then has been applied (RFC 3339 UTC, see LogHead); null before the first. */
  committedAt: Schema.NullOr(Schema.String),
  /** How far the copy of the tables had come at that position; absent where no checkpoint said. */
  snapshot: Schema.optionalKey(SnapshotState),
  /** All transactions up to that position; absent where it is not known. */
  captured: Schema.optionalKey(Captured)
})
export type ApplyOffset = typeof ApplyOffset.Type

const CopyProgress = Schema.fromJsonString(
  Schema.Struct({ ...SnapshotState.fields, captured: Schema.optionalKey(Captured) })
)
const decodeProgress = Schema.decodeUnknownResult(CopyProgress)

/** What the HR database's one column of JSON holds of an offset; null where no checkpoint said anything yet. */
export const progressText = ({ captured, snapshot }: ApplyOffset): string | null => {
  if (snapshot === undefined) return null
  return JSON.stringify(captured === undefined ? snapshot : { ...snapshot, captured })
}

/**
 * The way back. Without it the tables are copied anew where the log is lost, and only the same server is read again; that
 * costs time, so it is no reason to stop.
 */
export const progressOf = (text: string | null): Pick<ApplyOffset, "snapshot" | "captured"> => {
  const stored = text === null ? undefined : Result.getOrUndefined(decodeProgress(text))
  if (stored === undefined) return {}
  const { captured, ...snapshot } = stored
  return captured === undefined ? { snapshot } : { snapshot, captured }
}
