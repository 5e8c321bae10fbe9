/** Every collation that a server ships, as it lists them itself: its id in the table map must lead to its character set. */
import { describe, expect, it } from "vitest"
import type { ServerKind } from "../../deploy/servers/RunningServer.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

describe.each<ServerKind>(["mysql", "mariadb"])("%s collations", (kind) => {
  const { mariadb, sql, optionsFor, here, read, copied, table } = sourceWorld(kind)

  it(
    "give text in every character set and collation that the server ships (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      const shipped = await sql.query(
        mariadb
          ? "SELECT DISTINCT CHARACTER_SET_NAME AS c, FULL_COLLATION_NAME AS n FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE CHARACTER_SET_NAME <> 'binary'"
          : "SELECT CHARACTER_SET_NAME AS c, COLLATION_NAME AS n FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME <> 'binary'"
      )
      const sets = await sql.query("SHOW CHARACTER SET WHERE Charset <> 'binary'")
      expect(new Set(shipped.map((row) => String(row["c"])))).toEqual(
        new Set(sets.map((row) => String(row["Charset"])))
      )
      await sql.query("SET SESSION sql_mode = ''")
      // A row of all would be longer than a page.
      for (let from = 0; from < shipped.length; from += 150) {
        const part = shipped.slice(from, from + 150)
        const columns = part.map((row, i) => `c${i} VARCHAR(6) CHARACTER SET ${row["c"]} COLLATE ${row["n"]}`)
        await table("collations", `id INT PRIMARY KEY, ${columns.join(", ")}`)
        const anchor = await here()
        await sql.query(`INSERT INTO lms.collations VALUES (1, ${part.map(() => "'aÉ学ß '").join(", ")})`)
        const wanted = part.map((_, i) => `c${i}`)
        const [image] = rowsOf(
          await read(
            optionsFor([{ schema: "lms", table: "collations", columns: wanted }]),
            anchor,
            commits(1)
          )
        )[0]!.after!
        const texts = await sql.query(
          `SELECT ${wanted.map((name) => `CONVERT(${name} USING utf8mb4) AS ${name}`).join(", ")} FROM lms.collations`
        )
        const named = (values: ReadonlyArray<unknown>) => part.map((row, i) => [row["n"], values[i]])
        expect(named(image!)).toEqual(named(wanted.map((name) => texts[0]![name])))
        expect(named((await copied("collations", wanted))[0]!)).toEqual(named(image!))
      }
    }
  )
})
