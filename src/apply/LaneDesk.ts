/** Port: into how many lanes a connector's work is divided, as the HR database has it. */
import type { Effect } from "effect"
import type { PositionText } from "../../schemas/position.ts"
import type { ProfileStoreError } from "./ProfileStore.ts"

export interface LaneState {
  readonly lane: number
  readonly position: PositionText
  readonly epoch: number
  readonly holder: string
  /** Since it last wrote. */
  readonly idleSeconds: number
}

export interface LaneDesk {
  /** By number; empty where the connector has never applied anything. */
  readonly stored: Effect.Effect<ReadonlyArray<LaneState>, ProfileStoreError>
  /**
   * In one transaction: whoever applied is fenced by a higher epoch, and there are `lanes` rows at the lowest position of the
   * old ones. What the faster of them had applied behind it comes again, without effect.
   */
  readonly divide: (
    lanes: number,
    holder: string
  ) => Effect.Effect<ReadonlyArray<LaneState>, ProfileStoreError>
}
