/** The oracle of the fault histories must be able to fail: each way to break a promise is found and named. */
import { describe, expect, it } from "vitest"
import type { Databases } from "../../../deploy/demo/compare-databases.ts"
import { type Evidence, judge, type Letter } from "../../chaos/oracle.ts"

const REF = "training.成绩:1"
const values = {
  exam_title: "消防演练",
  exam_score: "87.50",
  full_mark: "100.00",
  pass_mark: "60.00",
  finish_timestamp: "2026-11-22 01:02:03.004000",
  comment: null
}
const databases: Databases = {
  results: [{ ref: REF, learnerId: "7", values }],
  learners: [{ id: "7", phone: "13300000000", email: null }],
  employees: [{ no: "00004101", phone: "13300000000", email: null }],
  profile: [{ ref: REF, employeeNo: "00004101", values }],
  held: [],
  ledger: 1,
  deadLetters: []
}
const sound: Evidence = {
  databases,
  letters: [],
  lanes: 1,
  audit: {
    ledger: [
      { resultId: REF, position: "1-1", eventId: "a" },
      { resultId: REF, position: "1-2", eventId: "b" }
    ],
    progress: [
      { lane: 0, position: "1-1", generation: 1, epoch: 1 },
      { lane: 0, position: "1-2", generation: 1, epoch: 2 }
    ],
    profile: [
      { ref: REF, state: "10.00" },
      { ref: REF, state: "87.50" }
    ]
  },
  committed: new Map([[REF, ["10.00", "87.50"]]]),
  poisoned: new Set()
}
const letter = (more: Partial<Letter> = {}): Letter => ({
  ref: REF,
  position: "1-3",
  state: "open",
  type: "gradewire.score.corrected.v1",
  score: "87.50",
  ...more
})
const withAudit = (audit: Partial<Evidence["audit"]>): Evidence => ({
  ...sound,
  audit: { ...sound.audit, ...audit }
})
const poisoned = (letters: ReadonlyArray<Letter>): Evidence => ({
  ...sound,
  databases: { ...databases, profile: [], ledger: 0 },
  letters,
  poisoned: new Set([REF])
})

describe("the oracle", () => {
  it("finds nothing in a sound history (G1, G2)", () => {
    expect(judge(sound)).toEqual([])
  })

  it("finds a lost row (G1)", () => {
    const lost = { ...sound, databases: { ...databases, profile: [], ledger: 0 } }
    expect(judge(lost)).toEqual([expect.stringMatching(/^lost: /)])
  })

  it("finds a ledger that took a change twice or an older one after a newer one (G2)", () => {
    const [first, second] = sound.audit.ledger
    expect(judge(withAudit({ ledger: [first!, second!, second!] }))).toEqual([
      expect.stringMatching(/^doubled: /)
    ])
    expect(judge(withAudit({ ledger: [second!, first!] }))).toEqual([expect.stringMatching(/^doubled: /)])
    // lanes write a row as it is in order to meet, and never another one
    const meeting = [first!, second!, second!]
    expect(judge({ ...withAudit({ ledger: meeting }), lanes: 3 })).toEqual([])
    const other = { ...second!, eventId: "c" }
    expect(judge({ ...withAudit({ ledger: [first!, second!, other] }), lanes: 3 })).toHaveLength(1)
    expect(judge({ ...withAudit({ ledger: [second!, first!] }), lanes: 3 })).toHaveLength(1)
  })

  it("finds an offset, a generation or an epoch that went back (G4, G6)", () => {
    const [first, second] = sound.audit.progress
    expect(judge(withAudit({ progress: [second!, first!] }))).toHaveLength(2)
    const older = { ...second!, generation: 0 }
    expect(judge(withAudit({ progress: [second!, older] }))).toEqual([expect.stringContaining("generation")])
  })

  it("finds a state that the profile showed out of the source's order (G2)", () => {
    const profile = [...sound.audit.profile, { ref: REF, state: "10.00" }]
    expect(judge(withAudit({ profile }))).toEqual([expect.stringContaining("out of the source's order")])
  })

  it("lets a copied row show once more what stands there (G2)", () => {
    const profile = [...sound.audit.profile, { ref: REF, state: "87.50" }]
    expect(judge(withAudit({ profile }))).toEqual([])
  })

  it("finds a sound row among the dead letters (G1)", () => {
    expect(judge({ ...sound, letters: [letter()] })).toEqual([expect.stringMatching(/^refused: /)])
  })

  it("takes a refused row for right where its last change stands in the queue, behind an open one (G1, G3)", () => {
    expect(judge(poisoned([letter()]))).toEqual([])
    const waiting = letter({ position: "1-4", state: "waiting" })
    expect(judge(poisoned([letter({ score: "1.00" }), waiting]))).toEqual([])
  })

  it("finds a refused row that is nowhere, whose last change is missing, or that waits behind nothing (G1)", () => {
    expect(judge(poisoned([]))).toEqual([expect.stringMatching(/^lost: /)])
    expect(judge(poisoned([letter({ score: "1.00" })]))).toEqual([expect.stringMatching(/^lost: /)])
    expect(judge(poisoned([letter({ state: "waiting" })]))).toEqual([
      expect.stringContaining("waits behind nothing")
    ])
  })
})
