import { describe, expect, it } from "vitest"
import { canBe, disguisedText } from "../../../connectors/mysql/binlog/disguised-type.ts"
import { redefinedTables } from "../../../connectors/mysql/binlog/redefinition.ts"

const text = (type: Parameters<typeof disguisedText>[0], hex: string): string => {
  const bytes = Buffer.from(`ff${hex}ff`, "hex")
  return disguisedText(type, bytes, 1, bytes.length - 1)
}

describe("a value that MariaDB logs as bytes", () => {
  it.each([
    ["uuid", "123e4567e89b12d3a456426655440000", "123e4567-e89b-12d3-a456-426655440000"],
    // Trailing zeros are not logged.
    ["uuid", "123e4567e89b12d3a4564266554400", "123e4567-e89b-12d3-a456-426655440000"],
    ["uuid", "", "00000000-0000-0000-0000-000000000000"],
    ["inet4", "0a000001", "10.0.0.1"],
    ["inet4", "0a", "10.0.0.0"],
    ["inet6", "", "::"],
    ["inet6", "00000000000000000000000000000001", "::1"],
    ["inet6", "20010db8000000000000ff0000428329", "2001:db8::ff00:42:8329"],
    ["inet6", "00000000000000000000ffff01020304", "::ffff:1.2.3.4"],
    ["inet6", "00000000000000000000000001020304", "::1.2.3.4"],
    ["inet6", "00010000000200030004000500060007", "1::2:3:4:5:6:7"],
    ["inet6", "00010000000000020000000000030004", "1::2:0:0:3:4"],
    // 1, 0.1 and -3.25 as little-endian floats, as in MariaDB's sql/item_vectorfunc.cc.
    ["vector", "0000803fcdcccc3d000050c0", "[1,0.1,-3.25]"],
    ["vector", "", "[]"]
  ] as const)("%s %s is %s (G1)", (type, hex, shown) => {
    expect(text(type, hex)).toBe(shown)
  })

  it("is no whole list of floats: an error, never a shorter list (G3)", () => {
    expect(() => text("vector", "0000803fcd")).toThrow("no multiple of four")
  })

  it("is looked for only where the table map shows bytes of its length (G3)", () => {
    const binary = { type: 254, meta: 16, collation: 63 }
    expect(canBe("uuid", binary)).toBe(true)
    expect(canBe("inet4", binary)).toBe(false)
    expect(canBe("uuid", { ...binary, collation: 45 })).toBe(false)
    expect(canBe("uuid", { ...binary, collation: undefined })).toBe(false)
    expect(canBe("vector", { type: 15, meta: 12, collation: 63 })).toBe(true)
    expect(canBe("vector", { type: 15, meta: 13, collation: 63 })).toBe(false)
  })
})

describe("a statement", () => {
  const tables = [
    { schema: "lms", table: "t", columns: ["id", "标识"] },
    { schema: "crm", table: "t", columns: ["id"] }
  ]

  it.each<[string, ReadonlyArray<number>]>([
    ["ALTER TABLE t ADD COLUMN n INT", []],
    ["ALTER TABLE t ADD INDEX (n), COMMENT = 'about id'", []],
    ["ALTER TABLE t RENAME INDEX a TO b", []],
    ["ALTER TABLE t MODIFY ID uuid", [0]],
    ["/* back */ ALTER TABLE t MODIFY id uuid", [0]],
    ["alter /* x */ table `t` change old `标识` uuid", [0]],
    ["ALTER TABLE crm.t DROP id", [1]],
    ["ALTER TABLE t RENAME COLUMN a TO id", [0]],
    ["ALTER TABLE x RENAME TO t", [0]],
    ["/*!50001 ALTER TABLE t MODIFY id uuid */", [0]],
    ["RENAME TABLE crm.t TO crm.old, crm.t_gho TO crm.t", [1]],
    ["CREATE OR REPLACE TABLE t (n INT)", [0]],
    ["CREATE TABLE t LIKE other", [0]],
    ["DROP TABLE IF EXISTS `crm`.`t`", [1]],
    ["DROP DATABASE IF EXISTS `lms`", [0]],
    ["INSERT INTO t (id) VALUES (1)", []],
    ["BEGIN", []],
    ["CREATE TABLE other (t INT)", [0]]
  ])("may have given a column another type: %j (G3)", (statement, redefined) => {
    expect(redefinedTables(statement, "lms", tables)).toEqual(redefined)
  })
})
