/** What a store on any server decides about its batches: the fence's verdict, and whose held results to look at next. */
import { Effect } from "effect"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { Lane } from "../../schemas/lane.ts"
import {
  ApplyFenced,
  LanesMismatch,
  OffsetMoved,
  StoreContended,
  type BatchOutcome,
  type ProfileStoreError
} from "../../src/apply/ProfileStore.ts"
import type { OffsetRow } from "./stored-rows.ts"

export const NOTHING: BatchOutcome = { applied: 0, stale: 0, held: 0, dead: 0 }

interface Fenced {
  readonly connector: string
  readonly readOffset: Effect.Effect<OffsetRow | undefined, ProfileStoreError>
}

/** Why a batch met no row to lock; succeeds where the batch is done already. */
export const explainFence = (
  store: Fenced,
  epoch: number,
  expected: string | undefined,
  reached: string | undefined
): Effect.Effect<BatchOutcome, ProfileStoreError> =>
  Effect.gen(function* () {
    const found = yield* store.readOffset
    const foundEpoch = found === undefined ? 0 : Number(found.epoch)
    if (foundEpoch > epoch) {
      return yield* new ApplyFenced({
        message: `connector ${store.connector} is applied by a newer process`,
        epoch,
        newerEpoch: foundEpoch
      })
    }
    // Under my own epoch only I could have moved it there: the answer was lost, not the batch.
    if (foundEpoch === epoch && reached !== undefined && found?.position === reached) return NOTHING
    return yield* new OffsetMoved({
      message: `the stored offset of connector ${store.connector} is not the one this process left there`,
      expected: `${expected ?? "any position"} under epoch ${epoch}`,
      found: found === undefined ? "none" : `${found.position} under epoch ${foundEpoch}`
    })
  })

/** Why a lane cannot be taken. */
export const wrongLanes = (
  connector: string,
  { lanes }: Lane,
  stored: number
): Effect.Effect<never, ProfileStoreError> =>
  stored === lanes || stored === 0
    ? // Another process of the same connector was just making the lanes.
      Effect.fail(
        new StoreContended({ message: `the lanes of connector ${connector} are being made`, code: "LANES" })
      )
    : Effect.fail(
        new LanesMismatch({
          message: `connector ${connector} is applied in ${stored} lane${stored === 1 ? "" : "s"}, the configuration says ${lanes}`,
          stored,
          configured: lanes
        })
      )

export const CHANGED_LEARNERS_MAX = 10_000

/**
 * So that their held results are looked at next. Beyond the limit they wait for their turn.
 * @param parks some accounts are no employees: a score that links its learner lets the others of that learner go on
 */
export const noteLearners = (
  changedLearners: Set<string>,
  changes: ReadonlyArray<ChangeEvent>,
  parks: boolean
): void => {
  for (const { data } of changes) {
    if (changedLearners.size >= CHANGED_LEARNERS_MAX) return
    if ("learnerId" in data) changedLearners.add(data.learnerId)
    else if (parks && "resultId" in data && data.learner?.id != null) changedLearners.add(data.learner.id)
  }
}
