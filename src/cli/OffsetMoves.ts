/** What the commands that move the offsets ask for, and what they show. `null` is not known. */
import type { OffsetRecord } from "../apply/OffsetDesk.ts"
import type { PlaceWanted } from "../capture/find-place.ts"
import type { Passage } from "../capture/measure-passage.ts"

export interface MoveRequest {
  /** A number: the place that this row of the history moved away from. */
  readonly to: PlaceWanted | { readonly _tag: "Restore"; readonly id: number }
  /** `undefined`: a dry run. */
  readonly execute: { readonly reason: string; readonly acceptsLoss: boolean } | undefined
}

export interface PlaceView {
  /** Binlog file and byte: everything before it counts as applied. */
  readonly file: string | null
  readonly logPosition: number | null
  /** Transaction at which reading begins. */
  readonly gtid: string | null
  readonly server: string
  readonly position: string
  readonly generation: number
}

export interface MoveView {
  readonly connector: string
  readonly kind: "reset" | "restore"
  readonly current: PlaceView
  readonly new: PlaceView
  readonly direction: Passage["direction"]
  /** `null`: the binlog between the two places can not be read any more. */
  readonly passage: Omit<Passage, "direction"> | null
  /** What the training database still has. */
  readonly binlog: { readonly from: string; readonly to: string }
  readonly epoch: number
  readonly newEpoch: number
  /** What stands against doing it now; empty where it was done. */
  readonly refusals: ReadonlyArray<{ readonly tag: string; readonly message: string; readonly fix: string }>
  readonly executed: boolean
  /** Row of the history, for `offsets restore`. */
  readonly historyId: number | null
}

export interface MoveHistory {
  readonly connector: string
  /** The newest first. */
  readonly moves: ReadonlyArray<OffsetRecord>
}
