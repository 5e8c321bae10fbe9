import { describe, expect, it } from "vitest"
import { MASK, maskEvent } from "../../../src/apply/mask-event.ts"

describe("a masked event", () => {
  it("shows which fields there are, null as null, and no personal value (G9)", () => {
    const event = {
      id: "binlog.000001:4#1",
      subject: "lms.exam",
      data: {
        resultId: "lms.exam:7",
        origin: "binlog",
        learner: { id: "42", phone: "13800000001", email: null },
        score: { raw: "87.50" },
        attributes: { minutes: 12 },
        unreadable: { submittedAt: "0000-00-00" }
      }
    }
    expect(maskEvent(event)).toEqual({
      ...event,
      data: {
        resultId: "lms.exam:7",
        origin: "binlog",
        learner: { id: MASK, phone: MASK, email: null },
        score: { raw: MASK },
        attributes: { minutes: MASK },
        unreadable: { submittedAt: MASK }
      }
    })
    expect(maskEvent("87.50")).toBe(MASK)
  })
})
