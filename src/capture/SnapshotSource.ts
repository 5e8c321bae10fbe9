/**
 * Port: the rows that stand in a source table now, chunk by chunk in key order, without locks and without write rights.
 *
 * A chunk is a picture of its rows at some moment between `processed`, up to which the stream has been read, and `high`.
 * Whatever changed in between comes through the stream as well, so a chunk row that the stream touches until `high` is
 * dropped (DBLog, arXiv:2010.12597, without its watermark table).
 *
 * - Values have exactly the form in which the stream's decoder gives them.
 * - Every transaction at or before `processed` is visible to the chunk; the adapter waits for that or fails. The binlog
 *   is sent before the engine commits, so being read from the stream is no proof of being visible.
 */
import { Context, type Effect } from "effect"
import type { ChangeSourceError, RowImage, WantedTable } from "./ChangeSource.ts"
import type { SnapshotConditionRefused } from "./SnapshotDesk.ts"

/** Values of the key columns of one row, as the server prints them; passed back unchanged to go on behind it. */
export type SnapshotKey = ReadonlyArray<string>

/** Rows whose column holds one of the values, or one of whose times is not older than a moment (RFC 3339 UTC). */
export type RowChoice =
  | { readonly column: string; readonly oneOf: ReadonlyArray<string> }
  | { readonly times: ReadonlyArray<string>; readonly since: string; readonly sinceLocal: string }

export interface ChunkRequest {
  readonly table: WantedTable
  /** Columns that order the table, all of them among the wanted ones. */
  readonly key: ReadonlyArray<string>
  /** Rows behind this key only; `undefined` from the beginning. */
  readonly after: SnapshotKey | undefined
  /** SQL condition given by an operator, over the table's own columns. */
  readonly where: string | undefined
  /** Only rows with one of these keys. */
  readonly keys?: ReadonlyArray<SnapshotKey> | undefined
  /** Only rows that fit all of these. */
  readonly only?: ReadonlyArray<RowChoice> | undefined
  readonly rowsMax: number
  /** Last transaction that the stream has brought: its GTID, the place behind it, and the server it came from. */
  readonly processed: {
    readonly file: string
    readonly position: number
    readonly gtid: string | null
    readonly server: string
  }
}

export interface SnapshotChunk {
  /** In key order, values in the order of the wanted columns. */
  readonly rows: ReadonlyArray<RowImage>
  /** Key of the last row; `undefined` where no row is left. */
  readonly last: SnapshotKey | undefined
  /** No rows behind this chunk. */
  readonly isEnd: boolean
  /** Place in the binlog at or behind everything that the chunk can have seen. */
  readonly high: { readonly file: string; readonly position: number }
}

export class SnapshotSource extends Context.Service<
  SnapshotSource,
  {
    readonly readChunk: (
      request: ChunkRequest
    ) => Effect.Effect<SnapshotChunk, ChangeSourceError | SnapshotConditionRefused>
    /**
     * Whether the server would read such chunks; reads no row, and does not wait for a chunk that is being read.
     * Succeeds with the condition to copy by, which holds for the rows of `keys` only, where they are given.
     */
    readonly check: (
      request: Pick<ChunkRequest, "table" | "key" | "where" | "keys">
    ) => Effect.Effect<string | undefined, ChangeSourceError | SnapshotConditionRefused>
    /** The server's name for itself, as in {@link ChunkRequest.processed}. */
    readonly server: Effect.Effect<string, ChangeSourceError>
    /** Rows the table has, as the server estimates it; for progress only. */
    readonly estimateRows: (table: WantedTable) => Effect.Effect<number | undefined, ChangeSourceError>
  }
>()("gradewire/capture/SnapshotSource") {}
