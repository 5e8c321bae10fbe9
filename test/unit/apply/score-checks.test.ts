import { describe, expect, it } from "vitest"
import type { ScoreChecks } from "../../../schemas/table-config.ts"
import { scoreChecks } from "../../../src/apply/score-checks.ts"
import { exam, revoked } from "../../conformance/hr-world.ts"

const verdict = (checks: ScoreChecks, score: object, attempt: object = {}) =>
  scoreChecks([{ table: "lms.exam", checks }])(exam(1, 1, {}, null, { score, attempt }))?.detail

const at = (time: string) => `2026-11-22T${time}Z`

describe("a score that its mapping checks", () => {
  it.each([
    [{ raw: { min: 0 } }, { raw: "-0.01" }, "checks.raw.min: score.raw"],
    [{ raw: { min: 0 } }, { raw: "0" }, undefined],
    [{ raw: { min: 0 } }, { raw: "-0.00" }, undefined],
    [{ raw: { min: 0 } }, { raw: null }, undefined],
    [{ raw: { max: 100 } }, { raw: "100.00" }, undefined],
    [{ raw: { max: 100 } }, { raw: "100.00000000000000000001" }, "checks.raw.max: score.raw"],
    [{ raw: { max: "0.1" } }, { raw: "0.10" }, undefined],
    [{ raw: { decimals: 1 } }, { raw: "9.50" }, undefined],
    [{ raw: { decimals: 1 } }, { raw: "9.55" }, "checks.raw.decimals: score.raw"],
    [{ max: { min: 1 } }, { raw: "5", max: "0" }, "checks.max.min: score.max"],
    [{ aboveMax: "refuse" }, { raw: "101", max: "100" }, "checks.aboveMax: score.raw"],
    [{ aboveMax: "refuse" }, { raw: "101", max: null }, undefined],
    [{ aboveMax: "allow" }, { raw: "101", max: "100" }, undefined]
  ] satisfies ReadonlyArray<readonly [ScoreChecks, object, string | undefined]>)(
    "%j of %j: %s (G1, G9)",
    (checks, score, found) => expect(verdict(checks, score)).toBe(found)
  )

  it.each([
    [
      { startedAt: at("10:00:00"), submittedAt: at("09:59:59.999") },
      "attempt.submittedAt before attempt.startedAt"
    ],
    [{ startedAt: at("10:00:00.000"), submittedAt: at("10:00:00") }, undefined],
    [
      { startedAt: at("10:00:00"), submittedAt: null, gradedAt: at("09:00:00") },
      "attempt.gradedAt before attempt.startedAt"
    ],
    [{ submittedAt: at("10:00:00") }, undefined]
  ])("times %j come in order, or are named: %s (G1, G9)", (attempt, found) => {
    const wrong = verdict({ timeOrder: "refuse" }, {}, attempt)
    expect(wrong).toBe(found === undefined ? undefined : `checks.timeOrder: ${found}`)
    expect(verdict({ timeOrder: "allow" }, {}, attempt)).toBeUndefined()
  })

  it("is not from the far future of its own commit (G1)", () => {
    // Committed at 08:00:00.123456.
    const found = (time: string) => verdict({ futureHours: 2 }, {}, { gradedAt: time })
    expect(found(at("10:00:00.1"))).toBeUndefined()
    expect(found(at("10:00:01"))).toBe("checks.futureHours: attempt.gradedAt")
    expect(found("9999-12-31T23:59:59Z")).toBe("checks.futureHours: attempt.gradedAt")
  })

  it("is no revocation, and of the table that says so (G1)", () => {
    const check = scoreChecks([{ table: "lms.exam", checks: { raw: { max: 1 } } }, { table: "lms.quiz" }])
    expect(check(revoked(1, "lms.exam", 1))).toBeUndefined()
    expect(check({ ...exam(1, 1, {}, "9.00"), subject: "lms.quiz" })).toBeUndefined()
    expect(check(exam(1, 1, {}, "9.00"))).toEqual({
      reason: "CheckFailed",
      detail: "checks.raw.max: score.raw"
    })
  })
})
