/** Real servers over their whole life: what was written stays, over a crash and over a clean end, on the same port. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { connect } from "node:net"
import { resolve } from "node:path"
import { createInterface } from "node:readline"
import { createConnection } from "mysql2/promise"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect as connectNats } from "@nats-io/transport-node"
import { Client } from "pg"
import { afterEach, describe, expect, it } from "vitest"
import { startServer } from "../../deploy/servers/server.ts"
import type { RunningServer, ServerKind } from "../../deploy/servers/RunningServer.ts"

/** the first start on a machine fetches the server */
const bound = 600_000

interface Ledger {
  readonly begin: (url: string) => Promise<void>
  readonly write: (url: string) => Promise<void>
  readonly count: (url: string) => Promise<number>
}

const mysqlText = async (url: string, text: string): Promise<unknown> => {
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query(text)
    return rows
  } finally {
    connection.destroy()
  }
}

const mysqlLedger: Ledger = {
  begin: async (url) => {
    await mysqlText(url, "CREATE DATABASE lifecycle")
    await mysqlText(url, "CREATE TABLE lifecycle.entry (id BIGINT AUTO_INCREMENT PRIMARY KEY)")
  },
  write: async (url) => {
    await mysqlText(url, "INSERT INTO lifecycle.entry VALUES ()")
  },
  count: async (url) => {
    const rows = (await mysqlText(url, "SELECT COUNT(*) AS n FROM lifecycle.entry")) as ReadonlyArray<{
      n: number
    }>
    return Number(rows[0]?.n)
  }
}

const postgresqlText = async (url: string, text: string): Promise<ReadonlyArray<{ n?: string }>> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<{ n?: string }>(text)).rows
  } finally {
    await client.end()
  }
}

const postgresqlLedger: Ledger = {
  begin: async (url) => {
    await postgresqlText(url, "CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
  },
  write: async (url) => {
    await postgresqlText(url, "INSERT INTO entry DEFAULT VALUES")
  },
  count: async (url) => Number((await postgresqlText(url, "SELECT count(*) AS n FROM entry"))[0]?.n)
}

const withNats = async <A>(
  url: string,
  work: (connection: Awaited<ReturnType<typeof connectNats>>) => Promise<A>
): Promise<A> => {
  const connection = await connectNats({ servers: url })
  try {
    return await work(connection)
  } finally {
    await connection.close()
  }
}

const natsLedger: Ledger = {
  begin: (url) =>
    withNats(url, async (connection) => {
      await (await jetstreamManager(connection)).streams.add({ name: "entry", subjects: ["entry"] })
    }),
  write: (url) =>
    withNats(url, async (connection) => {
      await jetstream(connection).publish("entry", "1")
    }),
  count: (url) =>
    withNats(
      url,
      async (connection) => (await (await jetstreamManager(connection)).streams.info("entry")).state.messages
    )
}

const ledgers: Readonly<Record<ServerKind, Ledger>> = {
  mysql: mysqlLedger,
  mariadb: mysqlLedger,
  nats: natsLedger,
  postgresql: postgresqlLedger
}

const kinds = Object.keys(ledgers) as ReadonlyArray<ServerKind>
const running: Array<RunningServer> = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

const start = async (kind: ServerKind, settings: ReadonlyArray<string> = []): Promise<RunningServer> => {
  const server = await startServer(kind, { settings })
  running.push(server)
  return server
}

describe.each(kinds)("%s", (kind) => {
  it(
    "keeps its port and what was written over a crash and a clean end, and leaves no file (G1)",
    { timeout: bound },
    async () => {
      const { begin, count, write } = ledgers[kind]
      const server = await start(kind)
      const { directory, port, url } = server
      await begin(url)
      await write(url)
      await server.kill()
      expect(server.pid).toBeUndefined()
      await server.restart()
      await write(url)
      await server.shutdown()
      await server.restart()
      expect(server.port).toBe(port)
      expect(await count(url)).toBe(2)
      await server.stop()
      expect(existsSync(directory)).toBe(false)
    }
  )
})

describe("servers", () => {
  it("two of a kind live side by side (G1)", { timeout: bound }, async () => {
    const [one, other] = await Promise.all([start("nats"), start("nats")])
    expect(one.port).not.toBe(other.port)
    await natsLedger.begin(one.url)
    await natsLedger.write(one.url)
    await natsLedger.begin(other.url)
    expect(await natsLedger.count(other.url)).toBe(0)
  })

  it("a frozen one answers nobody, and goes on where it was (G1)", { timeout: bound }, async () => {
    const server = await start("nats")
    await natsLedger.begin(server.url)
    server.pause()
    const socket = connect(server.port, server.host)
    let greeted = false
    socket.once("data", () => {
      greeted = true
    })
    // the kernel accepts the connection; only the server itself could greet
    await once(socket, "connect")
    expect(greeted).toBe(false)
    server.resume()
    await expect.poll(() => greeted, { timeout: 30_000 }).toBe(true)
    socket.destroy()
    expect(await natsLedger.count(server.url)).toBe(0)
  })

  it("a wrong setting is told with the server's own words (G1)", { timeout: bound }, async () => {
    await expect(start("nats", ["nonsense_setting: 1"])).rejects.toThrow(
      /nats .* did not start.*nonsense_setting/s
    )
  })

  it("the server ends when its owner is killed (G1)", { timeout: bound }, async () => {
    const door = resolve(import.meta.dirname, "../../deploy/servers/server.ts")
    const script = `
      const { startServer } = await import(${JSON.stringify(door)})
      const { directory, port } = await startServer("postgresql")
      console.log(JSON.stringify({ directory, port }))
      setInterval(() => 0, 1000)`
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    const [line] = (await once(createInterface(owner.stdout), "line")) as [string]
    const { directory, port } = JSON.parse(line) as { directory: string; port: number }
    const socket = connect(port, "127.0.0.1")
    socket.on("error", () => undefined)
    await once(socket, "connect")
    const gone = once(socket, "close")
    owner.kill("SIGKILL")
    await gone
    await expect.poll(() => existsSync(directory), { timeout: 30_000 }).toBe(false)
  })
})
