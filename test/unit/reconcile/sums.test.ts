/** Sums of scores over what was compared. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { sumDecimals } from "../../../schemas/decimal-sum.ts"
import { sourceAmounts, withSource } from "../../../connectors/hr/compared-sums.ts"
import { addUp, bothEqual, toldSums, type CountedRows } from "../../../src/reconcile/sums.ts"

const COLUMNS = [{ column: "points", from: "score.raw" }]
const amount = (value: string | null) => [{ source: value, expected: value, profile: value }]
const counted = (kind: CountedRows["kind"], rows: number, value: string | null): CountedRows => ({
  kind,
  rows,
  amounts: amount(value)
})

describe("sums of decimals", () => {
  it("are exact whatever their digits, and have one text (G1)", () => {
    expect(sumDecimals(["0.1", "0.2"])).toBe("0.3")
    expect(sumDecimals(["9007199254740993", "0.000000000000000000000000000001"])).toBe(
      "9007199254740993.000000000000000000000000000001"
    )
    expect(sumDecimals(["-0.50", "0.5", "10.00"])).toBe("10")
    expect(sumDecimals(["-1.25", "1"])).toBe("-0.25")
    expect(sumDecimals([])).toBe("0")
    const units = fc.array(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }))
    fc.assert(
      fc.property(units, (values) => {
        const texts = values.map((value) => {
          const digits = String(value < 0n ? -value : value).padStart(4, "0")
          return `${value < 0n ? "-" : ""}${digits.slice(0, -3)}.${digits.slice(-3)}`
        })
        const sum = values.reduce((all, value) => all + value, 0n)
        expect(sumDecimals(texts)).toBe(sumDecimals([`${sum}.0`].map((text) => scaled(text))))
      })
    )
  })

  it("are not known where one of them is not (G1)", () => {
    for (const text of [null, "", "NaN", "1e3", "1,5", "٣"]) expect(sumDecimals(["1", text])).toBeNull()
  })
})

/** Thousandths as a decimal. */
const scaled = (text: string): string => {
  const [, sign, digits] = /^(-?)(\d+)\.0$/.exec(text)!
  const padded = digits!.padStart(4, "0")
  return `${sign}${padded.slice(0, -3)}.${padded.slice(-3)}`
}

describe("sums of a comparison", () => {
  it("add each row once, and to the sides alone that rows of its kind have (G1)", () => {
    const sums = addUp(addUp([], COLUMNS, [counted("equal", 7, "70.5")]), COLUMNS, [
      counted("equal", 1, "0.5"),
      counted("missing", 1, "3"),
      counted("extra", 1, "4"),
      counted("held", 1, "5"),
      counted("mismatch", 1, "6"),
      { kind: "mismatch", rows: 1, amounts: [] },
      counted("mismatch", 0, "9")
    ])
    expect(
      sums.map(({ expected, kind, profile, rows, source }) => [kind, rows, source, expected, profile])
    ).toEqual([
      ["equal", 8, "71", "71", "71"],
      ["missing", 1, "3", null, null],
      ["extra", 1, null, null, "4"],
      ["held", 1, "5", null, null],
      ["mismatch", 1, "6", "6", "6"]
    ])
  })

  it("stay unknown once a value was not known (G1)", () => {
    const [sum] = addUp(addUp([], COLUMNS, [counted("equal", 1, null)]), COLUMNS, [counted("equal", 1, "2")])
    expect(sum).toMatchObject({ rows: 2, source: null, expected: null, profile: null })
  })

  it("put the parts of a chunk together, also where one of them is empty (G1)", () => {
    const none = { rows: 0, amounts: [] }
    const some = { rows: 2, amounts: amount("1.5") }
    expect(bothEqual(none, some)).toEqual(some)
    expect(bothEqual(some, none)).toEqual(some)
    expect(bothEqual(some, some)).toEqual({ rows: 4, amounts: amount("3") })
  })

  it("are not told over few rows, nor over one employee's: they would be somebody's score (G9)", () => {
    const sums = addUp([], COLUMNS, [counted("equal", 5, "70.5"), counted("held", 4, "8")])
    const told = (person: string | null) =>
      toldSums({ sums }, { person }).map(({ rows, source }) => [rows, source])
    expect(told(null)).toEqual([
      [5, "70.5"],
      [4, null]
    ])
    expect(told("E1")).toEqual([
      [5, null],
      [4, null]
    ])
    expect(toldSums({}, { person: null })).toEqual([])
  })

  it("take what the source has from the rows that were sent, where the server was not sent it as it is (G1)", () => {
    const columns = [{ from: "score.raw" as const }, { from: "score.max" as const }]
    const sent = new Map([
      ["a", sourceAmounts(columns, { raw: "1.5", max: "10" })],
      ["b", sourceAmounts(columns, { raw: null })],
      ["c", sourceAmounts(columns, { raw: "4", max: "10" })]
    ])
    const unknown = [...amount(null), ...amount(null)]
    const other = {
      id: "c",
      state: "filed" as const,
      position: null,
      isThere: true,
      isHeld: false,
      isDead: false,
      fields: ["points"],
      isUntouched: false,
      learner: null,
      amounts: unknown
    }
    const { differing, equal } = withSource(
      { differing: [other], equal: { rows: 2, amounts: unknown } },
      sent
    )
    expect(equal.amounts.map(({ source }) => source)).toEqual(["1.5", "10"])
    expect(differing[0]!.amounts.map(({ source }) => source)).toEqual(["4", "10"])
  })
})
