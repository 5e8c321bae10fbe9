/** Steps in the HR database that are repeated while it may still take them. */
import { Effect, Schedule } from "effect"
import { noteGivenBack, noteLacking, noteRefusal } from "./apply-watch.ts"
import type { ProfileStoreError, StoreMisconfigured } from "./ProfileStore.ts"

const pauseBeforeRepeat = Schedule.min([
  Schedule.exponential("20 millis", 2),
  Schedule.spaced("2 seconds")
]).pipe(Schedule.jittered)

/** What HR's administrators give back is found so soon. */
const LOOK_AGAIN = "2 seconds"

/**
 * The same step again while the database may still take it; its own offset row settles an unknown outcome. What HR took
 * away under way, a right or a column, is waited for: nothing is skipped meanwhile, and others still see where apply is.
 */
export const repeated = <A>(step: Effect.Effect<A, ProfileStoreError>): Effect.Effect<A, ProfileStoreError> =>
  attempted(step).pipe(
    Effect.catchTag("StoreMisconfigured", (lacking) =>
      lacking.canReturn === true ? untilGivenBack(attempted(step), lacking) : Effect.fail(lacking)
    )
  )

const untilGivenBack = <A>(
  step: Effect.Effect<A, ProfileStoreError>,
  first: StoreMisconfigured
): Effect.Effect<A, ProfileStoreError> =>
  Effect.suspend(() => {
    let said = ""
    const waits = Effect.fnUntraced(function* ({ _tag: tag, message: reason, remedy }: StoreMisconfigured) {
      if (reason !== said) yield* Effect.logError("apply waits for the HR database", { tag, reason, remedy })
      said = reason
      yield* noteLacking(tag)
      yield* Effect.sleep(LOOK_AGAIN)
    })
    const again: Effect.Effect<A, ProfileStoreError> = Effect.catchTag(
      step,
      "StoreMisconfigured",
      (lacking) => (lacking.canReturn === true ? Effect.andThen(waits(lacking), again) : Effect.fail(lacking))
    )
    return waits(first).pipe(Effect.andThen(again), Effect.tap(noteGivenBack))
  })

const attempted = <A>(step: Effect.Effect<A, ProfileStoreError>): Effect.Effect<A, ProfileStoreError> =>
  step.pipe(
    Effect.tapError((failure) =>
      canRepeat(failure)
        ? Effect.andThen(
            Effect.logWarning("the HR database is tried again", { tag: failure._tag, code: failure.code }),
            noteRefusal(failure._tag)
          )
        : Effect.void
    ),
    Effect.retry({ schedule: pauseBeforeRepeat, while: canRepeat })
  )

const canRepeat = (failure: ProfileStoreError) =>
  failure._tag === "StoreUnavailable" || failure._tag === "StoreContended"
