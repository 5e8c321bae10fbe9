/** A copy gives way to a training database that is busy with its own work. */
import { Effect } from "effect"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import type { SqlConnection } from "./sql-connection.ts"

/** As pt-online-schema-change and gh-ost have it (`--max-load Threads_running=25`). */
export const THREADS_RUNNING_MAX_DEFAULT = 25
const LOOKS_MAX = 20

/**
 * Waits until no more than so many statements run, ours and waiting ones included; for ten seconds at most, so that a
 * server that is always busy is copied slowly, and not never.
 */
export const awaitCalm = Effect.fnUntraced(function* (
  sql: SqlConnection,
  threadsRunningMax: number
): Effect.fn.Return<void, ChangeSourceError> {
  for (let look = 1; look <= LOOKS_MAX; look++) {
    const [row] = yield* sql.texts("SHOW GLOBAL STATUS LIKE 'Threads_running'")
    if (Number(row?.[1] ?? 0) <= threadsRunningMax) return
    yield* Effect.sleep("500 millis")
  }
})
