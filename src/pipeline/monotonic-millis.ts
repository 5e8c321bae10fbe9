/** For how long something has been, whatever is done to the wall clock meanwhile: only differences mean anything. */
import { Clock, Effect } from "effect"

const NANOS_PER_MILLI = 1_000_000n

export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) =>
  Number(nanos / NANOS_PER_MILLI)
)
