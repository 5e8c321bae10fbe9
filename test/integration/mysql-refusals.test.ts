/** Where the stream must stop, with the remedy, and where it must not: real servers doing what people do to them. */
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { describe, expect, it } from "vitest"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

describe.each<ServerKind>(["mysql", "mariadb"])("%s refusals", (kind) => {
  const { mariadb, sql, optionsFor, here, read, readToFailure, table } = sourceWorld(kind)

  it("stops before rows of a table that lost a mapped column (G3)", { timeout: CASE_MILLIS }, async () => {
    await table("shrunk", "id INT PRIMARY KEY, score INT")
    const anchor = await here()
    await sql.query(
      "INSERT INTO lms.shrunk VALUES (1, 1); ALTER TABLE lms.shrunk RENAME COLUMN score TO points; INSERT INTO lms.shrunk VALUES (2, 2)"
    )
    const { events, failure } = await readToFailure(
      optionsFor([{ schema: "lms", table: "shrunk", columns: ["id", "score"] }]),
      anchor
    )
    expect(rowsOf(events)).toHaveLength(1)
    expect(failure).toMatchObject({
      _tag: "SchemaDrift",
      table: "lms.shrunk",
      columns: ["score"],
      fate: "halt"
    })
  })

  it(
    "stops at TRUNCATE, DROP and RENAME of a mapped table, and passes when told so (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("emptied", "id INT PRIMARY KEY")
      const wanted = [{ schema: "lms", table: "emptied", columns: ["id"] }]
      for (const statement of [
        "TRUNCATE TABLE lms.emptied",
        "RENAME TABLE lms.emptied TO lms.gone",
        "DROP TABLE lms.gone, lms.emptied"
      ]) {
        const anchor = await here()
        await sql.query("CREATE TABLE IF NOT EXISTS lms.emptied (id INT PRIMARY KEY)")
        await sql.query(statement)
        await sql.query("CREATE TABLE IF NOT EXISTS lms.emptied (id INT PRIMARY KEY)")
        await sql.query("REPLACE INTO lms.emptied VALUES (1)")
        const { failure } = await readToFailure(optionsFor(wanted), anchor)
        expect(failure).toMatchObject({ _tag: "SchemaDrift", table: "lms.emptied" })
        const at = /at (\S+:\d+)$/.exec(failure.message)![1]!
        const events = await read(optionsFor(wanted, { acceptedStatements: [at] }), anchor, commits(1))
        expect(rowsOf(events)[0]!.after).toEqual([[1]])
      }
    }
  )

  it("follows a table that is swapped for its rebuilt copy (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("swapped", "id INT PRIMARY KEY")
    await table("_swapped_new", "id BIGINT PRIMARY KEY")
    const anchor = await here()
    await sql.query(
      "RENAME TABLE lms.swapped TO lms._swapped_old, lms._swapped_new TO lms.swapped; INSERT INTO lms.swapped VALUES (1); DROP TABLE lms._swapped_old"
    )
    const events = await read(
      optionsFor([{ schema: "lms", table: "swapped", columns: ["id"] }]),
      anchor,
      commits(1)
    )
    expect(rowsOf(events)[0]!.after).toEqual([["1"]])
  })

  it("stops at a change that was logged as a statement (G3)", { timeout: CASE_MILLIS }, async () => {
    await table("stated", "id INT PRIMARY KEY, v INT")
    const wanted = [{ schema: "lms", table: "stated", columns: ["id"] }]
    for (const statement of [
      "INSERT INTO lms.stated VALUES (1, 1)",
      "USE lms; UPDATE /* x */ stated SET v = 2",
      "DELETE FROM `lms` . `stated`"
    ]) {
      const anchor = await here()
      await sql.query(`SET SESSION binlog_format = STATEMENT; ${statement}; SET SESSION binlog_format = ROW`)
      const { failure } = await readToFailure(optionsFor(wanted), anchor)
      expect(failure).toMatchObject({ _tag: "Undecodable", fate: "halt" })
      expect(failure.remedy).toContain("binlog_format = ROW")
    }
  })

  it(
    "stops at rows without column names and says which setting names them (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("nameless", "id INT PRIMARY KEY")
      const anchor = await here()
      await sql.query(`SET GLOBAL binlog_row_metadata = ${mariadb ? "NO_LOG" : "MINIMAL"}`)
      await sql.query("INSERT INTO lms.nameless VALUES (1)")
      await sql.query("SET GLOBAL binlog_row_metadata = FULL")
      const { failure } = await readToFailure(
        optionsFor([{ schema: "lms", table: "nameless", columns: ["id"] }]),
        anchor
      )
      expect(failure).toMatchObject({ _tag: "SourceMisconfigured", setting: "binlog_row_metadata" })
    }
  )

  it(
    "keeps rolled-back rows in, whatever else the transaction wrote (G2)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("undone", "id INT PRIMARY KEY")
      await table("diary", "id INT PRIMARY KEY")
      await sql.query("ALTER TABLE lms.diary ENGINE = MyISAM")
      const anchor = await here()
      await sql.query("SET SESSION gtid_next = 'AUTOMATIC'").catch(() => {})
      await sql.query(
        "BEGIN; INSERT INTO lms.undone VALUES (1); SAVEPOINT s; INSERT INTO lms.undone VALUES (2)"
      )
      if (mariadb) await sql.query("INSERT INTO lms.diary VALUES (1)")
      await sql.query("ROLLBACK TO SAVEPOINT s; INSERT INTO lms.undone VALUES (3); COMMIT")
      await sql.query("BEGIN; INSERT INTO lms.undone VALUES (4)")
      if (mariadb) await sql.query("INSERT INTO lms.diary VALUES (2)")
      await sql.query("ROLLBACK")
      await sql.query("INSERT INTO lms.undone VALUES (5)")
      const events = await read(
        optionsFor([{ schema: "lms", table: "undone", columns: ["id"] }]),
        anchor,
        (seen) => rowsOf(seen).some((event) => event.after!.some((image) => image[0] === 5))
      )
      expect(rowsOf(events).flatMap((event) => event.after!)).toEqual([[1], [3], [5]])
    }
  )
})
