import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  keyText,
  members,
  quote,
  splitKeyText,
  withoutExponent,
  type Field
} from "../../../src/capture/field-text.ts"

const field = (kind: Field["kind"], column = 0): Field => ({ label: '"k":', path: "score.k", column, kind })
const one = (kind: Field["kind"], value: string | number | null | undefined, zone = 480) => {
  const unreadable: Array<string> = []
  const text = members([field(kind)], [value], zone, unreadable)
  return { text, unreadable: unreadable.join() }
}

describe("field text", () => {
  it("quotes any text exactly as JSON does (G1)", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(JSON.parse(quote(text))).toBe(text)
      })
    )
  })

  it.each([
    ["87.50", '"k":"87.50"'],
    ["-0.00", '"k":"-0.00"'],
    ["12345678901234567890.123456789", '"k":"12345678901234567890.123456789"'],
    [95, '"k":"95"'],
    ["1.5e2", '"k":"150"'],
    ["25e-3", '"k":"0.025"']
  ])("keeps every digit of the decimal %s (G2)", (value, text) => {
    expect(one("decimal", value)).toEqual({ text, unreadable: "" })
  })

  it("keeps absent and NULL apart (G2)", () => {
    expect(one("decimal", undefined).text).toBe("")
    expect(one("decimal", null).text).toBe('"k":null')
  })

  it.each([
    ["decimal", "缺考"],
    ["decimal", "NaN"],
    ["decimal", ""],
    ["instant", "0000-00-00T00:00:00"],
    ["instant", "2026-02-30T00:00:00"],
    ["instant", 20261122]
  ] as const)("names a %s that does not fit instead of guessing: %s (G3)", (kind, value) => {
    const { text, unreadable } = one(kind, value)
    expect(text).toBe('"k":null')
    expect(JSON.parse(`{${unreadable}}`)).toEqual({ "score.k": String(value) })
  })

  it.each([
    ["2026-11-22T07:30:00.125", '"k":"2026-11-21T23:30:00.125Z"'],
    ["2026-11-22T07:30:00Z", '"k":"2026-11-22T07:30:00Z"'],
    ["2026-11-22", '"k":"2026-11-21T16:00:00Z"']
  ])("gives %s in UTC with the source's digits (G2)", (value, text) => {
    expect(one("instant", value)).toEqual({ text, unreadable: "" })
  })

  it("writes an exponent out by its digits, whatever their number (G2)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -40, max: 40 }),
        fc.bigInt({ min: 1n, max: 10n ** 30n }),
        (exponent, digits) => {
          const [whole = "", fraction = ""] = withoutExponent(`${digits}e${exponent}`)!.split(".")
          // Compared as integers: the plain text times 10^fraction digits is digits * 10^exponent, scaled alike.
          const plainScaled = BigInt(whole + fraction) * 10n ** 40n
          expect(plainScaled).toBe(digits * 10n ** BigInt(40 + exponent + fraction.length))
        }
      )
    )
  })

  it("is read back as the values of the key, whatever is in them (G2)", () => {
    const values = fc.array(fc.string({ unit: fc.constantFrom(",", "\\", "a", "学", "\n", " ") }), {
      minLength: 1,
      maxLength: 4
    })
    fc.assert(
      fc.property(values, (parts) => {
        const text = keyText(
          parts.map((_, i) => i),
          parts
        )!
        expect(splitKeyText(text, parts.length)).toEqual(parts)
        if (parts.length > 1) expect(splitKeyText(text, parts.length + 1)).toBeUndefined()
      })
    )
    expect(splitKeyText("a\\x,b", 2)).toBeUndefined()
    expect(splitKeyText("a,b", 1)).toEqual(["a,b"])
  })

  it("never gives two composite keys the same text (G2)", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.string(), fc.string()),
        fc.tuple(fc.string(), fc.string()),
        ([a, b], [c, d]) => {
          const same = keyText([0, 1], [a, b]) === keyText([0, 1], [c, d])
          expect(same).toBe(a === c && b === d)
        }
      )
    )
  })
})
