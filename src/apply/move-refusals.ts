/** Why an operator may not move the offsets. Nothing has been changed where one of these is the answer. */
import { Schema } from "effect"
import type { Fate } from "../../schemas/failure.ts"

/** The connector has never applied anything: there is no offset to move. */
export class OffsetsNone extends Schema.TaggedError<OffsetsNone>()("OffsetsNone", {
  message: Schema.String,
  connector: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Where a connector begins for the first time is source.start in its configuration: snapshot, earliest or latest."
}

/** A role has not been paused, or a process has not let go yet. */
export class ConnectorActive extends Schema.TaggedError<ConnectorActive>()("ConnectorActive", {
  message: Schema.String,
  connector: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Pause both roles, give them two seconds, and repeat the command: gradewire pause --config FILE --reason TEXT"
}

/** Changes would never be applied, and nobody has said that this is meant. */
export class DataLossRefused extends Schema.TaggedError<DataLossRefused>()("DataLossRefused", {
  message: Schema.String,
  /** Change events that would never take effect; null: not known. */
  events: Schema.NullOr(Schema.Number),
  results: Schema.NullOr(Schema.Number)
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Keep the list that the dry run prints (-o json): it is what to repair later. Then repeat the command with --accept-data-loss."
}

/** Somebody applied, or moved the offsets, between the look and the move. */
export class OffsetsOvertaken extends Schema.TaggedError<OffsetsOvertaken>()("OffsetsOvertaken", {
  message: Schema.String,
  connector: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "gradewire status shows who writes: pause both roles, see that no other process runs, and repeat the command; it looks anew."
}

/** The history has no such row, or one of a newer gradewire. */
export class MoveUnknown extends Schema.TaggedError<MoveUnknown>()("MoveUnknown", {
  message: Schema.String,
  id: Schema.Number
}) {
  readonly fate: Fate = "halt"
  readonly remedy = "gradewire offsets history lists the moves and their numbers."
}

export type MoveRefusal = OffsetsNone | ConnectorActive | DataLossRefused | OffsetsOvertaken | MoveUnknown
