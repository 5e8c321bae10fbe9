/** Random tables, histories and restarts on real servers; `make fuzz` runs any number of them. */
import { createConnection, type Connection } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { runHistory } from "../fuzz/history.ts"

const HISTORIES = 100

describe.each(["mysql", "mariadb"] as const)("random histories on %s", (kind) => {
  let server: RunningServer
  let sql: Connection
  beforeAll(async () => {
    server = await startServer(kind)
    sql = await createConnection({ host: "127.0.0.1", port: server.port, user: "root" })
  })
  afterAll(async () => {
    await sql.end()
    await server.stop()
  })

  it(
    `of ${HISTORIES} seeds add up to their tables, whatever the restarts (G1, G2)`,
    { timeout: 900_000 },
    async () => {
      let rows = 0
      for (let seed = 1; seed <= HISTORIES; seed++) rows += await runHistory(sql, server.port, seed)
      expect(rows).toBeGreaterThan(HISTORIES)
    }
  )
})
