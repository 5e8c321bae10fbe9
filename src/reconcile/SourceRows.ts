/**
 * Port: the mapped rows of the training database as the change events that a copy of them would be, and up to where in the
 * binlog each answer reaches. Reads only, and no faster than it is told.
 */
import { Context, type Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"

/** A place in one server's binlog at or behind everything that an answer can have seen. */
export interface SourceMark {
  readonly server: string
  readonly file: string
  /** Number behind the dot of the file's name. */
  readonly fileNumber: number
  readonly position: number
}

export interface SourceRow {
  /** As events name it: `schema.table:key` for a result, the key for a learner or an assessment. */
  readonly id: string
  /** JSON of the event that its copy would be. */
  readonly event: string
}

/** Key of the last row that was read; passed back unchanged to go on behind it. */
export type SourceCursor = ReadonlyArray<string>

export interface SourcePage {
  readonly rows: ReadonlyArray<SourceRow>
  /** `undefined` where no row is left. */
  readonly last: SourceCursor | undefined
  readonly isEnd: boolean
  readonly high: SourceMark
}

/** Rows as texts that the training database wrote itself: the content of each row's event (RowTexts.ts). */
export interface TextPage extends Pick<SourcePage, "last" | "isEnd" | "high"> {
  readonly texts: ReadonlyArray<string>
  /** Ids of rows that it cannot write. */
  readonly unwritten: ReadonlyArray<string>
}

/** Which rows are compared. */
export interface SourceScope {
  /** RFC 3339 UTC: rows whose mapped times, one of them, are not older. */
  readonly since: string | undefined
  readonly assessment: string | undefined
  readonly learners: ReadonlyArray<string> | undefined
}

export class SourceRows extends Context.Service<
  SourceRows,
  {
    /** Rows behind a key, in key order. */
    readonly page: (
      table: string,
      after: SourceCursor | undefined,
      rowsMax: number,
      scope: SourceScope
    ) => Effect.Effect<SourcePage, Failure>
    /** Why the training database cannot write this table's rows itself; `undefined`: it can. */
    readonly obstacle: (table: string) => Effect.Effect<string | undefined, Failure>
    /** As `page`, of a table without obstacle. */
    readonly texts: (
      table: string,
      after: SourceCursor | undefined,
      rowsMax: number,
      scope: SourceScope
    ) => Effect.Effect<TextPage, Failure>
    /** Those of the ids that no row has. */
    readonly absent: (
      table: string,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<{ readonly ids: ReadonlyArray<string>; readonly high: SourceMark }, Failure>
    /** Those of the rows that are there, in any order; an id that can be no key of the table is not there. */
    readonly find: (
      table: string,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<Pick<SourcePage, "rows" | "high">, Failure>
  }
>()("gradewire/reconcile/SourceRows") {}
