/**
 * Port: the stored offsets of all lanes together, for an operator who sets them to another place, and the record of it.
 *
 * A move is one transaction: every lane stands at the new place under a higher epoch, so that whoever applied is fenced
 * (G6), and the history has its row; or nothing was changed.
 */
import type { Effect } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { OffsetPlace } from "../../schemas/offset-place.ts"
import type { PositionText } from "../../schemas/position.ts"
import type { ProfileStoreError } from "./ProfileStore.ts"

export interface LaneOffset {
  readonly lane: number
  readonly epoch: number
  /** `undefined` where the lane has not begun. */
  readonly offset: ApplyOffset | undefined
}

export type TakenKind = "result" | "learner" | "assessment"

export interface OffsetMove {
  readonly kind: "reset" | "restore"
  /** As `lanes` gave them; where one of them is no longer so, nothing is changed. */
  readonly from: ReadonlyArray<LaneOffset>
  /** Of the lane that was furthest behind. */
  readonly old: OffsetPlace
  readonly to: ApplyOffset
  readonly reason: string
  readonly changedBy: string
}

export interface OffsetRecord {
  readonly id: number
  /** RFC 3339 UTC. */
  readonly changedAt: string
  readonly changedBy: string
  readonly kind: "reset" | "restore"
  readonly reason: string
  /** `undefined` where a newer version wrote it. */
  readonly old: OffsetPlace | undefined
  readonly new: OffsetPlace | undefined
}

export interface OffsetDesk {
  /** By number; empty where the connector has never applied anything. */
  readonly lanes: Effect.Effect<ReadonlyArray<LaneOffset>, ProfileStoreError>
  /** Position of the newest change of each key that took effect or stands in a queue; unknown keys are left out. */
  readonly taken: (
    kind: TakenKind,
    keys: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, PositionText>, ProfileStoreError>
  /** Number of the history's new row; `undefined`: somebody else moved an offset first, and nothing was changed. */
  readonly move: (move: OffsetMove) => Effect.Effect<number | undefined, ProfileStoreError>
  /** The newest first. */
  readonly history: (limit: number) => Effect.Effect<ReadonlyArray<OffsetRecord>, ProfileStoreError>
  readonly record: (id: number) => Effect.Effect<OffsetRecord | undefined, ProfileStoreError>
}
