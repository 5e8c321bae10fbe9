/** The socket of a new connection to NATS, for whoever wants to see the certificate that it shows. */
import { Effect, type Scope } from "effect"
import { connect } from "@nats-io/transport-node"
import { driverOptions } from "./driver-options.ts"
import { troubleOf, type NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"

interface Inside {
  readonly protocol?: { readonly transport?: { readonly socket?: unknown } }
}

/** The driver's types hide the socket; a test looks that it is still where this looks. */
export const openPeer = (options: JetStreamOptions): Effect.Effect<unknown, NatsTrouble, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({
        try: () => connect({ ...driverOptions(options), reconnect: false }),
        catch: (error) => troubleOf("looking at the certificate of NATS", error)
      }),
      (nats) => Effect.promise(() => nats.close().catch(() => undefined))
    ),
    (nats) => (nats as unknown as Inside).protocol?.transport?.socket
  )
