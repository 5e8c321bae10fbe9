/** The servers that many histories use after each other; each kind is started when a history wants it first. */
import { createConnection } from "mysql2/promise"
import { type RunningServer, type ServerKind, startServer } from "../../deploy/servers/server.ts"
import { connectLog } from "./change-log.ts"
import type { HrDatabase, TargetKind } from "./HrDatabase.ts"
import { mySqlHr } from "./MySqlHr.ts"
import { postgreSqlHr } from "./PostgreSqlHr.ts"

export const SOURCE_KINDS = ["mysql", "mariadb"] as const satisfies ReadonlyArray<ServerKind>
export type SourceKind = (typeof SOURCE_KINDS)[number]

/** Of one history. */
export interface ServerSet {
  readonly source: RunningServer
  readonly changeLog: RunningServer
  readonly hr: HrDatabase
}

export class ServerPool {
  readonly #directory: string
  readonly #servers = new Map<string, Promise<RunningServer>>()

  /** Their folders lie below `directory`. */
  constructor(directory: string) {
    this.#directory = directory
  }

  /** As if nobody had ever used them; the binlog begins anew. */
  async fresh(source: SourceKind, target: TargetKind): Promise<ServerSet> {
    const [training, changeLog, profile] = await Promise.all([
      this.#server("source", source),
      this.#server("log", "nats"),
      this.#server("target", target)
    ])
    const hr = target === "postgresql" ? postgreSqlHr(profile) : mySqlHr(profile)
    await Promise.all([clearSource(training), clearLog(changeLog), hr.clear()])
    return { source: training, changeLog, hr }
  }

  /** Ends all of them; the next history gets new ones. */
  async stop(): Promise<void> {
    const servers = [...this.#servers.values()]
    this.#servers.clear()
    await Promise.allSettled(servers.map(async (server) => (await server).stop()))
  }

  #server(place: string, kind: ServerKind): Promise<RunningServer> {
    const name = `${place} ${kind}`
    let server = this.#servers.get(name)
    if (server === undefined) {
      server = startServer(kind, { directory: this.#directory, progress: () => undefined })
      // one that did not start is tried again
      server.catch(() => this.#servers.delete(name))
      this.#servers.set(name, server)
    }
    return server
  }
}

const clearSource = async (server: RunningServer): Promise<void> => {
  const connection = await createConnection(server.url)
  try {
    await connection.query("DROP DATABASE IF EXISTS training")
    await connection.query("DROP USER IF EXISTS gradewire@'%'")
    await connection.query(server.kind === "mariadb" ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS")
  } finally {
    connection.destroy()
  }
}

const clearLog = async (server: RunningServer): Promise<void> => {
  const log = await connectLog(server)
  try {
    for await (const { config } of log.manager.streams.list()) await log.manager.streams.delete(config.name)
  } finally {
    await log.close()
  }
}
