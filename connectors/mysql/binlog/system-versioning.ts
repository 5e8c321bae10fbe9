/**
 * MariaDB's system-versioned tables keep old rows in the table itself, and its binlog says so in rows: an UPDATE is
 * followed by an insert of the old row as history, a DELETE is an update that ends the row. Here such rows become what
 * a plain table would have given; history leaves no trace.
 *
 * A row is the current one where its end lies at the end of time (MariaDB sql/field.cc, Field_timestampf::set_max).
 */
import type { RowImage } from "../../../src/capture/ChangeSource.ts"
import { ColumnType } from "./column-type.ts"
import { DecodeFailure } from "./decode-failure.ts"
import type { DecodedRows, RowsChange } from "./decoded-rows.ts"
import type { MappedColumn, TableMap } from "./table-map.ts"

/** Name of the column where the server has made it up by itself. */
export const ROW_END = "row_end"
const ROW_START = "row_start"

/** 64-bit servers count to 2106 since MariaDB 11.5. */
const END_OF_TIME: ReadonlySet<unknown> = new Set([
  "2038-01-19T03:14:07.999999Z",
  "2106-02-07T06:28:15.999999Z"
])
const MICROSECONDS = 6

const isMoment = (column: MappedColumn | undefined): boolean =>
  column?.type === ColumnType.Timestamp && column.meta === MICROSECONDS

/**
 * Index of the column that ends a row's life, or undefined for a plain table. `declared`: that column's name, where the
 * server says that the table is versioned now. It can have been otherwise when the rows were written; but a versioned
 * table has the column in its primary key, and that stands in the map. Where map and server disagree, nothing is
 * guessed.
 */
export const rowEndColumn = (map: TableMap, declared: string | undefined): number | undefined => {
  const indexOf = (name: string): number =>
    map.columns.findIndex((column) => column.name?.toLowerCase() === name && isMoment(column))
  const end = indexOf((declared ?? ROW_END).toLowerCase())
  if (end < 0 || (map.primaryKey !== undefined && !map.primaryKey.includes(end))) return undefined
  if (declared !== undefined) return end
  if (indexOf(ROW_START) < 0) return undefined
  const table = `${map.schema}.${map.table}`
  throw new DecodeFailure(
    `${table} with and without SYSTEM VERSIONING`,
    `${table} looks system-versioned in the binlog, and the server says that it is not`,
    `If ${table} became system-versioned a moment ago, start gradewire again. If it was so until lately, start over from a copy of it. If its columns ${ROW_START} and ${ROW_END} are your own, rename them.`
  )
}

export interface VersionedRows extends DecodedRows {
  readonly change: RowsChange
}

/**
 * Rows of one event as changes of the current rows, in order. Each image of `rows` ends in the row's end, which the
 * images given back lack; where an image does not hold it, it did not change.
 */
export const currentRows = (change: RowsChange, rows: DecodedRows): ReadonlyArray<VersionedRows> => {
  const runs: Array<VersionedRows & { readonly before: Array<RowImage>; readonly after: Array<RowImage> }> =
    []
  const add = (kind: RowsChange, before: RowImage | undefined, after: RowImage | undefined) => {
    let run = runs.at(-1)
    if (run?.change !== kind) runs.push((run = { change: kind, before: [], after: [] }))
    if (before !== undefined) run.before.push(before.slice(0, -1))
    if (after !== undefined) run.after.push(after.slice(0, -1))
  }
  const count = (rows.after ?? rows.before ?? []).length
  for (let i = 0; i < count; i++) {
    const before = rows.before?.[i]
    const after = rows.after?.[i]
    if (!isCurrent(before ?? after!)) continue
    if (change !== "update") add(change, before, after)
    else if (isCurrent(after!)) add("update", before, after)
    else add("delete", before, undefined)
  }
  return runs.map((run) => ({
    change: run.change,
    before: run.change === "insert" ? undefined : run.before,
    after: run.change === "delete" ? undefined : run.after
  }))
}

const isCurrent = (image: RowImage): boolean => {
  const end = image.at(-1)
  return end === undefined || END_OF_TIME.has(end)
}
