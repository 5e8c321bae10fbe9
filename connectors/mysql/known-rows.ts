/**
 * Whether rows are in the change log already. After a table has changed its shape and the mapping has followed, reading
 * begins with a transaction of the old shape: its rows need not fit the new mapping, because they are known.
 */
import { binlogFileNumber, ordinalOf, positionIn, transactionPrefix } from "../../schemas/position.ts"
import type { PositionText } from "../../schemas/position.ts"
import type { BeginEvent, RowImage } from "../../src/capture/ChangeSource.ts"
import type { DecodedRows } from "./binlog/decoded-rows.ts"

export interface KnownRows {
  readonly timeline: number
  readonly upTo: PositionText
}

/** @param index 1-based, of the rows event in its transaction @param key indexes of the columns that identify a row */
export const areKnown = (
  known: KnownRows,
  begin: BeginEvent,
  index: number,
  { before, after }: DecodedRows,
  key: ReadonlyArray<number>
): boolean => {
  const file = binlogFileNumber(begin.file)
  const count = (after ?? before ?? []).length
  if (file === undefined || count === 0) return count === 0
  const moved = isMoved(before?.at(-1), after?.at(-1), key)
  const prefix = transactionPrefix(known.timeline, file, begin.position)
  return positionIn(prefix, ordinalOf(index, count - 1, moved ? 1 : 0)) <= known.upTo
}

/** A row with another key than before is two events. */
const isMoved = (
  before: RowImage | undefined,
  after: RowImage | undefined,
  key: ReadonlyArray<number>
): boolean => before !== undefined && after !== undefined && key.some((i) => before[i] !== after[i])
