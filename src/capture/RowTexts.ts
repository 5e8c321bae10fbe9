/**
 * Port: rows of the training database as the content of the events that their copies would be, written by that database
 * itself, so that nobody has to look at a row between it and the HR database that compares it. Reads only.
 *
 * A text means exactly what the stream's decoder and encoder would say, or it is not written: a column whose values the
 * server cannot write so is an obstacle for its table, a single value (a zero date) for its row.
 */
import { Context, type Effect } from "effect"
import type { TimeZone } from "../../schemas/civil-time.ts"
import type { ChangeSourceError } from "./ChangeSource.ts"
import type { ChunkRequest, SnapshotChunk, SnapshotKey } from "./SnapshotSource.ts"
import type { TablePlan } from "./table-plan.ts"

export interface WrittenTable {
  readonly plan: TablePlan
  /** In which the table's times are. */
  readonly zone: TimeZone
}

export interface TextChunk extends Pick<SnapshotChunk, "last" | "isEnd" | "high"> {
  /** Of each row that could be written: `{"data":{"resultId":…}}`. */
  readonly texts: ReadonlyArray<string>
  /** Keys of the others. */
  readonly unwritten: ReadonlyArray<SnapshotKey>
}

export class RowTexts extends Context.Service<
  RowTexts,
  {
    /** Why the table's rows cannot be written: names a column, never a value. `undefined`: they can. */
    readonly obstacle: (table: WrittenTable) => Effect.Effect<string | undefined, ChangeSourceError>
    /** Only of a table without obstacle. */
    readonly read: (
      table: WrittenTable,
      request: Pick<ChunkRequest, "after" | "only" | "rowsMax">
    ) => Effect.Effect<TextChunk, ChangeSourceError>
    /** True where each of the keys, all of them different, certainly has its row; false also where that is not known. */
    readonly holdsAll: (
      plan: TablePlan,
      keys: ReadonlyArray<SnapshotKey>
    ) => Effect.Effect<{ readonly isSure: boolean; readonly high: SnapshotChunk["high"] }, ChangeSourceError>
  }
>()("gradewire/capture/RowTexts") {}
