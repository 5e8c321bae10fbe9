import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { decimalText, multiply, parseDecimal, roundTo } from "../../../connectors/hr/decimal-text.ts"

const rounded = (text: string, digits: number, how: "half-up" | "half-even" | "truncate" | "refuse") => {
  const found = roundTo(parseDecimal(text)!, digits, how)
  return found === undefined ? undefined : decimalText(found, digits)
}

describe("exact decimals", () => {
  it("multiply like whole numbers, whatever their points (G2)", () => {
    const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
    const scale = fc.integer({ min: 0, max: 12 })
    const textOf = (units: bigint, places: number): string => {
      const shown = String(units < 0n ? -units : units).padStart(places + 1, "0")
      return `${units < 0n ? "-" : ""}${shown.slice(0, shown.length - places)}.${shown.slice(shown.length - places)}`
    }
    fc.assert(
      fc.property(digits, scale, digits, scale, (a, m, b, n) => {
        const product = multiply(parseDecimal(textOf(a, m))!, parseDecimal(textOf(b, n))!)
        expect(product).toEqual(
          parseDecimal(textOf(a * b, m + n))!.whole === "0" && a * b === 0n
            ? parseDecimal("0")
            : parseDecimal(textOf(a * b, m + n))
        )
      })
    )
  })

  it("are rounded as they are told (G2)", () => {
    expect(["0.25", "-0.25", "0.35", "0.2500001"].map((text) => rounded(text, 1, "half-even"))).toEqual([
      "0.2",
      "-0.2",
      "0.4",
      "0.3"
    ])
    expect(["0.25", "-0.25", "9.95", "0.2499"].map((text) => rounded(text, 1, "half-up"))).toEqual([
      "0.3",
      "-0.3",
      "10.0",
      "0.2"
    ])
    expect(["0.29", "-0.29", "-0.09"].map((text) => rounded(text, 1, "truncate"))).toEqual([
      "0.2",
      "-0.2",
      "0.0"
    ])
    expect(["1.50", "1.51"].map((text) => rounded(text, 1, "refuse"))).toEqual(["1.5", undefined])
  })
})
