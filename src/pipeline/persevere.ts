/**
 * Runs a role until it halts: what may pass by itself is tried again from the last durable point, everything else ends
 * the role. One log line is written where that fate is decided.
 */
import { Duration, Effect, Schedule } from "effect"
import { isRetryable, type Failure } from "../../schemas/failure.ts"

const backoff = Schedule.min([Schedule.exponential("100 millis", 2), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered
)

const PAUSE_AFTER_STEADY = Duration.millis(100)

/**
 * @param attempt one life of the role; it never ends by success. It calls `steady` once it works, after which a new
 *   failure starts with short pauses again.
 */
export const persevere = <E extends Failure, R>(
  role: string,
  attempt: (steady: Effect.Effect<void>) => Effect.Effect<never, E, R>
): Effect.Effect<never, E, R> =>
  Effect.suspend(() => {
    let works = false
    return attempt(
      Effect.sync(() => {
        works = true
      })
    ).pipe(
      Effect.tapError((failure) =>
        isRetryable(failure)
          ? Effect.logWarning(`${role} starts over`, { tag: failure._tag, reason: failure.message })
          : Effect.logError(`${role} stops`, {
              tag: failure._tag,
              reason: failure.message,
              remedy: failure.remedy
            })
      ),
      Effect.catch((failure) =>
        works && isRetryable(failure) ? Effect.sleep(PAUSE_AFTER_STEADY) : Effect.fail(failure)
      )
    )
  }).pipe(Effect.retry({ schedule: backoff, while: isRetryable }), Effect.forever)
