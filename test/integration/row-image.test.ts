/** Row images that lack columns, end to end: what a mapping does not need may be absent, what it needs stops capture. */
import { createConnection, type Connection } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { captureUntil, fold, isCopied, rowTable } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"

describe.each(["mysql", "mariadb"] as const)("row images of %s", (kind) => {
  let server: RunningServer
  let sql: Connection
  beforeAll(async () => {
    server = await startServer(kind)
    sql = await createConnection({
      host: "127.0.0.1",
      port: server.port,
      user: "root",
      multipleStatements: true
    })
  })
  afterAll(async () => {
    await sql.end()
    await server.stop()
  })

  /** Copies a table of two rows, then runs `change` in a session with the row image. */
  const changed = async (name: string, columns: ReadonlyArray<string>, image: string, change: string) => {
    await sql.query(`CREATE DATABASE ${name}; CREATE TABLE ${name}.t (id INT PRIMARY KEY, v INT, doc TEXT);
      INSERT INTO ${name}.t VALUES (1, 1, 'one'), (2, 2, 'two')`)
    const log = new MemoryLog()
    const options = {
      port: server.port,
      tables: [rowTable(`${name}.t`, ["id"], ...columns)],
      log,
      snapshotRows: 10
    }
    await captureUntil(options, () => isCopied(log))
    await sql.query(`SET SESSION binlog_row_image = ${image}; ${change}; SET SESSION binlog_row_image = FULL`)
    return { log, options }
  }

  const stop = {
    _tag: "Undecodable",
    fate: "halt",
    remedy: expect.stringContaining("SET GLOBAL binlog_row_image = 'FULL';") as string
  }

  it.each([
    ["MINIMAL", "minimal", ["v", "doc"], "UPDATE minimal.t SET v = 7 WHERE id = 1", "id"],
    ["MINIMAL", "minimal_key", ["v"], "UPDATE minimal_key.t SET doc = 'new' WHERE id = 1", "id"],
    ["NOBLOB", "noblob", ["v", "doc"], "UPDATE noblob.t SET v = 7 WHERE id = 1", "doc"]
  ])(
    "of kind %s (table %s.t) stop capture where a mapped column is absent (G3)",
    async (image, name, columns, change, absent) => {
      const { log, options } = await changed(name, columns, image, change)
      const before = fold(log, `${name}.t`)
      const failure: unknown = await captureUntil(options, () => false).catch((error: unknown) => error)
      expect(failure).toMatchObject({
        ...stop,
        what: expect.stringContaining(`${name}.t.${absent}`) as string
      })
      expect(fold(log, `${name}.t`)).toEqual(before)
    }
  )

  it("of kind NOBLOB are enough where no absent column is mapped (G1)", async () => {
    const { log, options } = await changed(
      "enough",
      ["v"],
      "NOBLOB",
      "UPDATE enough.t SET v = NULL WHERE id = 1; DELETE FROM enough.t WHERE id = 2"
    )
    await captureUntil(options, () => fold(log, "enough.t").size === 1)
    expect(Object.fromEntries(fold(log, "enough.t"))).toEqual({ "enough.t:1": { id: 1, v: null } })
  })
})
