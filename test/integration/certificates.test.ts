/** The certificates that the servers of a connection show are seen over TLS as the drivers speak it, and none where they do not. */
import { X509Certificate } from "node:crypto"
import { Effect, Redacted, type Scope } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { openPeer as openMySqlHr } from "../../connectors/hr/mysql/peer-socket.ts"
import { openPeer as openPostgres } from "../../connectors/hr/postgres/peer-socket.ts"
import { openPeer as openNats } from "../../connectors/jetstream/peer-socket.ts"
import { connectSql } from "../../connectors/mysql/sql-connection.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { peerEnd } from "../../src/compose/certificates.ts"
import { CERTIFICATE, natsFront, postgresFront, type Front } from "./tls/front.ts"

const START_MILLIS = 120_000
const END = new X509Certificate(CERTIFICATE).validToDate.getTime()
const DAY = 86_400_000

let servers: {
  readonly mysql: RunningServer
  readonly nats: RunningServer
  readonly postgresql: RunningServer
}
let fronts: { readonly nats: Front; readonly postgresql: Front }

beforeAll(async () => {
  const [mysql, nats, postgresql] = await Promise.all([
    startServer("mysql"),
    startServer("nats"),
    startServer("postgresql")
  ])
  servers = { mysql, nats, postgresql }
  fronts = { nats: await natsFront(nats.port), postgresql: await postgresFront(postgresql.port) }
}, START_MILLIS)
afterAll(async () => {
  for (const front of Object.values(fronts ?? {})) front.close()
  for (const server of Object.values(servers ?? {})) await server.stop()
})

const endOf = (peer: Effect.Effect<unknown, unknown, Scope.Scope>) =>
  Effect.runPromise(Effect.scoped(Effect.map(peer, peerEnd)))

const source = (mode: "preferred" | "disabled") =>
  Effect.map(
    connectSql({
      connector: "lms-hr",
      host: servers.mysql.host,
      port: servers.mysql.port,
      user: "root",
      password: Redacted.make(""),
      tls: { mode }
    } as Parameters<typeof connectSql>[0]),
    ({ socket }) => socket
  )

const mysqlHr = (tls: false | { readonly rejectUnauthorized: false; readonly verifyIdentity: false }) =>
  openMySqlHr({
    host: servers.mysql.host,
    port: servers.mysql.port,
    user: "root",
    password: Redacted.make(""),
    tls,
    applicationName: "certificate test"
  })

const postgres = (port: number, tls: false | { readonly rejectUnauthorized: false }) => {
  const { pathname, username } = new URL(servers.postgresql.url)
  return openPostgres({
    host: "127.0.0.1",
    port,
    database: pathname.slice(1),
    user: username,
    password: Redacted.make(""),
    tls,
    applicationName: "certificate test"
  })
}

const nats = (port: number, mode: "require" | "disable") =>
  openNats({
    connector: "lms-hr",
    servers: [`nats://127.0.0.1:${port}`],
    tls: { mode }
  } as unknown as Parameters<typeof openNats>[0])

describe("the certificate that a server shows", { timeout: START_MILLIS }, () => {
  it("is seen on the way to the training database and to MySQL as HR database (G1)", async () => {
    const seen = await endOf(source("preferred"))
    // MySQL makes itself one for ten years.
    expect(seen).toBeGreaterThan(Date.now() + 365 * DAY)
    expect(await endOf(mysqlHr({ rejectUnauthorized: false, verifyIdentity: false }))).toBe(seen)
  })

  it("is seen on the way to PostgreSQL and to NATS (G1)", async () => {
    expect(await endOf(postgres(fronts.postgresql.port, { rejectUnauthorized: false }))).toBe(END)
    expect(await endOf(nats(fronts.nats.port, "require"))).toBe(END)
  })

  it("is none where nothing is encrypted (G1)", async () => {
    expect(
      await Promise.all([
        endOf(source("disabled")),
        endOf(mysqlHr(false)),
        endOf(postgres(servers.postgresql.port, false)),
        endOf(nats(servers.nats.port, "disable"))
      ])
    ).toEqual([undefined, undefined, undefined, undefined])
  })
})
