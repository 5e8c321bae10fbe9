import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { epochSecondsToUtc, localToUtc, timeZone, utcToLocal } from "../../schemas/civil-time.ts"

const zone = (name: string) => timeZone(name)!
/** `YYYY-MM-DDTHH:MM:SS` of a moment as the platform's calendar shows it in a zone. */
const platformLocal = (name: string, seconds: number): string =>
  new Intl.DateTimeFormat("sv-SE", {
    timeZone: name,
    calendar: "iso8601",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23"
  })
    .format(seconds * 1000)
    .replace(" ", "T")

describe("a time zone by name", () => {
  it.each([
    ["Asia/Shanghai", "2026-11-22T08:00:00.123", "2026-11-22T00:00:00.123Z"],
    ["Asia/Shanghai", "1988-07-01T08:00:00", "1988-06-30T23:00:00Z"],
    ["Asia/Shanghai", "1900-01-01T00:00:00.5", "1899-12-31T15:54:17.5Z"],
    ["America/New_York", "2026-01-15 12:00:00", "2026-01-15T17:00:00Z"],
    ["America/New_York", "2026-07-15T12:00:00", "2026-07-15T16:00:00Z"],
    ["America/New_York", "2026-07-15", "2026-07-15T04:00:00Z"],
    ["Europe/Paris", "9999-12-31T23:59:59", "9999-12-31T22:59:59Z"],
    ["Asia/Kolkata", "2026-01-01T00:00:00", "2025-12-31T18:30:00Z"],
    ["UTC", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z"]
  ])("reads %s %s as %s (G2)", (name, local, utc) => {
    expect(localToUtc(local, zone(name))).toBe(utc)
  })

  it.each([
    ["America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59Z"],
    ["America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"],
    ["America/New_York", "2026-11-01T01:59:59.999999", "2026-11-01T05:59:59.999999Z"],
    ["America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z"]
  ])("takes the earlier moment where clocks were set back: %s %s is %s (G2)", (name, local, utc) => {
    expect(localToUtc(local, zone(name))).toBe(utc)
  })

  it.each([
    ["America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59Z"],
    ["America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00Z"],
    ["America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00Z"],
    ["America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00Z"],
    ["Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"]
  ])("shifts what the clocks left out forward: %s %s is %s (G2)", (name, local, utc) => {
    expect(localToUtc(local, zone(name))).toBe(utc)
  })

  it.each([
    "0000-00-00T00:00:00",
    "2026-00-01",
    "2026-02-31T00:00:00",
    "2026-11-22T24:00:00",
    "yesterday",
    ""
  ])("%j names no moment in it (G2)", (local) => {
    expect(localToUtc(local, zone("Europe/Paris"))).toBeUndefined()
  })

  it("leaves the years 0 to 9999 as nothing, never as another year (G2)", () => {
    expect(localToUtc("9999-12-31T23:00:00", zone("America/New_York"))).toBeUndefined()
    expect(utcToLocal("9999-12-31T23:00:00Z", zone("Asia/Shanghai"))).toBeUndefined()
    expect(localToUtc("0000-01-01T00:00:00", zone("Asia/Shanghai"))).toBeUndefined()
  })

  it("agrees with the platform on every moment of every zone, both ways (G2)", () => {
    const moment = fc.record({
      name: fc.constantFrom(...Intl.supportedValuesOf("timeZone")),
      seconds: fc.integer({ min: -5_364_662_400, max: 20_000_000_000 })
    })
    fc.assert(
      fc.property(moment, ({ name, seconds }) => {
        const utc = epochSecondsToUtc(seconds)
        const local = utcToLocal(utc, zone(name))!
        expect(local).toBe(platformLocal(name, seconds))
        const back = localToUtc(local, zone(name))!
        // The earlier of two moments that share a local time, else the same.
        expect(back <= utc).toBe(true)
        expect(utcToLocal(back, zone(name))).toBe(local)
      }),
      { numRuns: 60 }
    )
  })

  it("gives the same answer in any order of asking (G2)", () => {
    const seconds = fc.array(fc.integer({ min: -2_000_000_000, max: 4_000_000_000 }), { maxLength: 30 })
    const reused = zone("America/New_York")
    fc.assert(
      fc.property(seconds, (moments) => {
        for (const moment of moments) {
          const local = epochSecondsToUtc(moment).slice(0, -1)
          expect(localToUtc(local, reused)).toBe(localToUtc(local, zone("America/New_York")))
        }
      }),
      { numRuns: 5 }
    )
  })

  it.each(["Asia/Shanghai", "america/new_york", "America/Argentina/Buenos_Aires", "UTC", "Z", "-03:30"])(
    "may be called %j (G3)",
    (text) => {
      expect(timeZone(text)).toBeDefined()
    }
  )

  it.each(["CST", "EST5EDT", "Asia/Peking", "GMT+8", "+8", "", "Asia/", "Asia/Shanghai ", "constructor"])(
    "is none, or one that several countries use, where it is called %j (G3)",
    (text) => {
      expect(timeZone(text)).toBeUndefined()
    }
  )
})
