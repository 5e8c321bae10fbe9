/** Columns that MariaDB logs as plain bytes: read as what they are, and never as what they only became later. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  Undecodable,
  type RowImage,
  type SourceEvent,
  type WantedTable
} from "../../src/capture/ChangeSource.ts"
import { CASE_MILLIS, commits, rowsOf, sourceWorld } from "./mysql-world.ts"

const ID = "123e4567-e89b-12d3-a456-426655440000"
const BYTES = Buffer.from(ID.replaceAll("-", ""), "hex").toString("base64")
const images = (events: ReadonlyArray<SourceEvent>): ReadonlyArray<RowImage> =>
  rowsOf(events).flatMap(({ after }) => after ?? [])

describe("a column that MariaDB logs as bytes", () => {
  const { sql, optionsFor, run, here, read, readToFailure, copied, table } = sourceWorld("mariadb")
  const wanted = (name: string, columnTypes?: WantedTable["columnTypes"]): WantedTable => ({
    schema: "lms",
    table: name,
    columns: ["id", "u"],
    ...(columnTypes === undefined ? {} : { columnTypes })
  })

  it(
    "is read as what it was, across every change while gradewire reads (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("retyped", "id INT PRIMARY KEY, u UUID, n INT")
      const anchor = await here()
      const steps: ReadonlyArray<readonly [sql: string, ...gives: ReadonlyArray<string>]> = [
        [`INSERT INTO lms.retyped VALUES (1, '${ID}', 0)`, ID],
        ["ALTER TABLE lms.retyped ADD COLUMN more INT"],
        [`INSERT INTO lms.retyped VALUES (2, '${ID}', 0, 0)`, ID],
        [`ALTER TABLE lms.retyped MODIFY u BINARY(16)`],
        ["UPDATE lms.retyped SET n = 1 WHERE id = 2", BYTES],
        ["/* back */ ALTER TABLE lms.retyped MODIFY `u` UUID"],
        ["UPDATE lms.retyped SET n = 2 WHERE id = 2", ID],
        ["ALTER TABLE lms.retyped MODIFY u BINARY(16)"],
        ["ALTER TABLE lms.retyped MODIFY u INET6"],
        ["UPDATE lms.retyped SET n = 3 WHERE id = 2", "123e:4567:e89b:12d3:a456:4266:5544::"]
      ]
      const seen = await run(optionsFor([wanted("retyped")]), (source) =>
        Effect.gen(function* () {
          const reader = yield* source.open({ anchor })
          const found: Array<SourceEvent> = []
          for (const [text, ...gives] of steps) {
            yield* Effect.promise(() => sql.query(text))
            const target = images(found).length + gives.length
            // A statement without rows is read on the way to the next row.
            while (images(found).length < target) found.push(...(yield* reader.next).events)
          }
          return found
        })
      )
      expect(images(seen).map((image) => image[1])).toEqual(steps.flatMap(([, ...gives]) => gives))
    }
  )

  it(
    "stops where it became what it is after the row was written, unless the configuration says what it was (G3)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("became", "id INT PRIMARY KEY, u BINARY(16), n INT")
      const anchor = await here()
      await sql.query(`INSERT INTO lms.became VALUES (1, x'${ID.replaceAll("-", "")}', 0)`)
      await sql.query("ALTER TABLE lms.became MODIFY u UUID")
      await sql.query(`INSERT INTO lms.became VALUES (2, '${ID}', 0)`)
      const { events, failure } = await readToFailure(optionsFor([wanted("became")]), anchor)
      expect(images(events)).toEqual([])
      expect(failure).toBeInstanceOf(Undecodable)
      expect(failure).toMatchObject({
        what: "lms.became.u uuid",
        fix: expect.stringContaining("columnTypes: { u: uuid }")
      })
      const behind = await read(optionsFor([wanted("became", { u: "binary" })]), anchor, commits(2))
      expect(images(behind)).toEqual([
        [1, BYTES],
        [2, BYTES]
      ])
      const asId = await read(optionsFor([wanted("became", { u: "uuid" })]), anchor, commits(2))
      expect(images(asId)).toEqual([
        [1, ID],
        [2, ID]
      ])
    }
  )

  it(
    "is not doubted for an ALTER that does not name it, nor for one of another table (G1)",
    { timeout: CASE_MILLIS },
    async () => {
      await table("steady", "id INT PRIMARY KEY, u UUID")
      await table("other", "id INT PRIMARY KEY, u BINARY(16)")
      const anchor = await here()
      await sql.query(`INSERT INTO lms.steady VALUES (1, '${ID}')`)
      await sql.query("ALTER TABLE lms.steady ADD COLUMN later INT, ADD INDEX by_later (later)")
      await sql.query("ALTER TABLE lms.other MODIFY u UUID; FLUSH BINARY LOGS; TRUNCATE TABLE lms.other")
      await sql.query(`INSERT INTO lms.steady VALUES (2, '${ID}', 1)`)
      const events = await read(optionsFor([wanted("steady")]), anchor, commits(2))
      expect(images(events)).toEqual([
        [1, ID],
        [2, ID]
      ])
    }
  )

  it("leaves in the copy as in the stream, as declared (G1, G2)", { timeout: CASE_MILLIS }, async () => {
    const ids = [ID, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffff00"]
    const cases: ReadonlyArray<readonly [type: string, declared: WantedTable["columnTypes"]]> = [
      ["UUID", undefined],
      ["UUID", { u: "binary" }],
      ["BINARY(16)", { u: "uuid" }],
      ["BINARY(16)", { u: "inet6" }],
      ["INET6", { u: "uuid" }],
      ["VARBINARY(16)", { u: "vector" }],
      ["BINARY(17)", { u: "uuid" }]
    ]
    for (const [type, declared] of cases) {
      await table("declared", `id INT PRIMARY KEY, u ${type}`)
      const anchor = await here()
      for (const [i, id] of ids.entries()) {
        const value =
          type === "UUID"
            ? `'${id}'`
            : `CAST(x'${id.replaceAll("-", "")}' AS ${type === "INET6" ? "INET6" : "BINARY(16)"})`
        await sql.query(`INSERT INTO lms.declared VALUES (${i}, ${value})`)
      }
      const options = optionsFor([wanted("declared", declared)])
      const streamed = images(await read(options, anchor, commits(3)))
      const copies = await copied("declared", ["id", "u"], 10, declared)
      expect([type, declared, ...copies]).toEqual([type, declared, ...streamed])
    }
  })
})
