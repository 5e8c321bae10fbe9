import { describe, expect, it } from "vitest"
import { jsonLiteral, literal } from "../../../connectors/hr/mysql/sql-text.ts"

/** As the server reads a literal, with the escapes that it knows (MySQL manual, 11.1.1). */
const read = (sql: string): string => {
  expect(sql.at(0)).toBe("'")
  expect(sql.at(-1)).toBe("'")
  const inner = sql.slice(1, -1)
  expect(inner.replaceAll(/\\[\s\S]/g, "")).not.toMatch(/['\\]/)
  return inner.replaceAll(/\\([\s\S])/g, "$1")
}

describe("a JSON text as an SQL literal", () => {
  it("comes back as it was, whatever stands in it, and lets nothing out (G2)", () => {
    const hostile = [
      "' or 1=1 -- ",
      "\\' ; drop table x; --",
      "\\\\'",
      '"',
      "\n\r\t\0\u001a",
      "O'Hara 学员 😀",
      "\u2028"
    ]
    for (const value of [...hostile, hostile, { [hostile[1]!]: hostile }]) {
      const text = JSON.stringify(value)
      expect(read(jsonLiteral(text))).toBe(text)
      expect(read(literal(text))).toBe(text)
    }
  })
})
