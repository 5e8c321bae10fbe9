/** Asks one of the views through drizzle, on a connection of its own. Needs SELECT on the view alone. */
import { Effect } from "effect"
import { drizzle, type MySql2Database } from "drizzle-orm/mysql2"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { causeOf } from "../driver-cause.ts"
import { classifyError } from "./classify-error.ts"
import { openSession, type DriverError, type MySqlOptions } from "./mysql-client.ts"
import { account, identifier } from "./sql-text.ts"

export const readView = <A>(
  options: MySqlOptions,
  view: string,
  ask: (database: MySql2Database) => Promise<A>
): Effect.Effect<A, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options)
      const read = Effect.gen(function* () {
        const database = drizzle(yield* session.connection)
        return yield* Effect.tryPromise({
          try: () => ask(database),
          catch: (cause): DriverError => ({ _tag: "DriverError", cause: causeOf(cause) })
        })
      })
      const place = {
        server: `${options.host}:${options.port}`,
        grants: `GRANT SELECT ON \`gradewire\`.${identifier(view)} TO ${account(options.user)};`
      }
      return yield* Effect.mapError(read, (error) => classifyError(error.cause, place))
    })
  )
