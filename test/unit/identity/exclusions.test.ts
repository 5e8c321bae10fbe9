import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { excludedBy, exclusionsOf, fits, likeOf, patternProblem } from "../../../src/identity/exclusions.ts"
import { keyRulesOf } from "../../../src/identity/key-rules.ts"

/** Slow and plain: every way to share the key out among the stars. */
const fitsSlowly = (pattern: ReadonlyArray<string>, key: ReadonlyArray<string>): boolean => {
  const [first, ...rest] = pattern
  if (first === undefined) return key.length === 0
  if (first === "*")
    return Array.from({ length: key.length + 1 }, (_, n) => n).some((n) => fitsSlowly(rest, key.slice(n)))
  return key.length > 0 && (first === "?" || first === key[0]) && fitsSlowly(rest, key.slice(1))
}

const patternOf = (
  learner: "employeeNo" | "externalId" | "email" | "phone",
  like: string,
  over: object = {}
) => exclusionsOf({ exclude: [{ learner, like }], ...over })[0]!

describe("accounts that are no employees", () => {
  it("are found by the same keys, whichever way a pattern is tried (G7)", () => {
    const sign = fc.constantFrom("a", "b", "*", "?", "😀")
    fc.assert(
      fc.property(
        fc.array(sign, { maxLength: 7 }),
        fc.array(fc.constantFrom("a", "b", "😀"), { maxLength: 7 }),
        (p, k) => {
          expect(fits(p.join(""), k.join(""))).toBe(fitsSlowly(p, k))
        }
      )
    )
  })

  it("are found in time that does not explode with the stars (G8)", () => {
    expect(fits(`${"a*".repeat(120)}b`, "a".repeat(255))).toBe(false)
  })

  it("are named by patterns in the form of the keys (G7)", () => {
    expect(patternOf("employeeNo", " test-1*").pattern).toBe("TEST1*")
    expect(patternOf("email", "**@Example.TEST").pattern).toBe("*@example.test")
    expect(patternOf("email", "Bot*@Example.TEST", { email: { localPart: "exact" } }).pattern).toBe(
      "Bot*@example.test"
    )
    expect(patternOf("phone", "+86 170-*").pattern).toBe("+86170*")
    expect(patternOf("phone", "8 0*", { phone: "exact" }).pattern).toBe("8 0*")
    expect(patternOf("externalId", "ｔest_*").pattern).toBe("test_*")
  })

  it("are never those whose key proves nobody, or who have none (G7)", () => {
    const exclusions = exclusionsOf({ exclude: [{ learner: "phone", like: "*138*" }] })
    expect(excludedBy(exclusions, { phone: "?masked 138****8000" })).toBeUndefined()
    expect(excludedBy(exclusions, { phone: null, email: "138@example.org" })).toBeUndefined()
    expect(excludedBy(exclusions, { phone: "+8613800138000" })).toBe(exclusions[0])
  })

  it("a pattern means the same to SQL: nothing but its stars and question marks is special (G7)", () => {
    expect(likeOf({ learner: "externalId", pattern: "100%_!*?" })).toBe("100!%!_!!%_")
  })

  it("a pattern that would name everybody, or nobody, is found before it is used (G3)", () => {
    const rules = keyRulesOf({})
    expect(patternProblem(patternOf("email", " *?* "), rules)).toContain("whoever")
    expect(patternProblem(patternOf("employeeNo", "-*"), rules)).toContain("whoever")
    expect(patternProblem(patternOf("phone", "170*"), rules)).toContain("never fit")
    expect(
      patternProblem(patternOf("phone", "170*", { phone: "exact" }), keyRulesOf({ phone: "exact" }))
    ).toBe(undefined)
    expect(patternProblem(patternOf("phone", "+86170*"), rules)).toBeUndefined()
  })
})
