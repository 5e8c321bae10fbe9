import { describe, expect, it } from "vitest"
import { csvText } from "../../src/cli/csv-text.ts"

const COLUMNS = ["id", "what"]
const MARK = "\uFEFF"

describe("a table for spreadsheets", () => {
  it("begins with a byte order mark and the names of its columns, also where it has no rows (G3)", () => {
    expect(csvText(COLUMNS, [])).toBe(`${MARK}id,what`)
    expect(csvText(COLUMNS, [{ what: "缺", id: "培训.成绩:1", other: "left out" }])).toBe(
      `${MARK}id,what\n培训.成绩:1,缺`
    )
  })

  it("keeps delimiters, quotes and line ends within a cell, and empty cells empty (G3)", () => {
    expect(csvText(COLUMNS, [{ id: 'a,"b"', what: "two\nlines" }, { id: null }], false)).toBe(
      '"a,""b""","two\nlines"\n,'
    )
  })

  it.each(["=1+1", "+86", "-1", "@x"])("lets no spreadsheet calculate %s (G9)", (text) => {
    expect(csvText(COLUMNS, [{ id: text, what: "" }], false)).toBe(`'${text},`)
  })
})
