/**
 * A session of a desk's own for questions about gradewire's own tables, one at a time; its failures say where, and which rights it
 * needs.
 */
import { Effect, type Scope } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { classifyError } from "./classify-error.ts"
import { openSession, type PostgresOptions, type Row } from "./postgres-client.ts"
import { identifier } from "./sql-text.ts"

/** $1 is the connector, then what is given. */
export type Ask = <R extends object = Row>(
  text: string,
  ...values: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>

/** @param grants statements for the user, whose quoted name it is given; USAGE of the schema stands before them */
export const openDesk = (
  options: PostgresOptions,
  connector: string,
  grants: (user: string) => string
): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.map(openSession(options), (session): Ask => {
    const user = identifier(options.user)
    const place = {
      server: `${options.host}:${options.port}/${options.database}`,
      grants: `GRANT USAGE ON SCHEMA gradewire TO ${user};\n${grants(user)}`
    }
    return <R extends object = Row>(text: string, ...values: ReadonlyArray<unknown>) =>
      Effect.mapError(
        session.exclusively(session.rows<R>({ text, values: [connector, ...values] })),
        ({ cause }) => classifyError(cause, place)
      )
  })
