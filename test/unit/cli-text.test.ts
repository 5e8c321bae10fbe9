import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { Fate } from "../../schemas/failure.ts"
import { failureJson, failureText } from "../../src/cli/failure-text.ts"
import { textTable } from "../../src/cli/text-table.ts"
import { toYaml } from "../../src/cli/yaml-text.ts"

class ColumnLost extends Schema.TaggedError<ColumnLost>()("ColumnLost", {
  message: Schema.String,
  table: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy = "Put it back:\nALTER TABLE …"
}

describe("tables", () => {
  it("line up where a Chinese character takes two cells (G9)", () => {
    const rows = [
      { table: "lms.成绩", rows: "7" },
      { table: "lms.learner", rows: "12345" }
    ]
    const text = textTable(
      [
        { title: "TABLE", cell: (row: (typeof rows)[number]) => row.table },
        { title: "ROWS", cell: (row) => row.rows, align: "right" }
      ],
      rows
    )
    expect(text.split("\n")).toEqual([
      "TABLE         ROWS", //
      "lms.成绩         7",
      "lms.learner  12345"
    ])
  })

  it("keep a cell of several lines on one (G9)", () => {
    expect(textTable([{ title: "A", cell: (text: string) => text }], ["one\n  two"])).toBe("A\none two")
  })
})

describe("an error", () => {
  const error = new ColumnLost({ message: "lms.成绩 lost 分数", table: "lms.成绩" })

  it("is shown with its tag, its remedy and where to read on (G3)", () => {
    expect(failureText(error)).toBe(
      [
        "gradewire: ColumnLost: lms.成绩 lost 分数",
        "  fix: Put it back:",
        "       ALTER TABLE …",
        "  see: docs/operations.md#columnlost"
      ].join("\n")
    )
  })

  it("is one JSON object for programs, with what it carries (G3)", () => {
    expect(JSON.parse(JSON.stringify(failureJson(error)))).toEqual({
      error: {
        tag: "ColumnLost",
        message: "lms.成绩 lost 分数",
        fate: "halt",
        fix: "Put it back:\nALTER TABLE …",
        see: "docs/operations.md#columnlost",
        details: { table: "lms.成绩" }
      }
    })
  })
})

describe("YAML", () => {
  it("quotes what would else be read as something else (G3)", () => {
    expect(toYaml({ timeZone: "+08:00", zero: "007", 列: ["分数"] })).toBe(
      'timeZone: +08:00\nzero: "007"\n列:\n  - 分数'
    )
  })
})
