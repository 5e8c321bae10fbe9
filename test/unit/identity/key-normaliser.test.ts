import { readFileSync } from "node:fs"
import { expect, describe, it } from "vitest"
import { isUsable, KeyNormaliser } from "../../../src/identity/KeyNormaliser.ts"
import { keyRulesOf, isKnownRegion, type KeyKind } from "../../../src/identity/key-rules.ts"
import { isUsual, spellingsOf } from "../../../src/identity/spellings.ts"
import { normaliseChanges } from "../../../src/identity/normalise-changes.ts"
import type { EmployeesConfig } from "../../../schemas/employees-config.ts"
import type { ChangeEvent } from "../../../schemas/change-event.ts"

const RULES: Readonly<Record<string, Pick<EmployeesConfig, "number" | "phone" | "email">>> = {
  default: {},
  width6: { number: { width: 6 } },
  DE: { phone: { region: "DE" } },
  US: { phone: { region: "US" } },
  exact: { phone: "exact", email: { localPart: "exact" } }
}

/** `phone  default  "０１３…"  +86…`, the raw key as JSON. */
const golden = readFileSync(new URL("keys.golden.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [kind, rules, raw, expected] = line.split(/ {2,}/)
    return { kind: kind as KeyKind, rules: rules!, raw: JSON.parse(raw!) as string, expected: expected ?? "" }
  })

const normaliserOf = (rules: string) => new KeyNormaliser(keyRulesOf(RULES[rules]!))

describe("KeyNormaliser", () => {
  it("gives every key of the golden file its canonical form, or the reason why it proves nobody (G7)", () => {
    const wrong = golden.filter(({ expected, kind, raw, rules }) => {
      const found = normaliserOf(rules).normalise(kind, raw)
      return (found.startsWith("?") ? found.split(" ")[0] : found) !== expected
    })
    expect(
      wrong.map((line) => ({ ...line, is: normaliserOf(line.rules).normalise(line.kind, line.raw) }))
    ).toEqual([])
    expect(golden.length).toBeGreaterThan(60)
  })

  it("changes nothing where a key is canonical already (G7)", () => {
    for (const { kind, raw, rules } of golden) {
      const once = normaliserOf(rules).normalise(kind, raw)
      expect(normaliserOf(rules).normalise(kind, once)).toBe(once)
    }
  })

  it("keeps what an unusable key was, as far as a person needs to read it (G7)", () => {
    expect(normaliserOf("default").normalise("phone", "138****8000")).toBe("?masked 138****8000")
    expect(normaliserOf("default").normalise("email", "x".repeat(900))).toHaveLength(70)
  })

  it("answers a repeated key from memory as it did the first time, and forgets before memory grows (G8)", () => {
    const normaliser = normaliserOf("default")
    const number = (n: number) => `1380${String(n).padStart(7, "0")}`
    for (let n = 0; n < 50_000; n++) expect(normaliser.normalise("phone", number(n))).toBe(`+86${number(n)}`)
    expect(normaliser.normalise("phone", number(1))).toBe(`+86${number(1)}`)
  })

  it("knows the countries whose numbers it can read (G3)", () => {
    expect(["CN", "HK", "DE", "US"].filter(isKnownRegion)).toHaveLength(4)
    expect(isKnownRegion("XX")).toBe(false)
  })
})

describe("usual spellings", () => {
  const isOdd = (rules: string, kind: KeyKind, raw: string) => {
    const normaliser = normaliserOf(rules)
    const canonical = normaliser.normalise(kind, raw)
    return isUsable(canonical) && !isUsual(raw, canonical, spellingsOf(kind, normaliser.rules))
  }

  it("are what HR tables mostly hold, so that they are looked up as they are now (G7)", () => {
    const phones = ["+8613800138000", "13800138000", "8613800138000", "008613800138000", "+86 13800138000"]
    for (const raw of [...phones, "+86-13800138000", "138 0013 8000", "138-0013-8000"])
      expect(isOdd("default", "phone", raw)).toBe(false)
    for (const raw of ["000042", "42"]) expect(isOdd("width6", "employeeNo", raw)).toBe(false)
    for (const raw of ["01512 3456789", "+49 1512 3456789"]) expect(isOdd("DE", "phone", raw)).toBe(true)
    for (const raw of ["015123456789", "+4915123456789"]) expect(isOdd("DE", "phone", raw)).toBe(false)
  })

  it("leave the others to the index (G7)", () => {
    for (const raw of ["１３８００１３８０００", "+86 138 0013 8000", "13800138000 "])
      expect(isOdd("default", "phone", raw)).toBe(true)
    expect(isOdd("default", "employeeNo", "e-001")).toBe(true)
    expect(isOdd("default", "email", "Anna@Example.org")).toBe(true)
    expect(isOdd("width6", "employeeNo", "0042")).toBe(true)
  })
})

describe("changes", () => {
  const change = (data: object) => ({ type: "x", data }) as unknown as ChangeEvent
  it("carry canonical keys; what is absent or NULL stays so, and nothing else is touched (G7)", () => {
    const given = [
      change({ learnerId: "7", phone: "138 0013 8000", email: null }),
      change({ resultId: "r", learner: { id: "7", employeeNo: "e-1", phone: "" }, score: { raw: "1" } }),
      change({ assessmentId: "a", title: "Ａ" })
    ]
    const out = normaliseChanges(given, normaliserOf("default"))
    expect(out.map(({ data }) => data)).toEqual([
      { learnerId: "7", phone: "+8613800138000", email: null },
      { resultId: "r", learner: { id: "7", employeeNo: "E1", phone: "" }, score: { raw: "1" } },
      { assessmentId: "a", title: "Ａ" }
    ])
    expect(out[2]).toBe(given[2])
    expect(normaliseChanges(out, normaliserOf("default"))[0]).toBe(out[0])
  })
})
