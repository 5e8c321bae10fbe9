/** One comparison of both databases as it is stored and shown. No value of a row is in it (G9). */
import { Schema } from "effect"

/**
 * - `missing`   the source has it, the profile has not, and no queue
 * - `extra`     the profile has it, the source has not
 * - `stale`     the profile has what gradewire wrote there, the source has something else: a change that was not logged
 * - `mismatch`  the profile has something else than the source; somebody else may have written it
 * - `held`, `dead` the row waits for its person, or was refused: in a queue, and no damage
 * - `unsettled` it changed whenever it was looked at, or apply did not come so far in time
 */
export const DIFFERENCE_KINDS = [
  "missing",
  "extra",
  "stale",
  "mismatch",
  "held",
  "dead",
  "unsettled"
] as const
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

/** Those that a repair can mend. */
export const DAMAGE_KINDS = [
  "missing",
  "extra",
  "stale",
  "mismatch"
] as const satisfies ReadonlyArray<DifferenceKind>
export type DamageKind = (typeof DAMAGE_KINDS)[number]

/** Those that are no mere queues. */
export const FINDING_KINDS = [...DAMAGE_KINDS, "unsettled"] as const satisfies ReadonlyArray<DifferenceKind>

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const MaybeText = Schema.NullOr(Schema.String)

/** Rows whose values are added up together. What could not be settled is in none of them. */
const SUM_KINDS = ["equal", "missing", "extra", "stale", "mismatch", "held", "dead"] as const
export type SumKind = (typeof SUM_KINDS)[number]

/** Values of one numeric score column over the rows of one kind: exact decimals, as they were when each row was compared. */
export const TableSum = Schema.Struct({
  /** Column of the target, and what fills it: `score.raw`. */
  column: Schema.String,
  from: Schema.String,
  kind: Schema.Literals(SUM_KINDS),
  /** Rows that were added up. */
  rows: Count,
  /** What the training database has, unconverted; null: it has no such rows, or it is not known. */
  source: MaybeText,
  /** What the mapping makes of that in the column's type; null: nothing is filed of such rows. */
  expected: MaybeText,
  /** What the HR database has; null: it has no such rows. */
  profile: MaybeText
})
export type TableSum = typeof TableSum.Type

/** Who looks at the rows: the databases among themselves, or gradewire at each; and why. */
export const ComparedBy = Schema.Struct({
  how: Schema.Literals(["in-database", "by-gradewire"]),
  /** Names a column, never a value; null: nothing is in the way. */
  because: MaybeText
})
export type ComparedBy = typeof ComparedBy.Type

const Place = Schema.Literals(["source", "ledger", "target", "done"])

/** One table of a run: how far it is, and what was found. */
export const TableRun = Schema.Struct({
  table: Schema.NonEmptyString,
  /** What is read next: rows of the source, ids of the ledger, ids of the target. */
  phase: Place,
  /** Read behind it; null: from the beginning. Keys may be personal, so views leave it out. */
  after: Schema.NullOr(Schema.Array(Schema.String)),
  startedAt: Schema.NullOr(Schema.String),
  finishedAt: Schema.NullOr(Schema.String),
  /** Milliseconds of work. */
  millis: Count,
  /** Rows of the source that were compared, and ids of the HR database that were looked for there. */
  rows: Count,
  reverseRows: Count,
  chunks: Count,
  /** Chunks with a difference, and chunks that could not be read or settled. */
  diffChunks: Count,
  skipped: Count,
  errors: Count,
  /** Rows by what they are; a kind that is left out has none. */
  kinds: Schema.Record(Schema.String, Count),
  /** Where the binlog was when the first rows were read; missing in runs that are older than this was kept. */
  from: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** Up to where in the binlog the comparison reaches: `server file:position`. */
  upTo: Schema.NullOr(Schema.String),
  /** Missing in runs that are older than this was kept. */
  compared: Schema.optionalKey(ComparedBy),
  /** Of score tables; missing in runs that are older than this was kept. */
  sums: Schema.optionalKey(Schema.Array(TableSum))
})
export type TableRun = typeof TableRun.Type

export const RunScope = Schema.Struct({
  tables: Schema.NullOr(Schema.Array(Schema.String)),
  since: Schema.NullOr(Schema.String),
  course: Schema.NullOr(Schema.String),
  person: Schema.NullOr(Schema.String)
})
export type RunScope = typeof RunScope.Type

/** With what a run compared. */
export const RunOrigin = Schema.Struct({
  /** Version of gradewire. */
  version: Schema.String,
  /** SHA-256 of the mapping, as in the view `gradewire.mapping_versions`. */
  mapping: Schema.String,
  /** `host:port` */
  source: Schema.String,
  /** `postgresql host:port/database` */
  target: Schema.String
})
export type RunOrigin = typeof RunOrigin.Type

export const RunState = Schema.Literals(["running", "done", "failed"])

/** Who asks for what is done by the clock. */
export const BY_CLOCK = "reconcile"

export const ReconciliationRun = Schema.Struct({
  run: Schema.NonEmptyString,
  state: RunState,
  scope: RunScope,
  /** Who asked for it. */
  by: Schema.String,
  startedAt: Schema.String,
  finishedAt: Schema.NullOr(Schema.String),
  /** Null: the run is older than this was kept. */
  origin: Schema.NullOr(RunOrigin),
  tables: Schema.Array(TableRun)
})
export type ReconciliationRun = typeof ReconciliationRun.Type
