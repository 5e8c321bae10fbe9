/**
 * Port: where an operator's questions about the copy of the tables come in. Capture answers them one by one; without a
 * desk it takes no commands.
 */
import { Context, Schema, type Effect, type Scope } from "effect"
import type { Fate } from "../../schemas/failure.ts"
import type { SnapshotCommand, SnapshotStatus } from "../../schemas/snapshot-command.ts"
import type { LogUnavailable } from "./ChangeLog.ts"

/** A table that this connector does not read. */
export class SnapshotTableUnmapped extends Schema.TaggedError<SnapshotTableUnmapped>()(
  "SnapshotTableUnmapped",
  {
    message: Schema.String,
    table: Schema.String,
    mapped: Schema.Array(Schema.String)
  }
) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Give one of ${this.mapped.join(", ")}; or map the table under tables: in the configuration and restart capture, which then copies it by itself.`
  }
}

/** One copy of a table at a time. */
export class SnapshotRunning extends Schema.TaggedError<SnapshotRunning>()("SnapshotRunning", {
  message: Schema.String,
  table: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Wait for it (gradewire snapshot status --watch), or end it first: gradewire snapshot cancel --table ${this.table}`
  }
}

/** Nothing waits or runs that could be canceled. */
export class SnapshotIdle extends Schema.TaggedError<SnapshotIdle>()("SnapshotIdle", {
  message: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy = "Nothing to do; gradewire snapshot status shows what has been copied."
}

/** The training database does not accept the SELECT of a copy with an operator's condition. */
export class SnapshotConditionRefused extends Schema.TaggedError<SnapshotConditionRefused>()(
  "SnapshotConditionRefused",
  {
    /** The server's own words; they may quote the condition, so they are for who typed it and never for a log (G9). */
    message: Schema.String,
    table: Schema.String,
    errno: Schema.Int
  }
) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Give --where a condition over columns of ${this.table}, as it stands behind WHERE in the training database's SQL.`
  }
}

/** A key that does not look like one of the table's. */
export class SnapshotKeyRefused extends Schema.TaggedError<SnapshotKeyRefused>()("SnapshotKeyRefused", {
  message: Schema.String,
  table: Schema.String,
  columns: Schema.Array(Schema.String)
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    const several =
      this.columns.length > 1 ? " joined by a comma, with \\ before a comma or \\ inside of a value" : ""
    return `Give --key as events write it: ${this.columns.join(", ")}${several}.`
  }
}

/** The training database could not be asked whether a copy is possible. */
export class SnapshotUnchecked extends Schema.TaggedError<SnapshotUnchecked>()("SnapshotUnchecked", {
  message: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

export const SnapshotRefusal = Schema.Union([
  SnapshotTableUnmapped,
  SnapshotRunning,
  SnapshotIdle,
  SnapshotConditionRefused,
  SnapshotKeyRefused,
  SnapshotUnchecked
])
export type SnapshotRefusal = typeof SnapshotRefusal.Type

export interface SnapshotQuestion {
  readonly command: SnapshotCommand
  readonly answer: (answer: SnapshotStatus | SnapshotRefusal) => Effect.Effect<void>
}

export class SnapshotDesk extends Context.Service<
  SnapshotDesk,
  {
    /** Opens the desk until the scope closes. Each run of what it gives waits for the next question. */
    readonly open: Effect.Effect<Effect.Effect<SnapshotQuestion>, LogUnavailable, Scope.Scope>
  }
>()("gradewire/capture/SnapshotDesk") {}
