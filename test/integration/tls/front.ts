/** A front that speaks TLS before a real server that does not: as PostgreSQL and NATS begin it, with a certificate of the tests' own. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { TLSSocket } from "node:tls"

const file = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8")
export const CERTIFICATE = file("certificate.pem")
const KEY = file("key.pem")

export interface Front {
  readonly port: number
  readonly close: () => void
}

/** @param greet what is said in plain before TLS begins */
const openFront = async (
  upstreamPort: number,
  greet: (client: Socket, upstream: Socket) => Promise<void>
): Promise<Front> => {
  const sockets = new Set<Socket>()
  const serve = async (client: Socket): Promise<void> => {
    const upstream = connect(upstreamPort, "127.0.0.1")
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on("error", () => undefined)
      socket.on("close", () => [client, upstream].forEach((one) => one.destroy()))
    }
    await greet(client, upstream)
    const secure = new TLSSocket(client, { isServer: true, key: KEY, cert: CERTIFICATE })
    secure.on("error", () => undefined)
    secure.pipe(upstream)
    upstream.pipe(secure)
  }
  const server: Server = createServer((client) => void serve(client).catch(() => client.destroy()))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** PostgreSQL: the client asks in eight bytes whether TLS is spoken; `S` is yes. */
export const postgresFront = (upstreamPort: number): Promise<Front> =>
  openFront(upstreamPort, async (client) => {
    await once(client, "readable")
    client.read(8)
    client.write("S")
  })

/** NATS: the server's first line says what it wants. */
export const natsFront = (upstreamPort: number): Promise<Front> =>
  openFront(upstreamPort, async (client, upstream) => {
    await once(upstream, "readable")
    const line = String(upstream.read())
    const greeting = JSON.parse(line.slice("INFO ".length)) as object
    client.write(`INFO ${JSON.stringify({ ...greeting, tls_required: true })}\r\n`)
  })
