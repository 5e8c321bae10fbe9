/** What a target column must have room for comes from the table that the mapping takes it from. */
import { describe, expect, it } from "vitest"
import type { ColumnSize } from "../../schemas/column-size.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { sourceColumns } from "../../src/compose/source-columns.ts"

const TABLES: ReadonlyArray<TableConfig> = [
  { table: "lms.exam", as: "assessment", key: ["id"], fields: { title: "名称", max: "满分" } },
  {
    table: "lms.成绩",
    as: "score",
    key: ["id"],
    fields: { learner: "learner", assessment: "exam", raw: "分数", text: "等级", attempt: "n" },
    attributes: { center: "考点" },
    target: "own"
  }
]

describe("the columns behind a target", () => {
  it("are those of the score table, and of the assessment's own (G3)", () => {
    const found = sourceColumns(
      TABLES,
      new Map<string, ReadonlyMap<string, ColumnSize>>([
        ["lms.exam", new Map([["名称", { length: 200 }]])],
        [
          "lms.成绩",
          new Map([
            ["分数", { integerDigits: 3, scale: 2 }],
            ["n", { integerDigits: 10, scale: 0 }],
            ["考点", { length: 60 }]
          ])
        ]
      ])
    )
    expect([...found.get("lms.成绩")!]).toEqual([
      ["assessment.title", { length: 200 }],
      ["score.raw", { integerDigits: 3, scale: 2 }],
      ["attempt.number", { integerDigits: 10, scale: 0 }],
      ["attributes.center", { length: 60 }]
    ])
    expect([...sourceColumns(TABLES, new Map()).get("lms.成绩")!]).toEqual([])
  })
})
