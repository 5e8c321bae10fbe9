/**
 * Runs a role until it halts: what may pass by itself is tried again from the last durable point, everything else ends
 * the role; while an operator has paused it, it waits. One log line is written where that fate is decided, and the
 * process's vitals say the same.
 */
import { Clock, Duration, Effect, Metric, Schedule } from "effect"
import { isRetryable, type Failure } from "../../schemas/failure.ts"
import { retriesTotal } from "./metrics.ts"
import { CurrentPauses, type PauseNote } from "./Pauses.ts"
import { CurrentVitals, type RoleName, type RoleState } from "./Vitals.ts"

const backoff = Schedule.min([Schedule.exponential("100 millis", 2), Schedule.spaced("5 seconds")]).pipe(
  Schedule.jittered
)

const PAUSE_AFTER_STEADY = Duration.millis(100)

/**
 * @param attempt one life of the role; it never ends by success. It calls `steady` once it works, after which a new
 *   failure starts with short pauses again.
 */
export const persevere = <E extends Failure, R>(
  role: RoleName,
  attempt: (steady: Effect.Effect<void>) => Effect.Effect<never, E, R>
): Effect.Effect<never, E, R> =>
  Effect.gen(function* () {
    const pauses = yield* CurrentPauses
    while (true) {
      const note = pauses.note(role)
      if (note !== undefined) yield* pausing(role, note)
      yield* pauses.running(role)
      if (note !== undefined) yield* Effect.logInfo(`${role} resumes`)
      yield* turn(role, "starting")
      yield* Effect.raceFirst(untilHalt(role, attempt), pauses.paused(role))
    }
  })

const pausing = (role: RoleName, { by, reason }: PauseNote): Effect.Effect<void> =>
  Effect.andThen(
    Effect.logInfo(`${role} pauses; it goes on where it is when it is resumed`, { by, reason }),
    turn(role, "paused", undefined, `${reason} (${by})`)
  )

const untilHalt = <E extends Failure, R>(
  role: RoleName,
  attempt: (steady: Effect.Effect<void>) => Effect.Effect<never, E, R>
): Effect.Effect<never, E, R> =>
  Effect.suspend(() => {
    let works = false
    const steady = Effect.suspend(() => {
      works = true
      return turn(role, "running")
    })
    return attempt(steady).pipe(
      Effect.tapError((failure) => decided(role, failure)),
      Effect.catch((failure) =>
        works && isRetryable(failure) ? Effect.sleep(PAUSE_AFTER_STEADY) : Effect.fail(failure)
      )
    )
  }).pipe(Effect.retry({ schedule: backoff, while: isRetryable }), Effect.forever)

const decided = (role: RoleName, failure: Failure): Effect.Effect<void> =>
  isRetryable(failure)
    ? Effect.logWarning(`${role} starts over`, {
        tag: failure._tag,
        reason: failure.message,
        remedy: failure.remedy
      }).pipe(
        Effect.andThen(turn(role, "waiting", failure._tag)),
        Effect.andThen(Metric.update(retriesTotal({ stage: role, class: failure._tag }), 1))
      )
    : Effect.logError(`${role} stops`, {
        tag: failure._tag,
        reason: failure.message,
        remedy: failure.remedy
      }).pipe(Effect.andThen(turn(role, "stopped", failure._tag)))

/** What a failure says about the system that it came from; a lost connection is known before anybody asks. */
const turn = Effect.fnUntraced(function* (role: RoleName, state: RoleState, tag?: string, note?: string) {
  const vitals = yield* CurrentVitals
  vitals.turn(role, state, yield* Clock.currentTimeMillis, tag, note)
  if (tag === undefined) return
  if (tag.startsWith("Source")) vitals.connections.set("source", false)
  if (tag.startsWith("Log") || tag.startsWith("Feed")) vitals.connections.set("log", false)
  if (tag.startsWith("Store")) vitals.connections.set("hr", false)
})
