/** The socket of a new connection to the HR database, for whoever wants to see the certificate that it shows. */
import { Effect, type Scope } from "effect"
import { openSession, type DriverError, type PostgresOptions } from "./postgres-client.ts"

/** @types/pg leaves it out; `Client.connection.stream` is the socket in pg 8, the TLS one once that has begun. */
export const openPeer = (options: PostgresOptions): Effect.Effect<unknown, DriverError, Scope.Scope> =>
  Effect.flatMap(openSession(options), ({ client }) =>
    Effect.map(
      client,
      (opened) => (opened as unknown as { connection?: { stream?: unknown } }).connection?.stream
    )
  )
