/** Columns of `apply_offset` that change when a connector's work is divided anew; the same on every server. */

/** Progress that all lanes share from now on. */
export const PLACE = [
  "position",
  "generation",
  "stream_sequence",
  "anchor_file",
  "anchor_position",
  "anchor_gtid",
  "anchor_server",
  "anchor_timeline",
  "committed_at",
  "snapshot"
] as const

/** Counted since the connector began: the first lane keeps the sum. */
export const TOTALS = ["events", "applied", "stale", "held", "released", "dead"] as const

export const COLUMNS = [...PLACE, ...TOTALS]
