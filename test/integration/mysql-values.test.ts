/**
 * Every value the stream gives must equal what SELECT gives: types, character sets, names, row images and compressed
 * events of real servers.
 */
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { createConnection } from "mysql2/promise"
import { describe, expect, it } from "vitest"
import { CHARSET_SAMPLES, TYPE_COLUMNS, type TypeColumn } from "./mysql-types.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

describe.each<ServerKind>(["mysql", "mariadb"])("%s values", (kind) => {
  const { mariadb, server, sql, optionsFor, here, read, table } = sourceWorld(kind)

  const serverText = async (name: string, column: TypeColumn): Promise<ReadonlyArray<string | null>> => {
    const rows = await sql.query(`SELECT ${column.text} AS v FROM lms.\`${name}\` ORDER BY id`)
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
      expect([column.name, kinds.size]).toEqual([column.name, 1])
      const given = streamed.map((value) => (value === null ? null : String(value)))
      expect([column.name, ...given]).toEqual([column.name, ...(await serverText("types", column))])
    }
  })

  it("decodes every character set as the server converts it (G1)", { timeout: CASE_MILLIS }, async () => {
    const known = await sql.query("SHOW CHARACTER SET")
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

  it("reads compressed transactions (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("packed", "id INT PRIMARY KEY, v VARCHAR(2000), j JSON")
    const anchor = await here()
    if (mariadb) await sql.query("SET GLOBAL log_bin_compress = ON")
    const packed = await createConnection({ uri: server().url, multipleStatements: true })
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
    "steps over columns that nobody wants, whatever their types (G9)",
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
    }
  )

  it("sees every way in which rows get into a table (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("plain_rows", "id INT PRIMARY KEY, v INT")
    await table("old_engine", "id INT PRIMARY KEY, v INT")
    await table("copied", "id INT PRIMARY KEY, v INT")
    await table("mirrored", "id INT PRIMARY KEY, v INT")
    await sql.query("ALTER TABLE lms.old_engine ENGINE = MyISAM; DROP TABLE lms.copied; USE lms")
    const anchor = await here()
    await sql.query(
      "CREATE TRIGGER lms.mirror AFTER INSERT ON lms.plain_rows FOR EACH ROW REPLACE INTO lms.mirrored VALUES (NEW.id, NEW.v)"
    )
    await sql.query("INSERT INTO lms.plain_rows VALUES (1, 1), (2, 2), (3, 3)")
    await sql.query("INSERT INTO lms.plain_rows VALUES (1, 5) ON DUPLICATE KEY UPDATE v = 6")
    await sql.query("REPLACE INTO lms.plain_rows VALUES (2, 7), (20, 8)")
    await sql.query("CREATE TABLE lms.copied (id INT PRIMARY KEY, v INT) AS SELECT id, v FROM lms.plain_rows")
    await sql.query(
      "UPDATE lms.plain_rows p JOIN lms.copied c USING (id) SET p.v = p.v + 100, c.v = c.v + 200"
    )
    await sql.query("DELETE p, c FROM lms.plain_rows p JOIN lms.copied c USING (id) WHERE p.id = 3")
    await sql.query("UPDATE lms.plain_rows SET id = id + 1000 WHERE id = 20")
    await sql.query(
      "INSERT INTO lms.old_engine VALUES (1, 1), (2, 2); UPDATE lms.old_engine SET v = 9 WHERE id = 1"
    )
    await sql.query("BEGIN; DELETE FROM lms.copied WHERE id = 2; ROLLBACK")
    const end = await here()
    const names = ["plain_rows", "mirrored", "old_engine", "copied"]
    const events = await read(
      optionsFor(names.map((name) => ({ schema: "lms", table: name, columns: ["id", "v"] }))),
      anchor,
      (seen) => seen.some((event) => event._tag === "Commit" && event.position === end.position)
    )
    const replayed = names.map(() => new Map<unknown, unknown>())
    for (const { table: at, before, after } of rowsOf(events)) {
      for (const image of before ?? []) replayed[at]!.delete(image[0])
      for (const image of after ?? []) replayed[at]!.set(image[0], image[1])
    }
    for (const [i, name] of names.entries()) {
      const rows = await sql.query(`SELECT id, v FROM lms.${name}`)
      expect([name, replayed[i]]).toEqual([name, new Map(rows.map((row) => [row["id"], row["v"]]))])
    }
  })
})
