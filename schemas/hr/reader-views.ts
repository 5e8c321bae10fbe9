/**
 * What the role `gradewire_reader` may read, and nothing else: views without personal values, the same names and columns on
 * every kind of HR database. A new view without personal values is added here, with a comment on each column: COMMENT ON
 * COLUMN on PostgreSQL, a row of `view_column` on MySQL and MariaDB, whose views cannot hold one.
 */
export const READER_ROLE = "gradewire_reader"

export const READER_VIEWS = [
  "offsets",
  "lag",
  "held",
  "dead_letters",
  "snapshot_progress",
  "applied_events",
  "mapping_versions",
  "offset_moves",
  "alerts",
  "reconciliation_runs",
  "reconciliation_diffs",
  "view_columns"
] as const

/** Views that show what is filed: for the HR system, not for the role. */
export const PERSONAL_VIEWS = [
  "training_records",
  "training_latest",
  "training_first",
  "training_best"
] as const
