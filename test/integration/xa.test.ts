/** Two-phase transactions on real servers: rows take effect where they are committed, whatever lies between. */
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import { captureUntil, fold, isCopied, rowTable, type CaptureRun } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"

const CASE_MILLIS = 120_000

describe.each(["mysql", "mariadb"] as const)("XA on %s", (kind) => {
  let server: RunningServer
  let sql: Connection
  const connect = () =>
    createConnection({ host: "127.0.0.1", port: server.port, user: "root", multipleStatements: true })
  beforeAll(async () => {
    server = await startServer(kind)
    sql = await connect()
  })
  afterAll(async () => {
    await sql.end()
    await server.stop()
  })

  const world = async (schema: string) => {
    await sql.query(
      `DROP DATABASE IF EXISTS ${schema}; CREATE DATABASE ${schema}; CREATE TABLE ${schema}.t (id INT PRIMARY KEY, v INT);
       CREATE TABLE ${schema}.other (id INT PRIMARY KEY); INSERT INTO ${schema}.t VALUES (1, 0), (2, 0)`
    )
    const log = new MemoryLog()
    const run: CaptureRun = {
      port: server.port,
      tables: [rowTable(`${schema}.t`, ["id"], "v")],
      log,
      snapshotRows: 10
    }
    await captureUntil(run, () => isCopied(log))
    const folded = () =>
      [...fold(log, `${schema}.t`).values()].map((row) => `${row["id"]}=${row["v"]}`).sort()
    const rows = async () => {
      const [found] = await sql.query<Array<RowDataPacket>>(`SELECT id, v FROM ${schema}.t`)
      return found.map((row) => `${row["id"]}=${row["v"]}`).sort()
    }
    const has = (row: string) => () => folded().includes(row)
    return { run, folded, rows, has, t: `${schema}.t` }
  }

  /** In a session of its own, which is gone behind it. */
  const prepared = async (name: string, statements: string) => {
    const session = await connect()
    await session.query(`XA START '${name}'; ${statements}; XA END '${name}'; XA PREPARE '${name}'`)
    await session.end()
  }

  it(
    "commits late, from another session, behind newer transactions, or not at all (G1, G2)",
    { timeout: CASE_MILLIS },
    async () => {
      const { run, folded, rows, has, t } = await world("late")
      await prepared("a", `INSERT INTO ${t} VALUES (10, 1); UPDATE ${t} SET v = 5 WHERE id = 1`)
      await prepared("b", `INSERT INTO ${t} VALUES (11, 1)`)
      await prepared("c", `DELETE FROM ${t} WHERE id = 2`)
      await sql.query(`INSERT INTO ${t} VALUES (3, 1); UPDATE ${t} SET v = 2 WHERE id = 3`)
      await captureUntil(run, has("3=2"))
      expect(folded()).toEqual(["1=0", "2=0", "3=2"])
      await sql.query(`XA ROLLBACK 'b'; FLUSH BINARY LOGS; INSERT INTO ${t} VALUES (4, 1)`)
      await captureUntil(run, has("4=1"))
      await sql.query(
        `XA COMMIT 'c'; INSERT INTO ${t} VALUES (2, 7); XA COMMIT 'a'; INSERT INTO ${t} VALUES (5, 1)`
      )
      await captureUntil(run, has("5=1"))
      expect(folded()).toEqual(["1=5", "10=1", "2=7", "3=2", "4=1", "5=1"].sort())
      expect(folded()).toEqual(await rows())
    }
  )

  it("survives a restart of the server in between (G1)", { timeout: CASE_MILLIS }, async () => {
    const { run, folded, rows, has, t } = await world("restarted")
    await prepared("r", `INSERT INTO ${t} VALUES (10, 1)`)
    await prepared("s", `INSERT INTO ${t} VALUES (11, 1)`)
    await sql.query(`INSERT INTO ${t} VALUES (3, 1)`)
    await captureUntil(run, has("3=1"))
    sql.destroy()
    await server.shutdown()
    await server.restart()
    sql = await connect()
    await sql.query(`INSERT INTO ${t} VALUES (4, 1)`)
    await captureUntil(run, has("4=1"))
    expect(folded()).toEqual(["1=0", "2=0", "3=1", "4=1"])
    await sql.query(`XA COMMIT 'r'; XA ROLLBACK 's'; INSERT INTO ${t} VALUES (5, 1)`)
    await captureUntil(run, has("5=1"))
    expect(folded()).toEqual(["1=0", "10=1", "2=0", "3=1", "4=1", "5=1"].sort())
    expect(folded()).toEqual(await rows())
  })

  it(
    "of one phase, of other tables and empty ones are nothing special (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      const { run, folded, rows, has, t } = await world("plain")
      const other = t.replace(".t", ".other")
      await sql.query(`XA START 'p'; INSERT INTO ${t} VALUES (3, 1); XA END 'p'; XA COMMIT 'p' ONE PHASE`)
      await sql.query(`XA START 'q'; INSERT INTO ${t} VALUES (9, 1); XA END 'q'; XA ROLLBACK 'q'`)
      await sql.query("XA START 'e'; SELECT 1; XA END 'e'; XA PREPARE 'e'; XA COMMIT 'e'")
      await prepared("o", `INSERT INTO ${other} VALUES (1)`)
      await sql.query(`INSERT INTO ${t} VALUES (4, 1)`)
      await captureUntil(run, has("4=1"))
      await sql.query(`XA COMMIT 'o'; INSERT INTO ${t} VALUES (5, 1)`)
      await captureUntil(run, has("5=1"))
      expect(folded()).toEqual(await rows())
    }
  )

  it(
    "prepared before the first start stops, and goes on as it says (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      await sql.query("CREATE DATABASE early; CREATE TABLE early.t (id INT PRIMARY KEY, v INT)")
      await prepared("z", "INSERT INTO early.t VALUES (1, 1)")
      const log = new MemoryLog()
      const run: CaptureRun = {
        port: server.port,
        tables: [rowTable("early.t", ["id"], "v")],
        log,
        snapshotRows: 10
      }
      const stopped = captureUntil(run, () => false).catch((error: unknown) => error)
      while (!isCopied(log)) await new Promise(setImmediate)
      await sql.query("XA COMMIT 'z'; INSERT INTO early.t VALUES (2, 1)")
      expect(await stopped).toMatchObject({ _tag: "Undecodable", what: "XA COMMIT" })
      const failure = (await captureUntil(run, () => false).catch((error: unknown) => error)) as {
        readonly remedy: string
      }
      const accepted = /acceptedStatements: \["([^"]+)"\]/.exec(failure.remedy)![1]!
      await captureUntil({ ...run, acceptedStatements: [accepted] }, () =>
        fold(log, "early.t").has("early.t:2")
      )
    }
  )
})
