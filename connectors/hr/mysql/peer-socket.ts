/** The socket of a new connection to the HR database, for whoever wants to see the certificate that it shows. */
import { Effect, type Scope } from "effect"
import { openSession, type DriverError, type MySqlOptions } from "./mysql-client.ts"

/** mysql2 puts the TLS socket in the place of the plain one (Connection.startTLS); its types leave the field out. */
export const openPeer = (options: MySqlOptions): Effect.Effect<unknown, DriverError, Scope.Scope> =>
  Effect.flatMap(openSession(options), ({ connection }) =>
    Effect.map(
      connection,
      (opened) => (opened as unknown as { connection?: { stream?: unknown } }).connection?.stream
    )
  )
