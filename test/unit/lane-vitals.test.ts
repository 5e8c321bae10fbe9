import { describe, expect, it } from "vitest"
import { LaneVitals } from "../../src/pipeline/LaneVitals.ts"
import { Vitals } from "../../src/pipeline/Vitals.ts"

const open = () => {
  const shared = new Vitals()
  const lanes: Array<LaneVitals> = []
  for (let lane = 0; lane < 3; lane++) lanes.push(new LaneVitals(shared, lanes))
  return { shared, lanes: lanes as [LaneVitals, LaneVitals, LaneVitals] }
}

describe("the vitals of a process with several lanes", () => {
  it("tell the worst state, and why (G3)", () => {
    const { lanes, shared } = open()
    for (const lane of lanes) lane.turn("apply", "running", 1)
    expect(shared.roles.get("apply")).toMatchObject({ state: "running" })
    lanes[1].turn("apply", "waiting", 2, "StoreUnavailable")
    lanes[2].turn("apply", "running", 3)
    expect(shared.roles.get("apply")).toMatchObject({
      state: "waiting",
      tag: "StoreUnavailable",
      sinceMillis: 2
    })
    lanes[1].turn("apply", "running", 4)
    expect(shared.roles.get("apply")).toMatchObject({ state: "running", tag: undefined })
  })

  it("tell the horizon of the slowest lane, and none before all have heard something (G4)", () => {
    const { lanes, shared } = open()
    lanes[0].hears("apply", 100, 1000)
    lanes[1].hears("apply", 90, 1001)
    expect(shared.stages.get("apply")).toBeUndefined()
    lanes[2].hears("apply", 120, 1002)
    expect(shared.stages.get("apply")).toEqual({ horizonMillis: 90, heardMillis: 1001 })
    lanes[1].hears("apply", 110, 1003)
    expect(shared.stages.get("apply")?.horizonMillis).toBe(100)
  })
})
