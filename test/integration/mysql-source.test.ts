/**
 * The MySQL source against real servers. It is the contract test of the driver's replaced packet callback, of the
 * positions that are counted here, and of every value: what the stream gives must equal what SELECT gives.
 */
import { Effect, Redacted, type Scope } from "effect"
import { createConnection, type Connection, type RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import type { SourceOptions } from "../../connectors/mysql/source-options.ts"
import { startServer } from "../../deploy/servers/server.ts"
import type { RunningServer, ServerKind } from "../../deploy/servers/RunningServer.ts"
import type { Anchor } from "../../schemas/anchor.ts"
import {
  ChangeSource,
  type ChangeSourceError,
  type RowsEvent,
  type SourceEvent,
  type SourceReader
} from "../../src/capture/ChangeSource.ts"
import { CHARSET_SAMPLES, TYPE_COLUMNS, type TypeColumn } from "./mysql-types.ts"

const CASE_MILLIS = 90_000

describe.each<ServerKind>(["mysql", "mariadb"])("%s source", (kind) => {
  const mariadb = kind === "mariadb"
  let server: RunningServer
  let sql: Connection

  beforeAll(async () => {
    server = await startServer(kind, { progress: () => {} })
    sql = await createConnection({ uri: server.url, charset: "utf8mb4", multipleStatements: true })
    await sql.query("SET SESSION time_zone = '+00:00'")
    await sql.query("CREATE DATABASE lms")
  }, 300_000)

  afterAll(async () => {
    sql?.destroy()
    await server?.stop()
  })

  const optionsFor = (tables: SourceOptions["tables"], more: Partial<SourceOptions> = {}): SourceOptions => ({
    connector: `test ${kind}`,
    host: server.host,
    port: server.port,
    user: "root",
    password: Redacted.make(""),
    tls: { mode: "preferred" },
    tables,
    ...more
  })

  const run = <A>(
    options: SourceOptions,
    work: (source: ChangeSource["Service"]) => Effect.Effect<A, ChangeSourceError, Scope.Scope>
  ): Promise<A> =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(ChangeSource, work)).pipe(Effect.provide(MySqlChangeSource.layer(options)))
    )

  /** The present end of the binlog, as a place to start from. */
  const here = async (): Promise<Anchor> => {
    const bounds = await run(optionsFor([]), (source) => source.bounds)
    return { ...bounds.last, gtid: null, server: bounds.server, timeline: 1 }
  }

  /** Everything until `enough` of it is there. */
  const readUntil = (reader: SourceReader, enough: (events: ReadonlyArray<SourceEvent>) => boolean) =>
    Effect.gen(function* () {
      const events: Array<SourceEvent> = []
      while (!enough(events)) events.push(...(yield* reader.next).events)
      return events
    })

  const read = (
    options: SourceOptions,
    anchor: Anchor,
    enough: (events: ReadonlyArray<SourceEvent>) => boolean
  ): Promise<ReadonlyArray<SourceEvent>> =>
    run(options, (source) => Effect.flatMap(source.open(anchor), (reader) => readUntil(reader, enough)))

  /** Reads until the reader fails; returns what came before and the failure. */
  const readToFailure = (options: SourceOptions, anchor: Anchor) =>
    run(options, (source) =>
      Effect.gen(function* () {
        const events: Array<SourceEvent> = []
        const failure = yield* Effect.flip(
          Effect.gen(function* () {
            const reader = yield* source.open(anchor)
            for (;;) events.push(...(yield* reader.next).events)
          })
        )
        return { events, failure }
      })
    )

  const rowsOf = (events: ReadonlyArray<SourceEvent>): ReadonlyArray<RowsEvent> =>
    events.filter((event) => event._tag === "Rows")

  const commits = (count: number) => (events: ReadonlyArray<SourceEvent>) =>
    events.filter((event) => event._tag === "Commit").length >= count && rowsOf(events).length >= count

  const table = async (name: string, columns: string): Promise<void> => {
    await sql.query(`DROP TABLE IF EXISTS lms.\`${name}\``)
    await sql.query(`CREATE TABLE lms.\`${name}\` (${columns})`)
  }

  const serverText = async (name: string, column: TypeColumn): Promise<ReadonlyArray<string | null>> => {
    const [rows] = await sql.query<Array<RowDataPacket>>(
      `SELECT ${column.text} AS v FROM lms.\`${name}\` ORDER BY id`
    )
    return rows.map((row) => (row["v"] === null ? null : String(row["v"])))
  }

  const forThis = (column: TypeColumn): boolean => column.only === undefined || column.only === kind

  it("gives every value of every type as the server's own text (G1)", { timeout: CASE_MILLIS }, async () => {
    const columns = TYPE_COLUMNS.filter(forThis)
    await table(
      "types",
      `id INT PRIMARY KEY, ${columns.map((column) => `\`${column.name}\` ${column.type} NULL`).join(", ")}`
    )
    await sql.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
    const anchor = await here()
    const height = Math.max(...columns.map((column) => column.values.length))
    for (let row = 0; row < height; row++) {
      const values = columns.map((column) => column.values[row] ?? "NULL")
      await sql.query(`INSERT INTO lms.types VALUES (${row}, ${values.join(", ")})`)
    }
    const wanted = ["id", ...columns.map((column) => column.name)]
    const events = await read(
      optionsFor([{ schema: "lms", table: "types", columns: wanted }]),
      anchor,
      commits(height)
    )
    const images = rowsOf(events).flatMap((event) => event.after!)
    expect(images.map((image) => image[0])).toEqual(Array.from({ length: height }, (_, i) => i))
    for (const [i, column] of columns.entries()) {
      const streamed = images.map((image) => image[i + 1])
      const kinds = new Set(streamed.filter((value) => value !== null).map((value) => typeof value))
      expect(kinds.size, `${column.name} is of one kind`).toBe(1)
      expect(
        streamed.map((value) => (value === null ? null : String(value))),
        `${column.name} ${column.type}`
      ).toEqual(await serverText("types", column))
    }
  })

  it("decodes every character set as the server converts it (G1)", { timeout: CASE_MILLIS }, async () => {
    const [known] = await sql.query<Array<RowDataPacket>>("SHOW CHARACTER SET")
    const names = new Set(known.map((row) => String(row["Charset"])))
    const samples = CHARSET_SAMPLES.filter((sample) => names.has(sample.charset))
    await table(
      "charsets",
      `id INT PRIMARY KEY, ${samples.map((s) => `c_${s.charset} VARCHAR(200) CHARACTER SET ${s.charset}`).join(", ")}`
    )
    const anchor = await here()
    await sql.query(
      `INSERT INTO lms.charsets VALUES (1, ${samples.map((s) => `_utf8mb4'${s.text}'`).join(", ")})`
    )
    const wanted = samples.map((s) => `c_${s.charset}`)
    const events = await read(
      optionsFor([{ schema: "lms", table: "charsets", columns: wanted }]),
      anchor,
      commits(1)
    )
    expect(rowsOf(events)[0]!.after![0]).toEqual(samples.map((s) => s.text))
  })

  it(
    "counts positions as the server does, and begins anywhere a transaction begins (G2)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("places", "id INT PRIMARY KEY, v INT")
      const anchor = await here()
      await sql.query("INSERT INTO lms.places VALUES (1, 1), (2, 2)")
      await sql.query("UPDATE lms.places SET v = v + 10")
      await sql.query("DELETE FROM lms.places WHERE id = 1")
      const options = optionsFor([{ schema: "lms", table: "places", columns: ["v", "id"] }])
      const events = await read(options, anchor, commits(3))
      expect(rowsOf(events).map(({ change, before, after }) => ({ change, before, after }))).toEqual([
        {
          change: "insert",
          before: undefined,
          after: [
            [1, 1],
            [2, 2]
          ]
        },
        {
          change: "update",
          before: [
            [1, 1],
            [2, 2]
          ],
          after: [
            [11, 1],
            [12, 2]
          ]
        },
        { change: "delete", before: [[11, 1]], after: undefined }
      ])
      const begins = events.filter((event) => event._tag === "Begin")
      const ends = events.filter((event) => event._tag === "Commit")
      expect(begins[0]!.position).toBe(anchor.position)
      expect(begins.slice(1).map((begin) => begin.position)).toEqual(
        ends.slice(0, 2).map((end) => end.position)
      )
      expect(ends[2]).toMatchObject({ file: (await here()).file, position: (await here()).position })
      expect(begins.every((begin) => begin.gtid !== null)).toBe(true)
      const second = begins[1]!
      const again = await read(
        options,
        { ...anchor, position: second.position, gtid: second.gtid },
        commits(2)
      )
      expect(again).toEqual(events.slice(3))
    }
  )

  it(
    "reads names and labels outside of ASCII, with quotes and commas in them (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      await table(
        "考试成绩",
        "编号 INT PRIMARY KEY, 状态 ENUM('通过','it''s, so','未通过'), 标签 SET('甲','b,c') , 分数 DECIMAL(5,2)"
      ).catch(() =>
        table(
          "考试成绩",
          "编号 INT PRIMARY KEY, 状态 ENUM('通过','it''s, so','未通过'), 标签 SET('甲','b'), 分数 DECIMAL(5,2)"
        )
      )
      const anchor = await here()
      await sql.query("INSERT INTO lms.考试成绩 VALUES (1, '未通过', '甲', 88.5), (2, 'it''s, so', '', 0)")
      const events = await read(
        optionsFor([{ schema: "lms", table: "考试成绩", columns: ["编号", "状态", "标签", "分数"] }]),
        anchor,
        commits(1)
      )
      expect(rowsOf(events)[0]!.after).toEqual([
        [1, "未通过", "甲", "88.50"],
        [2, "it's, so", "", "0.00"]
      ])
    }
  )

  it(
    "decodes rows written before an ALTER by the columns they were written with (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("altered", "id INT PRIMARY KEY, a INT, b INT")
      const anchor = await here()
      await sql.query("INSERT INTO lms.altered VALUES (1, 10, 20)")
      await sql.query("ALTER TABLE lms.altered ADD COLUMN x VARCHAR(10) FIRST, MODIFY b INT AFTER id")
      await sql.query("INSERT INTO lms.altered (id, a, b, x) VALUES (2, 11, 21, 'x')")
      await sql.query("ALTER TABLE lms.altered MODIFY a BIGINT")
      await sql.query("INSERT INTO lms.altered (id, a, b, x) VALUES (3, 12, 22, 'x')")
      const events = await read(
        optionsFor([{ schema: "lms", table: "altered", columns: ["a", "b"] }]),
        anchor,
        commits(3)
      )
      expect(rowsOf(events).flatMap((event) => event.after!)).toEqual([
        [10, 20],
        [11, 21],
        ["12", 22]
      ])
    }
  )

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

  it("tells an absent column from NULL in a MINIMAL row image (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("partial", "id INT PRIMARY KEY, a INT, b INT, c INT")
    await sql.query("INSERT INTO lms.partial VALUES (1, 1, 1, 1)")
    const anchor = await here()
    await sql.query(
      "SET SESSION binlog_row_image = MINIMAL; UPDATE lms.partial SET b = NULL; SET SESSION binlog_row_image = FULL"
    )
    const events = await read(
      optionsFor([{ schema: "lms", table: "partial", columns: ["id", "a", "b", "c"] }]),
      anchor,
      commits(1)
    )
    const [rows] = rowsOf(events)
    expect(rows!.before).toEqual([[1, undefined, undefined, undefined]])
    expect(rows!.after).toEqual([[undefined, undefined, null, undefined]])
  })

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

  it(
    "takes XA transactions of one phase and stops at those of two (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("xa", "id INT PRIMARY KEY")
      const options = optionsFor([{ schema: "lms", table: "xa", columns: ["id"] }])
      const anchor = await here()
      await sql.query("XA START 'a'; INSERT INTO lms.xa VALUES (1); XA END 'a'; XA COMMIT 'a' ONE PHASE")
      expect(rowsOf(await read(options, anchor, commits(1)))[0]!.after).toEqual([[1]])
      const second = await here()
      await sql.query(
        "XA START 'b'; INSERT INTO lms.xa VALUES (2); XA END 'b'; XA PREPARE 'b'; XA COMMIT 'b'"
      )
      const { events, failure } = await readToFailure(options, second)
      expect(rowsOf(events)).toEqual([])
      expect(failure).toMatchObject({ _tag: "Undecodable", what: "XA PREPARE" })
      const third = await here()
      await sql.query("CREATE TABLE lms.other_xa (id INT PRIMARY KEY)")
      await sql.query(
        "XA START 'c'; INSERT INTO lms.other_xa VALUES (2); XA END 'c'; XA PREPARE 'c'; XA COMMIT 'c'"
      )
      await sql.query("INSERT INTO lms.xa VALUES (3)")
      expect(rowsOf(await read(options, third, commits(1)))[0]!.after).toEqual([[3]])
    }
  )

  it("reads compressed transactions (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("packed", "id INT PRIMARY KEY, v VARCHAR(2000), j JSON")
    const anchor = await here()
    if (mariadb) await sql.query("SET GLOBAL log_bin_compress = ON")
    const packed = await createConnection({ uri: server.url, multipleStatements: true })
    if (!mariadb)
      await packed.query(
        "SET SESSION binlog_transaction_compression = ON, binlog_row_value_options = PARTIAL_JSON"
      )
    await packed.query(
      `INSERT INTO lms.packed VALUES (1, REPEAT('学', 600), '{"a": "${"x".repeat(300)}", "b": 1}'), (2, 'b', NULL)`
    )
    await packed.query("UPDATE lms.packed SET v = CONCAT('x', v), j = JSON_SET(j, '$.b', 2)")
    await packed.query("DELETE FROM lms.packed WHERE id = 2")
    if (!mariadb) await packed.query("SET SESSION binlog_transaction_compression = OFF")
    await packed.query("UPDATE lms.packed SET v = 'y', j = JSON_SET(j, '$.b', 3)")
    await packed.end()
    if (mariadb) await sql.query("SET GLOBAL log_bin_compress = OFF")
    const events = await read(
      optionsFor([{ schema: "lms", table: "packed", columns: ["id", "v"] }]),
      anchor,
      commits(4)
    )
    expect(rowsOf(events).map(({ before, after }) => ({ before, after }))).toEqual([
      {
        before: undefined,
        after: [
          [1, "学".repeat(600)],
          [2, "b"]
        ]
      },
      {
        before: [
          [1, "学".repeat(600)],
          [2, "b"]
        ],
        after: [
          [1, `x${"学".repeat(600)}`],
          [2, "xb"]
        ]
      },
      { before: [[2, "xb"]], after: undefined },
      { before: [[1, `x${"学".repeat(600)}`]], after: [[1, "y"]] }
    ])
    const last = events.findLast((event) => event._tag === "Commit")!
    expect(last).toMatchObject({ position: (await here()).position })
  })

  it(
    "steps over columns it cannot read and stops at those it should (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      await table(
        "odd",
        `id INT PRIMARY KEY, s VARCHAR(9) CHARACTER SET gbk, j ${mariadb ? "VARCHAR(100) COMPRESSED" : "JSON"}, g GEOMETRY, e ENUM('甲'), x ${mariadb ? "INT" : "VECTOR(2)"}, t TEXT CHARACTER SET latin1, v INT UNSIGNED`
      )
      const anchor = await here()
      await sql.query(
        `INSERT INTO lms.odd VALUES (1, '学', '{"a": [1, 2]}', ST_GeomFromText('POINT(1 2)'), '甲', NULL, 'é', 4000000000)`
      )
      const events = await read(
        optionsFor([{ schema: "lms", table: "odd", columns: ["id", "s", "e", "t", "v"] }]),
        anchor,
        commits(1)
      )
      expect(rowsOf(events)[0]!.after).toEqual([[1, "学", "甲", "é", 4_000_000_000]])
      for (const column of ["j", "g"]) {
        const { failure } = await readToFailure(
          optionsFor([{ schema: "lms", table: "odd", columns: [column] }]),
          anchor
        )
        expect(failure).toMatchObject({ _tag: "Undecodable" })
        expect(failure.message).toContain(`lms.odd.${column}`)
      }
    }
  )

  it("keeps reading over a change of the checksum setting (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("sums", "id INT PRIMARY KEY")
    const anchor = await here()
    for (const [i, algorithm] of ["NONE", "CRC32", "NONE", "CRC32"].entries()) {
      await sql.query(`INSERT INTO lms.sums VALUES (${i}); SET GLOBAL binlog_checksum = ${algorithm}`)
    }
    await sql.query("INSERT INTO lms.sums VALUES (4)")
    const options = optionsFor([{ schema: "lms", table: "sums", columns: ["id"] }])
    const events = await read(options, anchor, commits(5))
    expect(rowsOf(events).flatMap((event) => event.after!)).toEqual([[0], [1], [2], [3], [4]])
    expect(events.filter((event) => event._tag === "Rotated")).toHaveLength(4)
    const begins = events.filter((event) => event._tag === "Begin")
    for (const begin of begins) {
      const again = await read(
        options,
        { ...anchor, file: begin.file, position: begin.position, gtid: begin.gtid },
        commits(1)
      )
      expect(rowsOf(again)[0]).toEqual(events[events.indexOf(begin) + 1])
    }
  })

  it(
    "reads packets beyond 16 MiB and transactions larger than what may wait (G8)",
    { timeout: CASE_MILLIS },
    async () => {
      await sql.query("SET GLOBAL max_allowed_packet = 256 * 1024 * 1024")
      const big = await createConnection({ uri: server.url, maxPreparedStatements: 1 })
      await table("large", "id INT PRIMARY KEY, v VARCHAR(300), b LONGBLOB")
      const anchor = await here()
      await big.query("INSERT INTO lms.large VALUES (1, 'first', REPEAT('x', 20000000))")
      await big.query("BEGIN")
      for (let i = 2; i < 42; i++) {
        await big.query(
          `INSERT INTO lms.large SELECT ${i} * 1000 + n, REPEAT('y', 300), NULL FROM (SELECT a.n * 10 + b.n AS n FROM (${TEN}) a, (${TEN}) b) c`
        )
      }
      await big.query("COMMIT")
      await big.end()
      const options = optionsFor([{ schema: "lms", table: "large", columns: ["id", "v"] }], {
        bytesMax: 100_000
      })
      const events = await read(
        options,
        anchor,
        (seen) => seen.filter((event) => event._tag === "Commit").length === 2
      )
      const ids = rowsOf(events).flatMap((event) => event.after!.map((image) => image[0]))
      expect(ids).toHaveLength(4001)
      expect(new Set(ids).size).toBe(4001)
      expect(ids[0]).toBe(1)
      expect(rowsOf(events).map((event) => event.index)).toEqual([
        1,
        ...Array.from({ length: rowsOf(events).length - 1 }, (_, i) => i + 1)
      ])
    }
  )

  it(
    "reports progress through transactions of other tables without their rows (G9)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("foreign_rows", "id INT PRIMARY KEY")
      const anchor = await here()
      for (let i = 0; i < 20; i++) await sql.query(`INSERT INTO lms.foreign_rows VALUES (${i})`)
      const end = await here()
      const events = await read(
        optionsFor([{ schema: "lms", table: "none", columns: ["id"] }]),
        anchor,
        (seen) => seen.some((event) => event._tag === "Commit" && event.position === end.position)
      )
      expect(rowsOf(events)).toEqual([])
    }
  )

  it(
    "reads with no more than two replication privileges and SELECT (G9)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("modest", "id INT PRIMARY KEY")
      await sql.query(
        "CREATE USER reader@'%' IDENTIFIED BY 'long secret'; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO reader@'%'; GRANT SELECT ON lms.modest TO reader@'%'"
      )
      const anchor = await here()
      await sql.query("INSERT INTO lms.modest VALUES (1)")
      const wanted = [{ schema: "lms", table: "modest", columns: ["id"] }]
      const account = { user: "reader", password: Redacted.make("long secret") }
      expect(rowsOf(await read(optionsFor(wanted, account), anchor, commits(1)))[0]!.after).toEqual([[1]])
      const wrong = await readToFailure(
        optionsFor(wanted, { ...account, password: Redacted.make("wrong") }),
        anchor
      )
      expect(wrong.failure).toMatchObject({ _tag: "SourceAccessDenied", fate: "halt" })
      expect(JSON.stringify(wrong.failure)).not.toContain("wrong")
      await sql.query("REVOKE REPLICATION SLAVE ON *.* FROM reader@'%'")
      expect((await readToFailure(optionsFor(wanted, account), anchor)).failure).toMatchObject({
        _tag: "SourceAccessDenied"
      })
    }
  )

  it(
    "is thrown out by a second reader with its server_id and says so (G6)",
    { timeout: CASE_MILLIS },
    async () => {
      const anchor = await here()
      const options = optionsFor([{ schema: "lms", table: "none", columns: [] }])
      const failure = await run(options, (source) =>
        Effect.gen(function* () {
          const first = yield* source.open(anchor)
          // The first reader is connected for sure once it has given something.
          yield* Effect.promise(() => sql.query("CREATE TABLE lms.collision (id INT)"))
          yield* first.next
          yield* source.open(anchor)
          return yield* Effect.flip(Effect.forever(first.next))
        })
      )
      expect(failure).toMatchObject({ _tag: "ServerIdTaken", fate: "halt" })
    }
  )

  it(
    "calls a killed dump, a frozen server and a stopped server a lost connection (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      const wanted = [{ schema: "lms", table: "none", columns: [] }]
      const lost = async (name: string, cut: () => Promise<unknown>) => {
        const options = optionsFor(wanted, { connector: `lost ${name}`, heartbeatSeconds: 1 })
        const anchor = await here()
        const failure = await run(options, (source) =>
          Effect.gen(function* () {
            const reader = yield* source.open(anchor)
            yield* Effect.promise(() => sql.query(`CREATE TABLE lms.lost_${name} (id INT)`))
            yield* reader.next
            yield* Effect.promise(cut)
            return yield* Effect.flip(Effect.forever(reader.next))
          })
        )
        expect(failure, name).toMatchObject({ _tag: "SourceConnectionLost", fate: "retry" })
      }
      await lost("killed", async () => {
        const [threads] = await sql.query<Array<RowDataPacket>>(
          "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
        )
        for (const thread of threads) await sql.query(`KILL ${thread["id"]}`)
      })
      await lost("frozen", async () => server.pause())
      server.resume()
      await lost("stopped", () => server.shutdown())
      await server.restart()
      sql.destroy()
      sql = await createConnection({ uri: server.url, charset: "utf8mb4", multipleStatements: true })
    }
  )

  it("notices a binlog that is not the one it read before (G5)", { timeout: CASE_MILLIS }, async () => {
    await table("reset", "id INT PRIMARY KEY")
    const wanted = [{ schema: "lms", table: "reset", columns: ["id"] }]
    const options = optionsFor(wanted, { heartbeatSeconds: 1 })
    const anchor = await here()
    await sql.query("INSERT INTO lms.reset VALUES (1)")
    const begin = (await read(options, anchor, commits(1))).find((event) => event._tag === "Begin")!
    const known: Anchor = { ...anchor, file: begin.file, position: begin.position, gtid: begin.gtid }
    const failureAt = async (place: Anchor) => (await readToFailure(options, place)).failure
    expect(await failureAt({ ...known, server: "mysql:another" })).toMatchObject({
      _tag: "BinlogMismatch",
      found: anchor.server
    })
    expect(await failureAt({ ...known, gtid: "0-0-0" })).toMatchObject({
      _tag: "BinlogMismatch",
      expected: "0-0-0"
    })
    expect(await failureAt({ ...known, position: known.position + 10_000_000 })).toMatchObject({
      _tag: "BinlogMismatch"
    })
    expect(await failureAt({ ...known, position: known.position + 7 })).toMatchObject({
      _tag: "BinlogMismatch"
    })
    expect(await failureAt({ ...known, file: "binlog.999999" })).toMatchObject({ _tag: "BinlogMismatch" })
    // MariaDB keeps a file while the dump thread of a reader that has just left still holds it.
    for (let first = known.file; first === known.file;) {
      await sql.query("FLUSH BINARY LOGS")
      await sql.query(`PURGE BINARY LOGS TO '${(await here()).file}'`)
      const [files] = await sql.query<Array<RowDataPacket>>("SHOW BINARY LOGS")
      first = String(files[0]!["Log_name"])
    }
    expect(await failureAt(known)).toMatchObject({ _tag: "PositionPurged", fate: "halt" })
    await sql.query(mariadb ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS")
    expect(await failureAt(known)).toMatchObject({ _tag: "BinlogMismatch" })
  })
})

const TEN = Array.from({ length: 10 }, (_, i) => `SELECT ${i} AS n`).join(" UNION ALL ")
