import { describe, expect, it } from "vitest"
import type { ColumnShape, TableShape } from "../../../connectors/hr/postgres/catalog.ts"
import { checkTargetShape } from "../../../connectors/hr/postgres/check-target-shape.ts"
import type { TargetTable } from "../../../schemas/table-config.ts"

const column = (name: string, type: string, over: Partial<ColumnShape> = {}): ColumnShape => ({
  name,
  type,
  category: "S",
  scale: undefined,
  integerDigits: undefined,
  length: undefined,
  notNull: false,
  defaultSql: undefined,
  isGenerated: false,
  ...over
})

const shape = (columns: ReadonlyArray<ColumnShape>, over: Partial<TableShape> = {}): TableShape => ({
  kind: "r",
  columns: new Map(columns.map((one) => [one.name, one])),
  uniques: [{ name: "kept_key", columns: ["result"], isPlain: true }],
  indexedFirst: new Set(["result"]),
  ...over
})

const target = (columns: TargetTable["columns"], over: Partial<TargetTable> = {}): TargetTable => ({
  table: "hr.kept",
  key: ["result"],
  columns: { result: "resultId", ...columns },
  ...over
})

const problems = (...given: Parameters<typeof checkTargetShape>) =>
  checkTargetShape(...given)
    .filter(({ severity }) => severity !== "ok")
    .map(({ severity, found }) => `${severity}: ${found}`)

const result = column("result", "text")

describe("target shape", () => {
  it("a type that can hold no value of its source is an error (G3)", () => {
    const cases: ReadonlyArray<readonly [type: string, from: string, isFine: boolean]> = [
      ["numeric", "score.raw", true],
      ["text", "score.raw", true],
      ["timestamp with time zone", "score.raw", false],
      ["boolean", "score.raw", false],
      ["date", "attempt.submittedAt", true],
      ["integer", "attempt.submittedAt", false],
      ["bigint", "resultId", false],
      ["bigint", "attempt.number", true],
      ["uuid", "attributes.any", true],
      ['"hr"."grade"', "score.text", true]
    ]
    for (const [type, from, isFine] of cases) {
      const category = type === "boolean" ? "B" : "U"
      const given = shape([result, column("x", type, { category })])
      expect([type, from, problems(target({ x: from as "score.raw" }), given, undefined)]).toEqual([
        type,
        from,
        isFine ? [] : [`error: ${type}`]
      ])
    }
  })

  it("binary floats, short columns and lost digits are warnings (G2)", () => {
    const sources = new Map([["score.raw", { integerDigits: 3, scale: 2 }]])
    const over = { scale: 1, integerDigits: 4 }
    expect(
      problems(target({ x: "score.raw" }), shape([result, column("x", "real")]), undefined)
    ).toHaveLength(1)
    expect(
      problems(target({ x: "score.raw" }), shape([result, column("x", "numeric", over)]), sources)
    ).toEqual(["warning: numeric(5,1)"])
    expect(problems(target({ x: "score.raw" }), shape([result, column("x", "integer")]), sources)).toEqual([
      "warning: integer"
    ])
    expect(
      problems(target({}), shape([column("result", "character varying", { length: 20 })]), undefined)
    ).toEqual(["warning: 20 characters"])
  })

  it("a column that only the server may write, or nobody fills, is an error (G3)", () => {
    const generated = column("x", "text", { isGenerated: true })
    expect(problems(target({ x: "score.text" }), shape([result, generated]), undefined)).toEqual([
      "error: GENERATED ALWAYS"
    ])
    const required = column("x", "text", { notNull: true })
    expect(problems(target({}), shape([result, required]), undefined)).toHaveLength(1)
    const filled = column("x", "text", { notNull: true, defaultSql: "'x'" })
    expect(problems(target({}), shape([result, filled]), undefined)).toEqual([])
  })

  it("an index that is partial or on other columns does not serve the key (G2)", () => {
    const partial = shape([result], { uniques: [{ name: "p", columns: ["result"], isPlain: false }] })
    expect(problems(target({}), partial, undefined)).toContain("error: none that fits")
    const view = shape([result], { kind: "v", uniques: [] })
    expect(problems(target({}), view, undefined)).toEqual([])
  })

  it("a flag that no mapped column takes back is a warning, a missing one an error (G2)", () => {
    const flagged = target({}, { onRevoke: { flag: { state: "revoked", gone: true } } })
    expect(problems(flagged, shape([result, column("state", "text")]), undefined)).toEqual([
      "warning: written by onRevoke.flag only",
      "error: not there"
    ])
  })
})
