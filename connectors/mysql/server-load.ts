/** A copy gives way to a training database that is busy with its own work. */
import { Clock, Effect } from "effect"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import type { SqlConnection } from "./sql-connection.ts"

/** As pt-online-schema-change and gh-ost have it (`--max-load Threads_running=25`). */
export const THREADS_RUNNING_MAX_DEFAULT = 25
const LOOKS_MAX = 20
/** A server that was calm a moment ago is calm: small chunks come many to a second. */
const TRUSTED_MILLIS = 1000

/**
 * An effect that waits until no more than so many statements run, ours included; for ten seconds at most, so that a
 * server that is always busy is copied slowly, and not never.
 */
export const makeAwaitCalm = (threadsRunningMax: number) => {
  let calmAt = Number.NEGATIVE_INFINITY
  return Effect.fnUntraced(function* (sql: SqlConnection): Effect.fn.Return<void, ChangeSourceError> {
    for (let look = 1; look <= LOOKS_MAX; look++) {
      const now = yield* Clock.currentTimeMillis
      if (now >= calmAt && now - calmAt < TRUSTED_MILLIS) return
      const [row] = yield* sql.texts("SHOW GLOBAL STATUS LIKE 'Threads_running'")
      if (Number(row?.[1] ?? 0) <= threadsRunningMax) {
        calmAt = now
        return
      }
      yield* Effect.sleep("500 millis")
    }
  })
}
