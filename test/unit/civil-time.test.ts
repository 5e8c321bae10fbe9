import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  civilFromDays,
  daysFromCivil,
  epochMicrosToUtc,
  epochSecondsToUtc,
  localToUtc,
  offsetMinutes
} from "../../schemas/civil-time.ts"

describe("civil time", () => {
  it.each([
    [0, "1970-01-01T00:00:00Z"],
    [951_782_400, "2000-02-29T00:00:00Z"],
    [2_147_483_648, "2038-01-19T03:14:08Z"],
    [4_294_967_295, "2106-02-07T06:28:15Z"],
    [-62_167_219_200, "0000-01-01T00:00:00Z"],
    [253_402_300_799, "9999-12-31T23:59:59Z"]
  ])("%i seconds since 1970 are %s (G2)", (seconds, text) => {
    expect(epochSecondsToUtc(seconds)).toBe(text)
  })

  it("agrees with the platform's calendar on every moment it can hold (G2)", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }), (seconds) => {
        const expected = new Date(seconds * 1000).toISOString().replace(".000Z", "Z")
        expect(epochSecondsToUtc(seconds)).toBe(expected)
        expect(civilFromDays(Math.floor(seconds / 86_400))).toBe(expected.slice(0, 10))
      })
    )
  })

  it("days and dates are each other's inverse (G2)", () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (days) => {
        const [year, month, day] = civilFromDays(days)!.split("-").map(Number)
        expect(daysFromCivil(year!, month!, day!)).toBe(days)
      })
    )
  })

  it("microseconds keep the asked digits and are cut, never rounded up (G2)", () => {
    expect(epochMicrosToUtc(1_763_769_600_999_999, 6)).toBe("2025-11-22T00:00:00.999999Z")
    expect(epochMicrosToUtc(1_763_769_600_999_999, 3)).toBe("2025-11-22T00:00:00.999Z")
    expect(epochMicrosToUtc(1_763_769_600_000_001, 1)).toBe("2025-11-22T00:00:00.0Z")
    expect(epochMicrosToUtc(1_763_769_600_999_999, 0)).toBe("2025-11-22T00:00:00Z")
    expect(epochMicrosToUtc(-1, 6)).toBe("1969-12-31T23:59:59.999999Z")
  })

  it("a local time at a fixed offset becomes UTC with the source's digits (G2)", () => {
    expect(localToUtc("2026-11-22T08:00:00.123", 480)).toBe("2026-11-22T00:00:00.123Z")
    expect(localToUtc("2026-11-22T07:30:00.5", 480)).toBe("2026-11-21T23:30:00.5Z")
    expect(localToUtc("2026-03-01T00:00:00", 480)).toBe("2026-02-28T16:00:00Z")
    expect(localToUtc("2024-03-01T00:00:00", 480)).toBe("2024-02-29T16:00:00Z")
    expect(localToUtc("2026-12-31T23:00:00", -210)).toBe("2027-01-01T02:30:00Z")
    expect(localToUtc("2026-11-22", 480)).toBe("2026-11-21T16:00:00Z")
    expect(localToUtc("2026-11-22 08:00:00", 480)).toBe("2026-11-22T00:00:00Z")
  })

  it.each([
    "0000-00-00T00:00:00",
    "0000-00-00",
    "2026-00-01T00:00:00",
    "2026-11-00T10:00:00",
    "2026-02-31T00:00:00",
    "2026-02-29T00:00:00",
    "2026-11-22T24:00:00",
    "0000-01-01T00:00:00",
    "yesterday",
    ""
  ])("%j names no moment (G2)", (local) => {
    expect(localToUtc(local, 480)).toBeUndefined()
  })

  it("agrees with the platform's calendar for every offset (G2)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -62_135_510_400, max: 253_402_214_400 }),
        fc.integer({ min: -839, max: 840 }),
        (seconds, offset) => {
          const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19)
          expect(localToUtc(local, offset)).toBe(epochSecondsToUtc(seconds))
        }
      )
    )
  })

  it("reads offsets as MySQL writes them and refuses others (G3)", () => {
    expect(offsetMinutes("+08:00")).toBe(480)
    expect(offsetMinutes("-03:30")).toBe(-210)
    expect(offsetMinutes("+00:00")).toBe(0)
    expect(offsetMinutes("-00:00")).toBe(0)
    expect(offsetMinutes("Z")).toBe(0)
    expect(offsetMinutes("+14:00")).toBe(840)
    for (const text of ["+14:01", "8", "+8:00", "Asia/Shanghai", "+08:60", ""])
      expect(offsetMinutes(text)).toBeUndefined()
  })
})
