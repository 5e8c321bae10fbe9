/** MariaDB's system-versioned tables: the fold of what the stream gives is what SELECT gives, history left out. */
import { describe, expect, it } from "vitest"
import type { RowsEvent, Value } from "../../src/capture/ChangeSource.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

/** Columns, and what stands behind them. */
const HISTORIES: ReadonlyArray<readonly [string, string, string]> = [
  ["plain", "id INT PRIMARY KEY, a INT, b INT", ""],
  [
    "parted",
    "id INT PRIMARY KEY, a INT, b INT",
    "PARTITION BY SYSTEM_TIME LIMIT 2 (PARTITION p0 HISTORY, PARTITION p1 HISTORY, PARTITION pn CURRENT)"
  ],
  [
    "named",
    "id INT PRIMARY KEY, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, a INT, b INT, PERIOD FOR SYSTEM_TIME(since, till)",
    ""
  ],
  ["keyless", "id INT NOT NULL, a INT, b INT", ""],
  ["half", "id INT PRIMARY KEY, a INT, b INT WITHOUT SYSTEM VERSIONING", ""]
]

describe("mariadb system versioning", () => {
  const { sql, optionsFor, here, read, readToFailure } = sourceWorld("mariadb")

  const fold = (events: ReadonlyArray<RowsEvent>): ReadonlyArray<ReadonlyArray<Value>> => {
    const rows = new Map<Value, ReadonlyArray<Value>>()
    for (const { change, before, after } of events) {
      for (const image of before ?? []) expect(rows.get(image[0])).toEqual(image)
      for (const image of before ?? []) rows.delete(image[0])
      if (change === "insert") for (const image of after!) expect(rows.has(image[0])).toBe(false)
      for (const image of after ?? []) rows.set(image[0], image)
    }
    return [...rows.values()].sort((x, y) => Number(x[0]) - Number(y[0]))
  }

  it.each(HISTORIES)(
    "of table %s leaves no trace (G1)",
    { timeout: CASE_MILLIS },
    async (name, columns, partitions) => {
      await sql.query(`CREATE TABLE lms.${name} (${columns}) WITH SYSTEM VERSIONING ${partitions}`)
      const anchor = await here()
      const t = `lms.${name}`
      const key = name !== "keyless"
      const changes = [
        `INSERT INTO ${t} (id, a, b) VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4)`,
        `UPDATE ${t} SET a = 10 WHERE id = 1`,
        `UPDATE ${t} SET a = a + 1, b = b + 1 WHERE id < 4`,
        `DELETE FROM ${t} WHERE id = 2`,
        `INSERT INTO ${t} (id, a, b) VALUES (2, 22, 22)`,
        ...(key
          ? [
              `REPLACE INTO ${t} (id, a, b) VALUES (1, 100, 1), (3, 300, 3), (5, 500, 5)`,
              `INSERT INTO ${t} (id, a, b) VALUES (1, 0, 0), (6, 6, 6) ON DUPLICATE KEY UPDATE a = 77`
            ]
          : []),
        `UPDATE ${t} SET b = 5`,
        `UPDATE ${t} SET id = id + 100, a = 9 WHERE id = 4`,
        `DELETE HISTORY FROM ${t}`,
        `DELETE FROM ${t} WHERE id = 3`
      ]
      for (const change of changes) await sql.query(change)
      const options = optionsFor([{ schema: "lms", table: name, columns: ["id", "a", "b"] }])
      const last = await here()
      const events = await read(options, anchor, (seen) =>
        seen.some((event) => event._tag === "Commit" && event.position >= last.position)
      )
      const rows = await sql.query(`SELECT id, a, b FROM ${t} ORDER BY id`)
      expect(fold(rowsOf(events))).toEqual(rows.map((row) => [row["id"], row["a"], row["b"]]))
    }
  )

  it("is not taken for granted from names of columns (G3)", { timeout: CASE_MILLIS }, async () => {
    const moments = "row_start TIMESTAMP(6), row_end TIMESTAMP(6)"
    await sql.query(`CREATE TABLE lms.own (id INT PRIMARY KEY, ${moments})`)
    await sql.query(`CREATE TABLE lms.periods (id INT, ${moments}, PRIMARY KEY (id, row_end))`)
    const anchor = await here()
    await sql.query("INSERT INTO lms.own VALUES (1, '2026-01-01', '2026-02-01')")
    const own = await read(optionsFor([{ schema: "lms", table: "own", columns: ["id"] }]), anchor, commits(1))
    expect(rowsOf(own)[0]!.after).toEqual([[1]])
    await sql.query("INSERT INTO lms.periods VALUES (1, '2026-01-01', '2026-02-01')")
    const { failure } = await readToFailure(
      optionsFor([{ schema: "lms", table: "periods", columns: ["id"] }]),
      anchor
    )
    expect(failure).toMatchObject({
      _tag: "Undecodable",
      what: "lms.periods with and without SYSTEM VERSIONING"
    })
  })
})
