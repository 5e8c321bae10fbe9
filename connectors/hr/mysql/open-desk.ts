/**
 * A session of a desk's own for questions about gradewire's own tables, one at a time; its failures say where, and which right is
 * missing.
 */
import { Effect, type Scope } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { classifyError } from "./classify-error.ts"
import { migrationGrants } from "./migrate.ts"
import { openSession, type DriverError, type MySqlOptions, type Row } from "./mysql-client.ts"

export interface DeskSession {
  readonly rows: <R extends object = Row>(text: string) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
  /** Rows of the last statement. */
  readonly script: <R extends object = Row>(
    statements: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
}

export const openDesk = (options: MySqlOptions): Effect.Effect<DeskSession, never, Scope.Scope> =>
  Effect.map(openSession(options), (session): DeskSession => {
    const place = { server: `${options.host}:${options.port}`, grants: migrationGrants(options.user) }
    const answered = <A>(asked: Effect.Effect<A, DriverError>) =>
      Effect.mapError(session.exclusively(asked), ({ cause }) => classifyError(cause, place))
    return {
      rows: (text) => answered(session.rows(text)),
      script: (statements) => answered(session.script(statements))
    }
  })
