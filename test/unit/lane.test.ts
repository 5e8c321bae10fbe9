import { describe, expect, it } from "vitest"
import { hashText, laneOfText } from "../../schemas/lane.ts"
import { eventsOfLane, laneOfEvent, type Routing } from "../../src/apply/route-events.ts"
import { assessment, exam, learner, revoked } from "../conformance/hr-world.ts"

const routing = (lane: number, lanes = 4): Routing => ({ lane, lanes, learnerTables: new Set(["lms.exam"]) })

/** Of "", "1", "42", "100001", two Chinese characters, one of four bytes, half a character; checked against another implementation. */
const HASHES = [2872998923, 1428125071, 686566589, 2911433886, 1008871076, 40413569, 3682373847]

describe("lanes", () => {
  it("the hash of an id is the same for ever, in every version (G2)", () => {
    expect(["", "1", "42", "100001", "张三", "💯", "a\ud800"].map(hashText)).toEqual(HASHES)
  })

  it("numbers that count up are spread evenly (G8)", () => {
    for (const lanes of [2, 3, 4, 7, 16, 64]) {
      const counts = Array.from({ length: lanes }, () => 0)
      for (let id = 1; id <= 64_000; id++) counts[laneOfText(String(id), lanes)]! += 1
      for (const count of counts) expect(Math.abs(count / (64_000 / lanes) - 1)).toBeLessThan(0.15)
    }
  })

  it("a learner's own changes and scores share a lane, assessments are everybody's (G2)", () => {
    const { lanes } = routing(0)
    const lane = laneOfText("7", lanes)
    expect(laneOfEvent(exam(1, 1, { id: "7" }, "1.00"), routing(0))).toBe(lane)
    expect(laneOfEvent(revoked(2, "lms.exam", 1, { id: "7" }), routing(0))).toBe(lane)
    expect(laneOfEvent(learner(3, "7", {}), routing(0))).toBe(lane)
    expect(laneOfEvent(assessment(4, "5", "t"), routing(0))).toBe("every")
    // A result without a learner goes by itself.
    const own = laneOfText("lms.exam:1", lanes)
    expect(laneOfEvent(exam(5, 1, { id: null }, "1.00"), routing(0))).toBe(own)
    expect(laneOfEvent(exam(6, 1, { phone: "1" }, "1.00"), { lanes, learnerTables: new Set() })).toBe(own)
  })

  it("every event is somebody's, and only assessments are more than one's (G1)", () => {
    const events = Array.from({ length: 200 }, (_, n) =>
      n % 10 === 0 ? assessment(n + 1, `${n}`, "t") : exam(n + 1, n, { id: `${n}` }, "1.00")
    )
    const taken = [0, 1, 2, 3].flatMap((lane) => {
      const own = eventsOfLane(events, routing(lane))
      return own._tag === "Success" ? own.success : []
    })
    expect(new Set(taken).size).toBe(200)
    expect(taken.length).toBe(180 + 20 * 4)
  })

  it("a score that does not name its learner stops the lane, and says where it is (G3)", () => {
    const events = [exam(1, 1, {}, "1.00")]
    const refused = eventsOfLane(events, routing(0))
    expect(refused).toMatchObject({ failure: { _tag: "LaneUnroutable", fate: "halt", table: "lms.exam" } })
    expect(eventsOfLane(events, { ...routing(0), lanes: 1 })).toMatchObject({ success: events })
  })
})
