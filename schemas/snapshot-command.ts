/**
 * What an operator asks of the copy of the tables, and what is answered. It travels over NATS between the command line
 * and the running capture; no key and no condition is ever in an answer (G9).
 */
import { Schema } from "effect"
import { RevokedRow } from "./snapshot-state.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Keys in one command. */
export const KEYS_MAX = 1000

export const SnapshotCommand = Schema.Union([
  Schema.Struct({ command: Schema.Literals(["status", "pause", "resume"]) }),
  /**
   * Another copy of a mapped table: of all its rows, of those that `where`, an SQL condition, holds for, of those with
   * one of `keys` (as events write them: behind the table in resultId and rowKey, or a directory's id), or of both.
   */
  Schema.Struct({
    command: Schema.Literal("start"),
    table: Schema.NonEmptyString,
    where: Schema.NullOr(Schema.NonEmptyString),
    keys: Schema.optionalKey(Schema.Array(Schema.String).check(Schema.isMaxLength(KEYS_MAX)))
  }),
  /** Revokes rows that the table has no more, and nothing saw them go; one that is there stays. */
  Schema.Struct({
    command: Schema.Literal("revoke"),
    table: Schema.NonEmptyString,
    rows: Schema.Array(RevokedRow).check(Schema.isMinLength(1), Schema.isMaxLength(KEYS_MAX))
  }),
  /** One table, or null: all that wait or run. */
  Schema.Struct({ command: Schema.Literal("cancel"), table: Schema.NullOr(Schema.NonEmptyString) })
])
export type SnapshotCommand = typeof SnapshotCommand.Type

/** Progress of one table's copy. */
export const SnapshotTable = Schema.Struct({
  /** `schema.table` */
  table: Schema.NonEmptyString,
  state: Schema.Literals(["waiting", "running", "paused", "done", "canceled"]),
  /** Whether only the rows of a condition are copied. */
  filtered: Schema.Boolean,
  /** Rows read so far. */
  rows: Count,
  /** Rows of the whole table, as its server estimated them when the copy began; null: unknown. */
  estimate: Schema.NullOr(Count),
  /** 100 once done; null: unknown. */
  percent: Schema.NullOr(Schema.Finite)
})
export type SnapshotTable = typeof SnapshotTable.Type

/** Every table, in the order in which they are copied. */
export const SnapshotStatus = Schema.Struct({
  paused: Schema.Boolean,
  tables: Schema.Array(SnapshotTable)
})
export type SnapshotStatus = typeof SnapshotStatus.Type
