/**
 * Warm standby: a process waits until nobody works for its connector, works, and waits again when another one took over.
 *
 * - Fencing decides who may write (G6); waiting only keeps two processes from taking the place from each other for ever.
 * - Silence must last, and lasts longer after the questions themselves could not be put: when NATS comes back, the one who
 *   works needs time to be heard again.
 */
import { Clock, Effect, Random } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import { HolderDesk } from "./HolderDesk.ts"
import { CurrentVitals, type RoleName } from "./Vitals.ts"

const ASK_MILLIS = 1_000
/** Unequal pauses, or two that begin at the same moment would take over at the same moment. */
const JITTER_MILLIS = 400
const SILENCES = 4
const SILENCES_AFTER_OUTAGE = 10

const FENCED: ReadonlySet<string> = new Set(["CaptureFenced", "ApplyFenced"])

/** @param work what one process alone should do; ends by failure only */
export const standBy = <E extends Failure, R>(
  roles: ReadonlyArray<RoleName>,
  work: Effect.Effect<never, E, R>
): Effect.Effect<never, E, R | HolderDesk> =>
  Effect.gen(function* () {
    while (true) {
      yield* untilVacant(roles)
      yield* Effect.logInfo("nobody else works for this connector; taking over")
      yield* leavingWhenFenced(Effect.andThen(serveDesk, work))
      yield* Effect.logInfo("another process took over; standing by")
    }
  })

const serveDesk = Effect.flatMap(HolderDesk, (desk) => desk.serve)

/** Succeeds where the work was taken over by another process. */
const leavingWhenFenced = <E extends Failure, R>(work: Effect.Effect<never, E, R>) =>
  Effect.scoped(work).pipe(
    Effect.catch((failure) => (FENCED.has(failure._tag) ? Effect.void : Effect.fail(failure)))
  )

const untilVacant = Effect.fnUntraced(function* (roles: ReadonlyArray<RoleName>) {
  const desk = yield* HolderDesk
  const vitals = yield* CurrentVitals
  const now = yield* Clock.currentTimeMillis
  for (const role of roles) vitals.turn(role, "standby", now)
  yield* Effect.logInfo("standing by")
  let silences = 0
  let wanted = SILENCES
  while (true) {
    const holding = yield* desk.ask
    if (holding === "unknown") wanted = SILENCES_AFTER_OUTAGE
    else if (holding === "held") wanted = SILENCES
    silences = holding === "vacant" ? silences + 1 : 0
    if (silences >= wanted) return
    yield* Effect.sleep(ASK_MILLIS + (yield* Random.nextIntBetween(0, JITTER_MILLIS)))
  }
})
