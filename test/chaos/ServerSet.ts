/** One training database, one NATS and one PostgreSQL that many histories use after each other. */
import { createConnection } from "mysql2/promise"
import { connectHr, HR_DATABASE } from "../../deploy/demo/hr-database.ts"
import { type RunningServer, startServer } from "../../deploy/servers/server.ts"
import { connectLog } from "./change-log.ts"

export type SourceKind = "mysql" | "mariadb"

export class ServerSet {
  readonly source: RunningServer
  readonly changeLog: RunningServer
  readonly target: RunningServer

  private constructor(source: RunningServer, changeLog: RunningServer, target: RunningServer) {
    this.source = source
    this.changeLog = changeLog
    this.target = target
  }

  /** Their folders lie below `directory`. */
  static async start(source: SourceKind, directory: string): Promise<ServerSet> {
    const options = { directory, progress: () => undefined }
    const started = await Promise.allSettled([
      startServer(source, options),
      startServer("nats", options),
      startServer("postgresql", options)
    ])
    const failure = started.find((outcome) => outcome.status === "rejected")
    if (failure !== undefined) {
      for (const outcome of started) if (outcome.status === "fulfilled") await outcome.value.stop()
      throw failure.reason
    }
    const servers = started.map((outcome) => (outcome as PromiseFulfilledResult<RunningServer>).value)
    return new ServerSet(servers[0]!, servers[1]!, servers[2]!)
  }

  /** As if nobody had ever used them; the binlog begins anew. */
  async clear(): Promise<void> {
    await this.#clearSource()
    await this.#clearTarget()
    const log = await connectLog(this.changeLog)
    try {
      for await (const { config } of log.manager.streams.list()) await log.manager.streams.delete(config.name)
    } finally {
      await log.close()
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.source, this.changeLog, this.target].map((server) => server.stop()))
  }

  async #clearSource(): Promise<void> {
    const connection = await createConnection(this.source.url)
    try {
      await connection.query("DROP DATABASE IF EXISTS training")
      await connection.query("DROP USER IF EXISTS gradewire@'%'")
      await connection.query(this.source.kind === "mariadb" ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS")
    } finally {
      connection.destroy()
    }
  }

  async #clearTarget(): Promise<void> {
    const admin = await connectHr(this.target.url)
    try {
      await admin.query(`DROP DATABASE IF EXISTS ${HR_DATABASE} WITH (FORCE)`)
      await admin.query("DROP ROLE IF EXISTS gradewire")
    } finally {
      await admin.end()
    }
  }
}
