/** What gradewire's own tables and views say of a connector's progress, as the commands know it; the same on every server. */
import type { Anchor } from "../../schemas/anchor.ts"
import { progressOf, type ApplyOffset } from "../../schemas/apply-offset.ts"
import type { SnapshotStatus } from "../../schemas/snapshot-command.ts"

export interface StoredOffset {
  readonly connector: string
  readonly lane: number
  readonly position: string
  readonly generation: number
  readonly streamSequence: number
  /** `null` before the first batch. */
  readonly anchor: Anchor | null
  /** RFC 3339 UTC. */
  readonly committedAt: string | null
  readonly updatedAt: string
  readonly epoch: number
  readonly holder: string
  /** Events covered, results applied, changes without effect; since the connector began. */
  readonly events: bigint
  readonly applied: bigint
  readonly stale: bigint
  /** Source commit to profile of the last batch with changes; `null`: nothing arrived lately. */
  readonly lagSeconds: number | null
  /** Since the connector last wrote. */
  readonly idleSeconds: number | null
  /** Results that wait for their person or assessment now. */
  readonly held: bigint
  /** Dead letters unresolved now. */
  readonly deadLetters: bigint
}

/** A row of the view `gradewire.offsets`, times as the server writes them. */
type OffsetViewRow = Omit<StoredOffset, "anchor" | "held"> & {
  readonly anchorFile: string | null
  readonly anchorPosition: number | null
  readonly anchorGtid: string | null
  readonly anchorServer: string | null
  readonly anchorTimeline: number | null
  readonly heldChanges: bigint
}

/** @param instant a time as the server writes it in RFC 3339 */
export const storedOffset = (row: OffsetViewRow, instant: (text: string) => string): StoredOffset => {
  const { anchorFile, anchorGtid, anchorPosition, anchorServer, anchorTimeline, heldChanges, ...same } = row
  return {
    ...same,
    anchor:
      anchorFile === null
        ? null
        : {
            file: anchorFile,
            position: anchorPosition ?? 4,
            gtid: anchorGtid,
            server: anchorServer ?? "",
            timeline: anchorTimeline ?? 1
          },
    committedAt: row.committedAt === null ? null : instant(row.committedAt),
    updatedAt: instant(row.updatedAt),
    held: heldChanges
  }
}

export interface AppliedSnapshot extends SnapshotStatus {
  /** RFC 3339 UTC; `null` where nothing is known of a copy. */
  readonly updatedAt: string | null
}

/** A row of the view `gradewire.snapshot_progress`. */
type SnapshotViewRow = SnapshotStatus["tables"][number] & { readonly updatedAt: string }

export const appliedSnapshot = (
  rows: ReadonlyArray<SnapshotViewRow>,
  instant: (text: string) => string
): AppliedSnapshot => ({
  paused: rows.some(({ state }) => state === "paused"),
  tables: rows.map(({ table, state, filtered, rows: read, estimate, percent }) => ({
    table,
    state,
    filtered,
    rows: read,
    estimate,
    percent
  })),
  updatedAt: rows[0] === undefined ? null : instant(rows[0].updatedAt)
})

/** A row of `apply_offset`; numbers as the driver gives them. */
export interface OffsetRow {
  readonly epoch: string | number
  readonly position: string
  readonly generation: string | number
  readonly stream_sequence: string | number
  readonly anchor_file: string | null
  readonly anchor_position: string | number | null
  readonly anchor_gtid: string | null
  readonly anchor_server: string | null
  readonly anchor_timeline: number | null
  /** As the server writes it. */
  readonly committed_at: string | null
  /** JSON text. */
  readonly snapshot: string | null
}

/**
 * @returns `undefined` where nothing was ever applied
 * @param instant a time as the server writes it in RFC 3339
 */
export const offsetOf = (
  row: OffsetRow | undefined,
  instant: (text: string) => string = (text) => text
): ApplyOffset | undefined => {
  if (row === undefined || row.anchor_file === null) return undefined
  return {
    position: row.position,
    generation: Number(row.generation),
    streamSequence: Number(row.stream_sequence),
    anchor: {
      file: row.anchor_file,
      position: Number(row.anchor_position),
      gtid: row.anchor_gtid,
      server: row.anchor_server ?? "",
      timeline: row.anchor_timeline ?? 1
    },
    committedAt: row.committed_at === null ? null : instant(row.committed_at),
    ...progressOf(row.snapshot)
  }
}
