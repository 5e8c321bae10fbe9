/**
 * How long the driver waits before it dials again.
 *
 * The driver (nats-core 3.4, `ProtocolHandler.dodialLoop`) compares wall times: a server that it dialled at noon is left
 * alone until noon has passed by this pause. Where the clock is set back while there is no connection, that is hours. So
 * the pause is kept here, by a clock that nobody sets, and is what lets the driver's comparison hold once it is over.
 */
const PAUSE_MS = 250
/** At most so much longer, or all clients come at once. */
const JITTER_MS = 100

/** Holds against any wall time. */
const AT_ONCE = -Number.MAX_SAFE_INTEGER

/** For `reconnectDelayHandler`: milliseconds, asked before each attempt and after each pause. */
export const redialPause = (monotonic: () => number = () => performance.now()): (() => number) => {
  let due = 0
  return () => {
    const now = monotonic()
    if (now < due) return due - now
    due = now + PAUSE_MS + Math.random() * JITTER_MS
    return AT_ONCE
  }
}
