import { describe, expect, it } from "vitest"
import { identifier, literal, relation } from "../../../connectors/hr/postgres/sql-text.ts"
import { splitTable } from "../../../connectors/hr/table-name.ts"

describe("SQL text", () => {
  it("names of any script and with quotes stay one identifier (G9)", () => {
    expect(identifier("分数")).toBe('"分数"')
    expect(identifier('a"; drop table x --')).toBe('"a""; drop table x --"')
    expect(relation("hr.training record")).toBe('"hr"."training record"')
    expect(splitTable("hr.a.b")).toEqual(["hr", "a.b"])
  })

  it("literals hold quotes and backslashes whatever the server's settings are (G9)", () => {
    expect(literal("O'Hara")).toBe("'O''Hara'")
    expect(literal("a\\' or 1=1")).toBe(" E'a\\\\'' or 1=1'")
  })
})
