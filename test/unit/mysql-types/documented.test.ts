import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { CHARSET_SHAPES } from "../../../connectors/mysql/binlog/charset-shape.ts"
import { ColumnType, metadataLength } from "../../../connectors/mysql/binlog/column-type.ts"
import { SQL_TYPES, UNREAD_COLUMN_TYPES } from "../../../connectors/mysql/binlog/sql-type.ts"

const page = readFileSync(new URL("../../../docs/types.md", import.meta.url), "utf8")
const rows = page.split("\n").filter((line) => line.startsWith("| "))

describe("docs/types.md", () => {
  it.each(Object.entries(ColumnType))("names the decoder's type %s, %i (G3)", (name, code) => {
    expect(page).toMatch(new RegExp(`\\b${code} ${name}\\b`))
  })

  it.each([...SQL_TYPES.keys()])("has %s in its table (G3)", (name) => {
    expect(rows.some((row) => new RegExp(`\\b${name}\\b`, "i").test(row.split("|")[1]!))).toBe(true)
  })

  it.each([...CHARSET_SHAPES.keys()])("names the character set %s (G1)", (name) => {
    expect(page).toMatch(new RegExp(`\\b${name}\\b`))
  })
})

describe("the list of types", () => {
  it("covers every type that a table map can hold, or says that it is not read (G3)", () => {
    const listed = new Set([
      ...[...SQL_TYPES.values()].flatMap(({ columnTypes }) => columnTypes),
      ...UNREAD_COLUMN_TYPES
    ])
    expect(Object.values(ColumnType).filter((code) => !listed.has(code))).toEqual([])
    expect([...listed].filter((code) => metadataLength(code) === undefined)).toEqual([])
  })
})
