/**
 * Every type of both servers, read from the stream and from the copy of the table, against the server's own text: the
 * three must be the same, byte for byte.
 */
import { randomInt } from "node:crypto"
import { double, float, json, sample, tuple } from "fast-check"
import { createConnection } from "mysql2/promise"
import { describe, expect, it } from "vitest"
import { CHARSET_SHAPES } from "../../connectors/mysql/binlog/charset-shape.ts"
import { compareVersions } from "../../deploy/servers/cache.ts"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import type { RowImage } from "../../src/capture/ChangeSource.ts"
import { sequencesOf, serverCodes } from "./charset-tables.ts"
import { GENERATED_COLUMNS, MORE_COLUMNS, type FormColumn } from "./mysql-more-types.ts"
import { TYPE_COLUMNS } from "./mysql-types.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

/** Values in the order of the type, in which the tables are filled. */
const KEYS: ReadonlyArray<{
  readonly type: string
  readonly values: ReadonlyArray<string>
  readonly only?: ServerKind
}> = [
  { type: "BINARY(4)", values: ["''", "x'01'", "x'0100ff'", "x'20'", "x'ffff'"] },
  { type: "VARBINARY(4)", values: ["''", "x'00'", "x'01'", "x'0100'", "x'ff'"] },
  { type: "DECIMAL(10,3)", values: ["-10.5", "-9", "0", "0.001", "123.4"] },
  { type: "BIGINT UNSIGNED", values: ["1", "9007199254740992", "9007199254740993", "18446744073709551615"] },
  { type: "YEAR", values: ["0", "1901", "2026", "2155"] },
  { type: "DATE", values: ["'0001-01-01'", "'2026-11-22'", "'9999-12-31'"] },
  { type: "TIME(2)", values: ["'-838:59:59'", "'-00:00:00.5'", "'00:00:00'", "'100:00:00.01'"] },
  { type: "DATETIME(3)", values: ["'2026-11-22'", "'2026-11-22 00:00:00.001'", "'2026-11-23'"] },
  { type: "TIMESTAMP(3)", values: ["'2026-11-22'", "'2026-11-22 00:00:00.001'", "'2026-11-23'"] },
  { type: "VARCHAR(20) CHARACTER SET gbk COLLATE gbk_bin", values: ["'a'", "'b''c'", "'学'"] },
  { type: "INET4", values: ["'0.0.0.0'", "'1.2.3.4'", "'10.0.0.0'", "'200.1.1.1'"], only: "mariadb" },
  { type: "INET6", values: ["'::'", "'::1'", "'2001:db8::'", "'fe80::1'"], only: "mariadb" },
  {
    type: "UUID",
    values: [
      "'00000000-0000-0000-0000-000000000000'",
      "'01a202c1-ad04-71dc-8364-0ba4606cf8b8'",
      "'f1a202c1-ad04-71dc-8364-0ba460000000'"
    ],
    only: "mariadb"
  }
]

describe.each<ServerKind>(["mysql", "mariadb"])("%s types", (kind) => {
  const world = sourceWorld(kind, ["--max-allowed-packet=64M"])
  const { mariadb, server, sql, optionsFor, here, read, copied, table } = world

  const streamed = async (
    name: string,
    columns: ReadonlyArray<string>,
    anchor: Awaited<ReturnType<typeof here>>,
    count: number
  ) => rowsOf(await read(optionsFor([{ schema: "lms", table: name, columns }]), anchor, commits(count)))

  const serverTexts = async (name: string, text: string): Promise<ReadonlyArray<string | null>> => {
    const rows = await sql.query(`SELECT ${text} AS v FROM lms.\`${name}\` ORDER BY id`)
    return rows.map((row) => (row["v"] === null ? null : String(row["v"])))
  }

  it(
    "are the same in the stream, in the copy and in the server's text (G1, G2)",
    { timeout: CASE_MILLIS },
    async () => {
      const [{ version } = { version: "" }] = await sql.query("SELECT VERSION() AS version")
      const written: ReadonlyArray<FormColumn> = [...TYPE_COLUMNS, ...MORE_COLUMNS].filter(
        ({ only, since = "0" }) =>
          (only === undefined || only === kind) && compareVersions(String(version), since) >= 0
      )
      const columns: ReadonlyArray<FormColumn> = [...written, ...GENERATED_COLUMNS]
      await table(
        "types",
        `id INT PRIMARY KEY, ${columns.map(({ name, type }) => `\`${name}\` ${type}`).join(", ")}`
      )
      await sql.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
      const anchor = await here()
      const height = Math.max(...written.map(({ values }) => values.length))
      for (let row = 0; row < height; row++) {
        const names = written.map(({ name }) => `\`${name}\``).join(", ")
        const values = written.map((column) => column.values[row] ?? "NULL").join(", ")
        await sql.query(`INSERT INTO lms.types (id, ${names}) VALUES (${row}, ${values})`)
      }
      const wanted = ["id", ...columns.map(({ name }) => name)]
      const images = (await streamed("types", wanted, anchor, height)).flatMap(({ after }) => after!)
      expect(images.length).toBe(height)
      const copies = await copied("types", wanted)
      for (const [i, column] of columns.entries()) {
        const values = images.map((image) => image[i + 1]!)
        expect([column.name, ...copies.map((image) => image[i + 1])]).toEqual([column.name, ...values])
        const shown = (value: NonNullable<RowImage[number]>) =>
          "shown" in column && column.shown !== undefined ? column.shown(String(value)) : String(value)
        const texts = values.map((value) => (value === null ? null : shown(String(value))))
        expect([column.name, ...texts]).toEqual([column.name, ...(await serverTexts("types", column.text))])
      }
    }
  )

  it.each(KEYS.filter(({ only }) => only === undefined || only === kind))(
    "give the rows of a table in the order of a key of type $type (G2)",
    { timeout: CASE_MILLIS },
    async ({ type, values }) => {
      await table("keyed", `id ${type} PRIMARY KEY`)
      const anchor = await here()
      await sql.query(`INSERT INTO lms.keyed VALUES ${values.map((value) => `(${value})`).join(", ")}`)
      const rows = await copied("keyed", ["id"], 1)
      const images = (await streamed("keyed", ["id"], anchor, 1)).flatMap(({ after }) => after!)
      expect(rows).toEqual(images)
    }
  )

  it(
    "give every character of every character set as the server does (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      const known = new Set((await sql.query("SHOW CHARACTER SET")).map((row) => String(row["Charset"])))
      const sets = [...CHARSET_SHAPES].filter(([name]) => known.has(name))
      const connection = await createConnection({ uri: server().url })
      await table(
        "characters",
        `id INT PRIMARY KEY, ${sets.map(([name]) => `${name} MEDIUMTEXT CHARACTER SET ${name}`).join(", ")}`
      )
      const anchor = await here()
      const hex = sets.map(
        ([name, shape]) => `_${name} x'${Buffer.concat([...sequencesOf(shape)]).toString("hex")}'`
      )
      await connection.query(`INSERT INTO lms.characters VALUES (1, ${hex.join(", ")})`)
      const wanted = ["id", ...sets.map(([name]) => name)]
      const [image] = (await streamed("characters", wanted, anchor, 1))[0]!.after!
      const [copy] = await copied("characters", wanted)
      for (const [i, [name, shape]] of sets.entries()) {
        const codes = await serverCodes(connection, name, sequencesOf(shape))
        const text = codes.map((code) => String.fromCodePoint(code)).join("")
        expect([name, image![i + 1] === text, copy![i + 1] === text]).toEqual([name, true, true])
      }
      await connection.end()
    }
  )

  it("give all of Unicode back from the sets that hold it (G1)", { timeout: CASE_MILLIS }, async () => {
    const known = new Set((await sql.query("SHOW CHARACTER SET")).map((row) => String(row["Charset"])))
    const plane = Array.from({ length: 0x1_0000 }, (_, code) => code).filter(
      (code) => code < 0xd800 || code > 0xdfff
    )
    const beyond = Array.from({ length: 4000 }, (_, i) => 0x1_0000 + i * 262)
    const basic =
      String.fromCodePoint(...plane.slice(0, 30_000)) + String.fromCodePoint(...plane.slice(30_000))
    const all = basic + String.fromCodePoint(...beyond)
    const texts: ReadonlyArray<readonly [string, string]> = [
      ["utf8mb3", basic],
      ["ucs2", basic],
      ["utf8mb4", all],
      ["utf16", all],
      ["utf16le", all],
      ["utf32", all],
      ["gb18030", all]
    ]
    const sets = texts.filter(([name]) => known.has(name))
    await table(
      "unicode",
      `id INT PRIMARY KEY, ${sets.map(([name]) => `${name} MEDIUMTEXT CHARACTER SET ${name}`).join(", ")}`
    )
    const anchor = await here()
    const connection = await createConnection({ uri: server().url, charset: "utf8mb4" })
    await connection.query("INSERT INTO lms.unicode VALUES ?", [[[1, ...sets.map(([, text]) => text)]]])
    const wanted = ["id", ...sets.map(([name]) => name)]
    const [image] = (await streamed("unicode", wanted, anchor, 1))[0]!.after!
    const [copy] = await copied("unicode", wanted)
    for (const [i, [name]] of sets.entries()) {
      const [text] = await serverTexts("unicode", `CONVERT(${name} USING utf8mb4)`)
      expect([name, image![i + 1] === text, copy![i + 1] === text]).toEqual([name, true, true])
    }
    await connection.end()
  })

  it("give any JSON document as the server prints it (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("documents", "id INT PRIMARY KEY, j JSON, d DOUBLE, f FLOAT")
    const anchor = await here()
    const connection = await createConnection({ uri: server().url, charset: "utf8mb4" })
    const seed = randomInt(2 ** 31)
    const random = sample(
      tuple(
        json({ maxDepth: 6, stringUnit: "grapheme" }),
        double({ noNaN: true, noDefaultInfinity: true }),
        float({ noNaN: true, noDefaultInfinity: true })
      ),
      { numRuns: 400, seed }
    )
    await connection.query("INSERT INTO lms.documents VALUES ?", [random.map(([j, d, f], i) => [i, j, d, f])])
    await connection.end()
    const images = (await streamed("documents", ["id", "j", "d", "f"], anchor, 1)).flatMap(
      ({ after }) => after!
    )
    expect(await copied("documents", ["id", "j", "d", "f"])).toEqual(images)
    const documents = images.map((image) => image[1])
    expect([seed, ...documents]).toEqual([seed, ...(await serverTexts("documents", "CAST(j AS CHAR)"))])
    const doubles = await serverTexts("documents", "CAST(d AS CHAR)")
    expect([seed, ...images.map((image) => Number(image[2]))]).toEqual([seed, ...doubles.map(Number)])
  })

  it("are whole where they are as long as the server takes (G1)", { timeout: CASE_MILLIS }, async () => {
    await table("long_values", "id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT CHARACTER SET gbk")
    const anchor = await here()
    await sql.query("INSERT INTO lms.long_values VALUES (1, REPEAT(x'00ff', 500000), REPEAT('学', 500000))")
    const columns = ["id", "b", "t"]
    const images = (await streamed("long_values", columns, anchor, 1)).flatMap(({ after }) => after!)
    const [size] = await sql.query("SELECT @@max_allowed_packet AS bytes")
    await sql.query("SET GLOBAL max_allowed_packet = 1048576")
    const copies = await copied("long_values", columns)
    await sql.query(`SET GLOBAL max_allowed_packet = ${String(size!["bytes"])}`)
    expect(copies[0]!.map((value, i) => value === images[0]![i])).toEqual([true, true, true])
    expect(images[0]![1] === Buffer.alloc(1_000_000, Buffer.from("00ff", "hex")).toString("base64")).toBe(
      true
    )
  })

  it(
    "give the whole document where only its differences were logged (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("patched", "id INT PRIMARY KEY, other JSON, j JSON, n INT, unmapped JSON")
      const document = `{"a": "${"x".repeat(200)}", "b": [1, {"c": 2}, 3], "a key": {"d\\"": null}, "ä": 1.0}`
      await sql.query(
        `INSERT INTO lms.patched VALUES (1, '${document.replaceAll("\\", "\\\\")}', '${document.replaceAll("\\", "\\\\")}', 0, '${document.replaceAll("\\", "\\\\")}'), (2, NULL, '[1, 2, 3, "${"y".repeat(100)}"]', 0, '{}')`
      )
      const anchor = await here()
      const connection = await createConnection({
        uri: server().url,
        charset: "utf8mb4",
        multipleStatements: true
      })
      if (!mariadb) await connection.query("SET SESSION binlog_row_value_options = PARTIAL_JSON")
      const changes = [
        `j = JSON_SET(j, '$.a', 'short') WHERE id = 1`,
        `j = JSON_REMOVE(j, '$.b[0]', '$."a key"') WHERE id = 1`,
        `j = JSON_SET(j, '$.zz', JSON_OBJECT('k', 1), '$.e', CAST('[]' AS CHAR), '$."q\\\\"r"', 1.5) WHERE id = 1`,
        `j = JSON_SET(j, '$.zz.k', 2, '$.zz.b', 1, '$."ä"', 'umlaut'), n = n + 1 WHERE id = 1`,
        `j = JSON_ARRAY_INSERT(j, '$.b[0]', 'first', '$.b[99]', 'last') WHERE id = 1`,
        `j = JSON_SET(j, '$[1]', 'two', '$[9]', 'end') WHERE id = 2`,
        `j = JSON_REMOVE(j, '$[0]', '$[0]') WHERE id = 2`,
        `unmapped = JSON_SET(unmapped, '$.a', 1), other = JSON_SET(other, '$.a', 2), j = JSON_SET(j, '$.b[1]', 9) WHERE id = 1`,
        `other = JSON_SET(other, '$.b[1].c', 3), unmapped = NULL WHERE id = 1`,
        `j = '[true]', n = 5 WHERE id = 2`,
        `n = n + 1`
      ]
      const wanted = ["id", "other", "j", "n"]
      const state = new Map((await copied("patched", wanted)).map((row) => [row[0], row]))
      const expected: Array<unknown> = []
      for (const change of changes) {
        await connection.query(`UPDATE lms.patched SET ${change}`)
        const rows = await sql.query(
          "SELECT id, CAST(other AS CHAR) AS other, CAST(j AS CHAR) AS j, n FROM lms.patched ORDER BY id"
        )
        expected.push(rows.map((row) => [row["id"], row["other"], row["j"], row["n"]]))
      }
      await connection.end()
      const events = await streamed("patched", wanted, anchor, changes.length)
      const folded = events.map(({ before, after }) => {
        after!.forEach((image, row) => {
          expect(before![row]).toEqual(state.get(image[0]))
          state.set(image[0], image)
        })
        return [state.get(1), state.get(2)]
      })
      expect(folded).toEqual(expected)
      expect(await copied("patched", wanted)).toEqual(expected.at(-1))
    }
  )
})
