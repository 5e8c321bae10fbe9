/** Asks one of the views through drizzle, on a connection of its own. Needs SELECT on the view alone. */
import { Effect } from "effect"
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { causeOf } from "../driver-cause.ts"
import { classifyError } from "./classify-error.ts"
import { openSession, type DriverError, type PostgresOptions } from "./postgres-client.ts"
import { identifier } from "./sql-text.ts"

/** `2026-11-22 08:00:00.5+00` as RFC 3339; the session's zone is UTC while it is read. */
export const instantOf = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11).replace(/\+00(:?00)?$/, "")}Z`

export const readView = <A>(
  options: PostgresOptions,
  view: string,
  ask: (database: NodePgDatabase) => Promise<A>
): Effect.Effect<A, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options)
      const read = Effect.gen(function* () {
        yield* session.rows({ text: "set time zone 'UTC'" })
        yield* session.rows({ text: "set datestyle = 'ISO'" })
        const database = drizzle(yield* session.client)
        return yield* Effect.tryPromise({
          try: () => ask(database),
          catch: (cause): DriverError => ({ _tag: "DriverError", cause: causeOf(cause) })
        })
      })
      const user = identifier(options.user)
      const place = {
        server: `${options.host}:${options.port}/${options.database}`,
        grants: `GRANT USAGE ON SCHEMA gradewire TO ${user};\nGRANT SELECT ON gradewire.${identifier(view)} TO ${user};`
      }
      return yield* Effect.mapError(read, (error) => classifyError(error.cause, place))
    })
  )
