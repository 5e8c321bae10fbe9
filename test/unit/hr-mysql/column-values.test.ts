import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { membersOf, type ColumnKind, type ColumnShape } from "../../../connectors/hr/mysql/catalog.ts"
import { parseDecimal } from "../../../connectors/hr/decimal-text.ts"
import { columnText, REFUSED, textOf } from "../../../connectors/hr/mysql/column-values.ts"

const column = (kind: ColumnKind, over: Partial<ColumnShape> = {}): ColumnShape => ({
  name: "c",
  kind,
  type: kind,
  isUnsigned: false,
  charset: undefined,
  collation: undefined,
  integerDigits: undefined,
  scale: undefined,
  fraction: undefined,
  length: undefined,
  members: [],
  notNull: false,
  hasDefault: false,
  isGenerated: false,
  ...over
})

const BEIJING = 480

describe("a value for a MySQL column", () => {
  it.each<[kind: ColumnKind, over: Partial<ColumnShape>, text: string, given: string]>([
    ["decimal", { scale: 2 }, "087.50", "87.5"],
    ["decimal", { scale: 2 }, "-0.10", "-0.1"],
    ["decimal", { scale: 2 }, "87.555", REFUSED],
    ["decimal", { scale: 0 }, "1e3", "1000"],
    ["decimal", { scale: 3 }, "12.5e-2", "0.125"],
    ["decimal", { scale: 2 }, "12.5e-2", REFUSED],
    ["decimal", { scale: 2 }, "ten", REFUSED],
    ["decimal", { scale: 2 }, ".", REFUSED],
    ["integer", {}, "60.00", "60"],
    ["integer", {}, "18446744073709551615", "18446744073709551615"],
    ["integer", {}, "60.5", REFUSED],
    ["integer", {}, "true", "1"],
    ["bit", {}, "5", "5"],
    ["float", {}, "7.5", "7.5"],
    ["float", {}, "NaN", REFUSED],
    ["enum", { members: ["A", "it's"] }, "it's", "it's"],
    ["enum", { members: ["A", "B"] }, "1", REFUSED],
    ["enum", { members: ["A", "B"] }, "a", REFUSED],
    ["set", { members: ["x", "y"] }, "x,y", "x,y"],
    ["set", { members: ["x", "y"] }, "3", REFUSED],
    ["datetime", {}, "2026-03-01T23:59:59.000001Z", "2026-03-02 07:59:59.000001"],
    ["datetime", {}, "2026-03-01 23:59", "2026-03-01 23:59"],
    ["datetime", {}, "0000-00-00 00:00:00", REFUSED],
    ["datetime", {}, "2026-02-31 00:00:00", REFUSED],
    ["timestamp", {}, "2026-03-01T23:59:59.000001Z", "2026-03-01 23:59:59.000001"],
    ["timestamp", {}, "2026-03-02 08:00:00.5", "2026-03-02 00:00:00.5"],
    ["timestamp", {}, "2026-03-02", "2026-03-01 16:00:00"],
    ["timestamp", {}, "soon", REFUSED],
    ["date", {}, "2026-03-01T23:59:59Z", "2026-03-02"],
    ["date", {}, "2026-03-01 25:00:00", REFUSED],
    ["time", {}, "2026-03-01T23:59:59.5Z", "07:59:59.5"],
    ["time", {}, "-838:59:59", "-838:59:59"],
    ["time", {}, "2026-03-01", REFUSED],
    ["text", {}, "087.50", "087.50"],
    ["other", {}, "{}", "{}"]
  ])("%s %j is given %s as %s (G2)", (kind, over, text, given) => {
    expect(columnText(text, column(kind, over), BEIJING)).toBe(given)
  })

  it("is NULL where the source's is, whatever the column (G1)", () => {
    const kinds = ["text", "integer", "decimal", "datetime", "enum", "bit", "other"] as const
    expect(kinds.map((kind) => columnText(null, column(kind), 0))).toEqual(kinds.map(() => null))
    expect([undefined, null, 1, "1", true].map(textOf)).toEqual([null, null, "1", "1", "true"])
  })

  it("of a decimal column has the value of its text and the column's digits, or is refused (G2)", () => {
    const decimal = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat(12))
    fc.assert(
      fc.property(decimal, fc.nat(12), ([isNegative, digits, places], scale) => {
        const padded = String(digits).padStart(places + 1, "0")
        const point = padded.length - places
        const text = `${isNegative ? "-" : ""}${padded.slice(0, point)}${places === 0 ? "" : `.${padded.slice(point)}`}`
        const given = columnText(text, column("decimal", { scale }), 0)!
        const isExact = places <= scale || /^0*$/.test(padded.slice(point + scale))
        expect(given === REFUSED).toBe(!isExact)
        if (isExact) expect(parseDecimal(given)).toEqual(parseDecimal(text))
      })
    )
  })

  it("takes the members of an ENUM from its declaration (G2)", () => {
    expect(membersOf("enum('A','it''s','a,b','')")).toEqual(["A", "it's", "a,b", ""])
    expect(membersOf("set('优','x')")).toEqual(["优", "x"])
  })
})
