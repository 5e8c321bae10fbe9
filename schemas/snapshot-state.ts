/**
 * How far the copy of each mapped table has come. It travels in the bodies of checkpoints, because keys may be personal
 * and bodies are the one place of the change log where such values belong (G9).
 */
import { Schema } from "effect"
import { Captured } from "./captured.ts"

/** Key as events write it, and whose it was, where that is known. */
export const RevokedRow = Schema.Struct({ key: Schema.String, learner: Schema.NullOr(Schema.String) })
export type RevokedRow = typeof RevokedRow.Type

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const TableSnapshot = Schema.Struct({
  /** `schema.table` */
  table: Schema.NonEmptyString,
  state: Schema.Literals(["waiting", "running", "done", "canceled"]),
  /** Rows behind this key are still to be copied; null: all of them, or none any more. */
  after: Schema.NullOr(Schema.Array(Schema.String)),
  /** SQL condition of an ad-hoc copy. */
  where: Schema.NullOr(Schema.String),
  /** Not a copy: rows that are to be revoked, if none of them is there. All of them fit `where`. */
  revoke: Schema.optionalKey(Schema.Array(RevokedRow)),
  /** Rows read, those dropped because the stream had them included. */
  rows: Count,
  /** The server's estimate when the copy of the table began; null: unknown. */
  estimate: Schema.NullOr(Count)
})
export type TableSnapshot = typeof TableSnapshot.Type

export const SnapshotState = Schema.Struct({
  paused: Schema.Boolean,
  /** In the order in which they are copied: who a score belongs to comes before the score. */
  tables: Schema.Array(TableSnapshot)
})
export type SnapshotState = typeof SnapshotState.Type

/** Body of a checkpoint. */
export const CheckpointBody = Schema.Struct({
  snapshot: SnapshotState,
  /** All transactions up to this place. */
  captured: Schema.optionalKey(Captured)
})
export type CheckpointBody = typeof CheckpointBody.Type
