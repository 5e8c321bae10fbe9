/** Our options in the driver's words. */
import { isIP } from "node:net"
import { checkServerIdentity, type PeerCertificate } from "node:tls"
import { Redacted } from "effect"
import { credsAuthenticator, type ConnectionOptions, type TlsOptions } from "@nats-io/transport-node"
import type { Tls } from "../../schemas/config-values.ts"
import type { JetStreamOptions } from "./options.ts"
import { redialPause } from "./redial-pause.ts"

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
  reconnectDelayHandler: redialPause(),
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
  ...(options.tls === undefined ? {} : { tls: tlsOptions(options.tls, options.servers) })
})

/** `null` forbids TLS; left out, the driver encrypts where the server offers it. */
const tlsOptions = (tls: Tls, servers: ReadonlyArray<string>): TlsOptions | null => {
  if (tls.mode === "disable") return null
  return {
    ...(tls.caFile === undefined ? {} : { caFile: tls.caFile }),
    ...(tls.certFile === undefined ? {} : { certFile: tls.certFile }),
    ...(tls.keyFile === undefined ? {} : { keyFile: tls.keyFile }),
    // The transport hands what it does not know to node:tls connect().
    ...(tls.mode === "require" ? { rejectUnauthorized: false } : {}),
    ...(tls.mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
    ...(tls.mode === "verify-identity" ? { checkServerIdentity: identityCheck(servers) } : {})
  }
}

/**
 * The driver names no host to node:tls where the server is given by its address, and Node then checks "localhost": such
 * a certificate must be good for one of the addresses in the configuration.
 */
export const identityCheck = (
  servers: ReadonlyArray<string>
): ((host: string, certificate: PeerCertificate) => Error | undefined) => {
  const hosts = servers.map(hostOf)
  const addresses = hosts.filter((host) => isIP(host) !== 0)
  return (host, certificate) => {
    const refusal = checkServerIdentity(host, certificate)
    if (refusal === undefined || host !== "localhost" || hosts.includes("localhost")) return refusal
    const refusals = addresses.map((address) => checkServerIdentity(address, certificate))
    return refusals.includes(undefined) ? undefined : (refusals[0] ?? refusal)
  }
}

/** `nats://[::1]:4222` => `::1` */
const hostOf = (server: string): string => {
  const url = URL.parse(server.includes("://") ? server : `nats://${server}`)
  return (url?.hostname ?? "").replaceAll(/[[\]]/g, "")
}
