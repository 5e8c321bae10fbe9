/** How long real servers still keep a binlog file, and that asking does not disturb the running capture. */
import { Effect, Redacted } from "effect"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import { readPurgeMargin } from "../../connectors/mysql/purge-margin.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { ChangeSource } from "../../src/capture/ChangeSource.ts"

describe.each(["mysql", "mariadb"] as const)("the purge margin on %s", (kind) => {
  let server: RunningServer
  let sql: Connection
  let options: SourceOptions
  let identity: string
  const margin = (file: string, of = identity) =>
    Effect.runPromise(readPurgeMargin(options, { file, server: of }))
  const files = async (): Promise<ReadonlyArray<string>> => {
    const [rows] = await sql.query<Array<RowDataPacket & { Log_name: string }>>("SHOW BINARY LOGS")
    return rows.map((row) => row.Log_name)
  }

  beforeAll(async () => {
    server = await startServer(kind)
    sql = await createConnection({ uri: server.url })
    options = {
      connector: "margin",
      host: "127.0.0.1",
      port: server.port,
      user: "root",
      password: Redacted.make(""),
      tls: { mode: "preferred" },
      tables: []
    }
    const bounds = await Effect.runPromise(
      Effect.flatMap(ChangeSource, (source) => source.bounds).pipe(
        Effect.provide(MySqlChangeSource.layer(options))
      )
    )
    identity = bounds.server
    await sql.query("FLUSH BINARY LOGS")
    await sql.query("SET GLOBAL binlog_expire_logs_seconds = 36000")
  })
  afterAll(async () => {
    await sql?.end()
    await server?.stop()
  })

  it("counts from the file's last write, down to the retention (G1)", async () => {
    const names = await files()
    // Both were written to moments ago.
    for (const name of names) {
      const hours = await margin(name)
      expect(hours).toBeLessThanOrEqual(10)
      expect(hours).toBeGreaterThan(9.9)
    }
  })

  it("is 0 for a file that is gone, unknown for another server's, never without a retention (G1)", async () => {
    const [first = ""] = await files()
    expect(await margin(first.replace(/\d+$/, "000099"))).toBe(0)
    expect(await margin(first, `${kind}:somebody else`)).toBeNull()
    await sql.query("SET GLOBAL binlog_expire_logs_seconds = 0")
    expect(await margin(first)).toBe("never")
    await sql.query("SET GLOBAL binlog_expire_logs_seconds = 36000")
  })

  it("is asked without cutting off the capture that reads under the same name (G1)", async () => {
    const [first = ""] = await files()
    await sql.query("CREATE DATABASE IF NOT EXISTS m")
    const seen = await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const source = yield* ChangeSource
          const bounds = yield* source.bounds
          const reader = yield* source.open({
            anchor: { ...bounds.last, gtid: null, server: identity, timeline: 1 }
          })
          yield* Effect.promise(() => margin(first))
          yield* Effect.promise(() => sql.query("CREATE TABLE m.t (id INT PRIMARY KEY)"))
          return yield* reader.next
        })
      ).pipe(Effect.provide(MySqlChangeSource.layer(options)))
    )
    expect(seen.events.length).toBeGreaterThan(0)
  })
})
