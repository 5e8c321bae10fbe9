/** What the preflight says about real servers, and how the source encrypts its connections to them. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { describe, expect, it } from "vitest"
import { readColumnSizes } from "../../connectors/mysql/column-sizes.ts"
import { checkSource } from "../../connectors/mysql/preflight.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

describe.each<ServerKind>(["mysql", "mariadb"])("%s preflight", (kind) => {
  const { mariadb, sql, optionsFor, table } = sourceWorld(
    kind,
    // The server itself stands in UTC, whatever the machine does.
    ["--default-time-zone=+00:00", ...(kind === "mariadb" ? ["--gtid-strict-mode=ON"] : [])]
  )

  /** Severity by check, of everything that is not ok. */
  const trouble = async (options: SourceOptions) => {
    const findings = await Effect.runPromise(checkSource(options, { start: "earliest" }))
    expect(findings.filter((finding) => finding.severity !== "ok" && finding.fix === "")).toEqual([])
    return Object.fromEntries(
      findings
        .filter((finding) => finding.severity !== "ok")
        .map((finding) => [finding.check, finding.severity])
    )
  }

  const reader = { user: "reader", password: Redacted.make("secret") }

  it("has nothing to say about a server and an account that fit (G3)", { timeout: CASE_MILLIS }, async () => {
    await table("fits", "id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET gbk, b BLOB")
    await sql.query(
      "CREATE USER reader@'%' IDENTIFIED BY 'secret'; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO reader@'%'; GRANT SELECT ON lms.fits TO reader@'%'"
    )
    const options = optionsFor([{ schema: "lms", table: "fits", columns: ["id", "v", "B"] }], reader)
    expect(await trouble(options)).toEqual({})
  })

  it("tells how much each mapped column can hold (G3)", { timeout: CASE_MILLIS }, async () => {
    await table(
      "sized",
      "id BIGINT UNSIGNED PRIMARY KEY, `分数` DECIMAL(7,3), n SMALLINT, t VARCHAR(40), f DOUBLE, d DATETIME"
    )
    const columns = ["id", "分数", "N", "t", "f", "d", "nope"]
    const sizes = await Effect.runPromise(
      readColumnSizes(optionsFor([{ schema: "lms", table: "sized", columns }]))
    )
    expect(Object.fromEntries(sizes.get("lms.sized")!)).toEqual({
      id: { integerDigits: 20, scale: 0 },
      分数: { integerDigits: 4, scale: 3 },
      N: { integerDigits: 5, scale: 0 },
      t: { length: 40 },
      f: {},
      d: {}
    })
  })

  it("names every problem at once, each with what mends it (G3)", { timeout: CASE_MILLIS }, async () => {
    await table(
      "unfit",
      `g ${mariadb ? "UUID" : "GEOMETRY"}, c ${mariadb ? "VARCHAR(9) COMPRESSED" : "JSON"}, d VARCHAR(9) CHARACTER SET dec8`
    )
    await sql.query("ALTER TABLE lms.unfit ENGINE = MyISAM")
    await sql.query("SET GLOBAL binlog_format = STATEMENT; SET GLOBAL binlog_row_image = MINIMAL")
    await sql.query(`SET GLOBAL binlog_row_metadata = MINIMAL; SET GLOBAL binlog_checksum = NONE`)
    if (mariadb) await sql.query("SET GLOBAL gtid_strict_mode = OFF")
    const [row] = await sql.query("SELECT @@server_id AS id")
    const options = optionsFor(
      [
        { schema: "lms", table: "unfit", columns: ["g", "c", "d", "nope"] },
        { schema: "lms", table: "nowhere", columns: ["id"] }
      ],
      { serverId: Number(row!["id"]) }
    )
    expect(await trouble(options)).toEqual({
      binlog_format: "error",
      binlog_row_image: "error",
      binlog_row_metadata: "error",
      binlog_checksum: "warning",
      ...(mariadb ? { gtid_strict_mode: "warning" } : {}),
      privileges: "warning",
      server_id: "error",
      "engine of lms.unfit": "warning",
      "column lms.unfit.nope": "error",
      "primary key of lms.unfit": "warning",
      "table lms.nowhere": "error"
    })
    await sql.query("SET GLOBAL binlog_format = ROW; SET GLOBAL binlog_row_image = FULL")
    await sql.query("SET GLOBAL binlog_row_metadata = FULL; SET GLOBAL binlog_checksum = CRC32")
    if (mariadb) await sql.query("SET GLOBAL gtid_strict_mode = ON")
  })

  it(
    "warns of foreign keys whose effects the server does not log (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("parent", "id INT PRIMARY KEY")
      await table(
        "child",
        "id INT PRIMARY KEY, p INT, CONSTRAINT `by parent` FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE"
      )
      await sql.query("GRANT SELECT ON lms.child TO reader@'%'")
      const options = optionsFor([{ schema: "lms", table: "child", columns: ["id", "p"] }], reader)
      expect(await trouble(options)).toEqual(mariadb ? { "foreign keys of lms.child": "warning" } : {})
    }
  )

  it(
    "says what an account has beyond its needs, and which clock differs (G9)",
    { timeout: CASE_MILLIS },
    async () => {
      await sql.query(
        "CREATE USER rich@'%' IDENTIFIED BY 'secret'; GRANT REPLICATION SLAVE, REPLICATION CLIENT, PROCESS ON *.* TO rich@'%'; GRANT SELECT, INSERT, UPDATE (v) ON lms.fits TO rich@'%'"
      )
      const wanted = [{ schema: "lms", table: "fits", columns: ["id"] }]
      const findings = await Effect.runPromise(
        checkSource(optionsFor(wanted, { ...reader, user: "rich" }), { timeZone: "+13:00" })
      )
      const found = new Map(findings.map((finding) => [finding.check, finding]))
      expect(found.get("privileges")?.found).toBe(
        "more than needed: PROCESS, INSERT on `lms`.`fits`, UPDATE on `lms`.`fits`"
      )
      expect(found.get("time zone")).toMatchObject({ severity: "warning" })
      const same = await Effect.runPromise(checkSource(optionsFor(wanted, reader), { timeZone: "UTC" }))
      expect(same.find(({ check }) => check === "time zone")).toMatchObject({ severity: "ok" })
    }
  )

  it("says what an account lacks, and what is not reached (G3)", { timeout: CASE_MILLIS }, async () => {
    await sql.query("CREATE USER nobody@'%' IDENTIFIED BY 'secret'")
    const wanted = [{ schema: "lms", table: "fits", columns: ["id"] }]
    expect(await trouble(optionsFor(wanted, { ...reader, user: "nobody" }))).toEqual({
      "privilege REPLICATION SLAVE": "error",
      "privilege REPLICATION CLIENT": "error",
      "table lms.fits": "error"
    })
    expect(await trouble(optionsFor(wanted, { ...reader, password: Redacted.make("no") }))).toEqual({
      "source connection": "error"
    })
    expect(await trouble(optionsFor(wanted, { port: 1 }))).toEqual({ "source connection": "error" })
  })
})

describe("mysql encryption", () => {
  const { server, sql, optionsFor, here, read, readToFailure, table } = sourceWorld("mysql")
  const wanted = [{ schema: "lms", table: "secret", columns: ["id"] }]

  it("reads encrypted and plain, as told (G9)", { timeout: CASE_MILLIS }, async () => {
    await table("secret", "id INT PRIMARY KEY")
    const anchor = await here()
    await sql.query("INSERT INTO lms.secret VALUES (1)")
    const ca = await readFile(join(server().directory, "data", "ca.pem"), "utf8")
    for (const tls of [
      { mode: "disabled" },
      { mode: "preferred" },
      { mode: "required" },
      { mode: "verify-ca", ca }
    ] as const) {
      const events = await read(optionsFor(wanted, { tls }), anchor, commits(1))
      expect([tls.mode, rowsOf(events)[0]!.after]).toEqual([tls.mode, [[1]]])
    }
  })

  it("refuses a server that it cannot verify (G9)", { timeout: CASE_MILLIS }, async () => {
    const anchor = await here()
    const ca = await readFile(join(server().directory, "data", "ca.pem"), "utf8")
    for (const tls of [{ mode: "verify-ca" }, { mode: "verify-identity", ca }] as const) {
      const { failure } = await readToFailure(optionsFor(wanted, { tls }), anchor)
      expect([tls.mode, failure]).toMatchObject([
        tls.mode,
        { _tag: "SourceMisconfigured", setting: "source.tls" }
      ])
    }
  })

  it("refuses plain text where the account demands encryption (G9)", { timeout: CASE_MILLIS }, async () => {
    await sql.query(
      "CREATE USER private@'%' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO private@'%'"
    )
    const account = { user: "private", password: Redacted.make("secret") }
    const anchor = await here()
    const plain = optionsFor([], { ...account, tls: { mode: "disabled" } })
    expect((await readToFailure(plain, anchor)).failure).toMatchObject({ _tag: "SourceAccessDenied" })
    await sql.query("CREATE TABLE lms.later (id INT)")
    const events = await read(optionsFor([], account), anchor, (seen) => seen.length > 0)
    expect(events.length).toBeGreaterThan(0)
  })
})
