/**
 * The copy of tables beside the stream, on real servers: whatever changes meanwhile and wherever capture is killed, the
 * fold of the emitted events is the table (G1, G2).
 */
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { startServer, type RunningServer } from "../../deploy/servers/server.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { captureUntil, fold, isCopied, rowTable } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"

describe.each(["mysql", "mariadb"] as const)("the copy of a table on %s", (kind) => {
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

  const until = (
    tables: ReadonlyArray<TableConfig>,
    log: MemoryLog,
    snapshotRows: number,
    done: () => boolean
  ) => captureUntil({ port: server.port, tables, log, snapshotRows }, done)

  it("holds rows that were there before the connector, and every later change (G1)", async () => {
    await sql.query(`CREATE DATABASE a; CREATE TABLE a.t (id INT PRIMARY KEY, v DECIMAL(5,2));
      INSERT INTO a.t VALUES (1, 1.5), (2, NULL), (3, 3)`)
    const tables = [rowTable("a.t", ["id"], "v")]
    const log = new MemoryLog()
    await until(tables, log, 2, () => isCopied(log))
    await sql.query(
      "UPDATE a.t SET v = 9 WHERE id = 2; DELETE FROM a.t WHERE id = 3; INSERT INTO a.t VALUES (4, 4)"
    )
    await until(tables, log, 2, () => fold(log, "a.t").has("a.t:4"))
    expect(Object.fromEntries(fold(log, "a.t"))).toEqual({
      "a.t:1": { id: 1, v: "1.50" },
      "a.t:2": { id: 2, v: "9.00" },
      "a.t:4": { id: 4, v: "4.00" }
    })
  })

  it("goes on behind the last whole chunk after a kill, while rows change under it (G1, G2)", async () => {
    await sql.query(
      `CREATE DATABASE b; CREATE TABLE b.t (k VARCHAR(20), n INT, v BIGINT UNSIGNED, PRIMARY KEY (k, n))`
    )
    const rows = Array.from({ length: 3000 }, (_, n) => [`名${n % 7}`, n, "18446744073709551615"])
    await sql.query("INSERT INTO b.t VALUES ?", [rows])
    const tables = [rowTable("b.t", ["k", "n"], "v")]
    const log = new MemoryLog()
    const writer = await createConnection({ host: "127.0.0.1", port: server.port, user: "root" })
    const stop = new AbortController()
    const writing = (async () => {
      for (let step = 0; !stop.signal.aborted; step++) {
        const n = (step * 37) % 3000
        await writer.query("UPDATE b.t SET v = ? WHERE n = ?", [step, n])
        if (step % 3 === 0) await writer.query("DELETE FROM b.t WHERE n = ?", [(n + 1) % 3000])
        if (step % 5 === 0) await writer.query("INSERT IGNORE INTO b.t VALUES ('新', ?, 1)", [n])
      }
    })()
    for (let kill = 1; kill <= 6 && !isCopied(log); kill++) {
      const target = log.lastSequence + 4 * kill
      await until(tables, log, 100, () => log.lastSequence >= target || isCopied(log))
    }
    await until(tables, log, 100, () => isCopied(log))
    stop.abort()
    await writing
    await writer.query("INSERT INTO b.t VALUES ('last', 1, 1)")
    await until(tables, log, 100, () => fold(log, "b.t").has(String.raw`b.t:last,1`))
    await writer.end()
    const [expected] = await sql.query<Array<RowDataPacket & { k: string; n: number; v: string }>>(
      "SELECT k, n, CAST(v AS CHAR) AS v FROM b.t"
    )
    expect(fold(log, "b.t")).toEqual(new Map(expected.map(({ k, n, v }) => [`b.t:${k},${n}`, { k, n, v }])))
  })

  it("gives every value as the stream gives it (G2)", async () => {
    await sql.query(`CREATE DATABASE c; CREATE TABLE c.t (id VARBINARY(8) PRIMARY KEY, f FLOAT, d DOUBLE, b BIT(40), b1 BIT(3),
      y YEAR, da DATE, ti TIME(3), dt DATETIME(6), ts TIMESTAMP(2) NULL, e ENUM('a,b','it''s'), s SET('x','y'),
      fix BINARY(4), bl BLOB, g VARCHAR(20) CHARACTER SET gbk, l TEXT CHARACTER SET latin1, u MEDIUMINT UNSIGNED)`)
    const insert = `INSERT INTO c.t VALUES
      (x'00ff', 1.1, 1e20, b'1111111111111111111111111111111111111111', b'101', 2026, '2026-11-22', '-12:00:00.5',
       '2026-11-22 08:00:00.123456', '2026-11-22 08:00:00.25', 'it''s', 'x,y', 'ab', x'0001ff', '中文', 'é', 16777215),
      (x'01', 16777217, 0.1, b'0', b'0', 1901, '1000-01-01', '838:59:59', '9999-12-31 23:59:59', NULL, NULL, '', '', '', '', '', 0)`
    await sql.query(`SET time_zone = '+00:00'; ${insert}`)
    const columns = "f d b b1 y da ti dt ts e s fix bl g l u".split(" ")
    const tables = [rowTable("c.t", ["id"], ...columns)]
    const copied = new MemoryLog()
    await until(tables, copied, 1, () => isCopied(copied))
    const streamed = new MemoryLog()
    await until(tables, streamed, 1, () => isCopied(streamed))
    await sql.query(`DELETE FROM c.t; ${insert}`)
    const ends = () =>
      streamed.messages.filter(({ head }) => head?.types.includes("gradewire.row.deleted.v1")).length
    await until(tables, streamed, 1, () => ends() > 0 && fold(streamed, "c.t").size === 2)
    expect(fold(copied, "c.t")).toEqual(fold(streamed, "c.t"))
    expect(fold(copied, "c.t").size).toBe(2)
  })

  it("copies a table that is added to the configuration later (G1)", async () => {
    await sql.query(`CREATE DATABASE d; CREATE TABLE d.one (id INT PRIMARY KEY); CREATE TABLE d.two (id INT PRIMARY KEY);
      INSERT INTO d.one VALUES (1); INSERT INTO d.two VALUES (2)`)
    const log = new MemoryLog()
    await until([rowTable("d.one", ["id"])], log, 10, () => isCopied(log))
    await until(
      [rowTable("d.one", ["id"]), rowTable("d.two", ["id"])],
      log,
      10,
      () => fold(log, "d.two").size === 1
    )
    expect(fold(log, "d.one").size).toBe(1)
  })
})
