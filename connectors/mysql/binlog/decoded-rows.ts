/** What a rows event says, whatever its layout. */
import type { RowImage } from "../../../src/capture/ChangeSource.ts"

export type RowsChange = "insert" | "update" | "delete"

/** Rows as they were and as they are from then on, in step for an update; `undefined`: there are none on that side. */
export interface DecodedRows {
  readonly before: ReadonlyArray<RowImage> | undefined
  readonly after: ReadonlyArray<RowImage> | undefined
}
