/** Our options in the driver's words. */
import { Redacted } from "effect"
import { credsAuthenticator, type ConnectionOptions, type TlsOptions } from "@nats-io/transport-node"
import type { Tls } from "../../schemas/connector-config.ts"
import type { JetStreamOptions } from "./options.ts"

/** Milliseconds one attempt to connect may take. */
const DIAL_MS = 5_000

/** A half-open connection is noticed after two unanswered pings. */
const PING_INTERVAL_MS = 5_000

export const driverOptions = (options: JetStreamOptions): ConnectionOptions => ({
  servers: [...options.servers],
  name: `gradewire-${options.connector}`,
  timeout: DIAL_MS,
  reconnect: true,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 100,
  reconnectJitterTLS: 100,
  pingInterval: PING_INTERVAL_MS,
  maxPingOut: 2,
  // A password that is being rotated is refused for a while; the driver would close the connection for good.
  ignoreAuthErrorAbort: true,
  // The driver would take a stack trace for every request.
  noAsyncTraces: true,
  ...(options.user === undefined ? {} : { user: options.user }),
  ...(options.password === undefined ? {} : { pass: Redacted.value(options.password) }),
  ...(options.token === undefined ? {} : { token: Redacted.value(options.token) }),
  ...(options.credentials === undefined
    ? {}
    : { authenticator: credsAuthenticator(new TextEncoder().encode(Redacted.value(options.credentials))) }),
  ...(options.tls === undefined ? {} : { tls: tlsOptions(options.tls) })
})

/** `null` forbids TLS; left out, the driver encrypts where the server offers it. */
const tlsOptions = (tls: Tls): TlsOptions | null => {
  if (tls.mode === "disable") return null
  return {
    ...(tls.caFile === undefined ? {} : { caFile: tls.caFile }),
    ...(tls.certFile === undefined ? {} : { certFile: tls.certFile }),
    ...(tls.keyFile === undefined ? {} : { keyFile: tls.keyFile }),
    // The transport hands what it does not know to node:tls connect().
    ...(tls.mode === "require" ? { rejectUnauthorized: false } : {}),
    ...(tls.mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {})
  }
}
