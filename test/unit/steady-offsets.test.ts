import { describe, expect, it } from "vitest"
import { localToUtc, timeZone, utcToLocal } from "../../schemas/civil-time.ts"
import { steadyOffsets } from "../../schemas/steady-offsets.ts"

const shift = (day: string, minutes: number): string => {
  const utc = localToUtc(`${day}T12:00:00`, minutes)
  return `${utc}`
}

describe("offsets that a zone's clocks keep", () => {
  it("are one, for ever, where the zone has no rules (G1)", () => {
    expect(steadyOffsets(480)).toEqual([{ from: undefined, before: undefined, minutes: 480 }])
  })

  it.each(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"])(
    "hold in %s for local times and for UTC on both ends of each span (G1)",
    (name) => {
      const zone = timeZone(name)!
      const spans = steadyOffsets(zone)
      expect(spans.length).toBeGreaterThan(0)
      for (const { before, from, minutes } of spans) {
        for (const day of [from!, before!]) {
          expect(localToUtc(`${day}T12:00:00`, zone)).toBe(shift(day, minutes))
          expect(utcToLocal(`${day}T12:00:00Z`, zone)).toBe(utcToLocal(`${day}T12:00:00Z`, minutes))
        }
      }
    }
  )

  it("leave next to nothing out in a zone that has long kept its clocks (G1)", () => {
    const [last] = steadyOffsets(timeZone("Asia/Shanghai")!)
    expect(last).toMatchObject({ from: "1992-01-03", minutes: 480 })
  })
})
