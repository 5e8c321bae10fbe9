import { describe, expect, it } from "vitest"
import type { DeadLetter } from "../../../schemas/dead-letter.ts"
import type { HeldResult } from "../../../schemas/held.ts"
import { START } from "../../../schemas/position.ts"
import { explainResult, type Traced } from "../../../src/apply/explain-result.ts"

const at = (n: number) => `0001-0000000001-0000000000000${n}-0000017592186044416`

const NOTHING: Traced = { ledger: null, held: null, letters: [], lanes: [], logged: null, isMapped: true }

const ledger = (n: number, state: "recorded" | "revoked" = "recorded"): Pick<Traced, "ledger"> => ({
  ledger: {
    result: "lms.exam:1",
    state,
    position: n === 0 ? START : at(n),
    eventId: "e",
    learner: "7",
    employee: "E1",
    rule: "phone",
    appliedAt: "2026-11-22T08:00:00Z"
  }
})

const held = (n: number, state: HeldResult["state"] = "waiting"): Pick<Traced, "held"> => ({
  held: {
    result: "lms.exam:1",
    learner: "7",
    position: at(n),
    reason: "ABSENT",
    candidates: 0,
    state,
    heldAt: "2026-11-22T08:00:00Z",
    ageSeconds: 1
  }
})

const letter = (n: number, state: DeadLetter["state"]): Pick<Traced, "letters"> => ({
  letters: [
    {
      position: at(n),
      table: "lms.exam",
      result: "lms.exam:1",
      type: "gradewire.score.recorded.v1",
      eventId: "e",
      reason: "23514",
      detail: "constraint",
      state,
      at: "2026-11-22T08:00:00Z",
      updatedAt: "2026-11-22T08:00:00Z",
      ageSeconds: 1,
      behind: null
    }
  ]
})

const lane = (n: number): Pick<Traced, "lanes"> => ({
  lanes: [{ lane: 0, position: at(n), file: null, committedAt: null, updatedAt: "2026-11-22T08:00:00Z" }]
})

describe("why a score is, or is not, in the profile", () => {
  it.each([
    ["filed", { ...ledger(3) }],
    ["filed", { ...ledger(3), ...held(2) }],
    ["filed", { ...ledger(3), ...letter(2, "done") }],
    ["filed-behind", { ...ledger(3), ...held(4) }],
    ["filed-behind", { ...ledger(3), ...letter(4, "open") }],
    ["filed-behind", { ...ledger(3), ...lane(3), logged: at(4) }],
    ["revoked", { ...ledger(3, "revoked") }],
    ["held", { ...ledger(3, "revoked"), ...held(4) }],
    ["held", { ...ledger(0), ...held(1) }],
    ["held", held(1)],
    ["ignored", held(1, "ignored")],
    ["refused", letter(1, "replay")],
    ["discarded", letter(1, "discarded")],
    ["under-way", { ...lane(1), logged: at(2) }],
    ["unknown", { ...lane(2), logged: at(2) }],
    ["unknown", {}],
    ["unknown", { isMapped: false }]
  ] satisfies ReadonlyArray<readonly [string, Partial<Traced>]>)("%s (G1, G7)", (verdict, known) => {
    expect(explainResult({ ...NOTHING, ...known }).verdict).toBe(verdict)
  })
})
