/**
 * Free ports on 127.0.0.1, below the range from which the kernel serves outgoing connections (32768 on Linux).
 *
 * From within that range a crashed server's port could be given to a client's connection before the restart, and a client
 * that keeps dialling a closed port of it can even be connected to itself.
 */
import { createServer } from "node:net"

const lowest = 15_000
const highest = 32_000

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const listener = createServer()
    listener.once("error", () => done(false))
    listener.listen({ port, host: "127.0.0.1", exclusive: true }, () => listener.close(() => done(true)))
  })

export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port on 127.0.0.1 between ${lowest} and ${highest}`)
}
