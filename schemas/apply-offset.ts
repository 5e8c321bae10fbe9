/** Stored progress of apply: the row that commits together with the profile rows (G4). */
import { Schema } from "effect"
import { Anchor } from "./anchor.ts"
import { LogPosition } from "./log-head.ts"
import { SnapshotState } from "./snapshot-state.ts"

export const ApplyOffset = Schema.Struct({
  /** Every change at or before this position has taken effect, or stands in a queue. */
  position: LogPosition,
  generation: Schema.Int,
  /** Sequence of the message that ended there; only a hint, a restored stream may number otherwise. */
  streamSequence: Schema.Int,
  anchor: Anchor,
  /** Everything that the source committed until then has been applied (RFC 3339 UTC, see LogHead); null before the first. */
  committedAt: Schema.NullOr(Schema.String),
  /** How far the copy of the tables had come at that position; absent where no checkpoint said. */
  snapshot: Schema.optionalKey(SnapshotState)
})
export type ApplyOffset = typeof ApplyOffset.Type
