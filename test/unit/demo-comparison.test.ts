/** The demo's comparison must be able to fail: each way a score can go astray is found and named by its key. */
import { describe, expect, it } from "vitest"
import {
  compareDatabases,
  type Databases,
  type Fault,
  type ProfileRow,
  proveLearners,
  type SourceResult
} from "../../deploy/demo/compare-databases.ts"

const values = {
  exam_title: "安全生产责任制考试",
  exam_score: "87.50",
  full_mark: "100.00",
  pass_mark: "60.00",
  finish_timestamp: "2026-11-22 01:02:03.004000",
  comment: null
}

const result = (id: number, learnerId = "1"): SourceResult => ({
  ref: `training.成绩:${id}`,
  learnerId,
  values
})
const filed = (id: number, employeeNo = "00004101"): ProfileRow => ({
  ref: `training.成绩:${id}`,
  employeeNo,
  values
})

/** Two proven learners and one of each that cannot be proven; every result where it belongs. */
const right = (): Databases => ({
  learners: [
    { id: "1", phone: "13800000001", email: null },
    { id: "2", phone: null, email: "min.wang@example.com" },
    { id: "3", phone: "13800000003", email: "nobody@example.com" },
    { id: "4", phone: "13800000004", email: null },
    { id: "5", phone: "13800000001", email: "min.wang@example.com" }
  ],
  employees: [
    { no: "00004101", phone: "13800000001", email: null },
    { no: "00004102", phone: "13800000002", email: "min.wang@example.com" },
    { no: "00004103", phone: "13800000004", email: null },
    { no: "00004104", phone: "13800000004", email: null }
  ],
  results: [result(10), result(11, "2"), result(12, "3"), result(13, "4"), result(14, "5")],
  profile: [filed(10), filed(11, "00004102")],
  held: [
    { ref: "training.成绩:12", reason: "ABSENT" },
    { ref: "training.成绩:13", reason: "AMBIGUOUS" },
    { ref: "training.成绩:14", reason: "CONFLICT" }
  ],
  ledger: 2,
  deadLetters: []
})

const faults = (databases: Databases): ReadonlyArray<readonly [Fault, string]> =>
  compareDatabases(databases).differences.map(({ fault, ref }) => [fault, ref])

describe("comparison of both databases", () => {
  it("finds nothing where every result is filed or rightly held (G1)", () => {
    const comparison = compareDatabases(right())
    expect(comparison.differences).toEqual([])
    expect(comparison.filed).toBe(2)
    expect([...comparison.heldBy]).toEqual([
      ["ABSENT", 1],
      ["AMBIGUOUS", 1],
      ["CONFLICT", 1]
    ])
  })

  it("calls a row that is missing in the profile lost (G1)", () => {
    const found = faults({ ...right(), profile: [filed(10)], ledger: 1 })
    expect(found).toEqual([["lost", "training.成绩:11"]])
  })

  it("calls a held result lost that stands in no queue (G1)", () => {
    expect(faults({ ...right(), held: right().held.slice(1) })).toEqual([["lost", "training.成绩:12"]])
  })

  it("calls a dead letter lost and says why it is one (G1)", () => {
    const found = compareDatabases({
      ...right(),
      profile: [filed(10)],
      ledger: 1,
      deadLetters: [{ ref: "training.成绩:11", reason: "REFUSED" }]
    })
    expect(found.differences).toEqual([
      { fault: "lost", ref: "training.成绩:11", what: "dead letter: REFUSED" }
    ])
  })

  it("calls a second row of one result doubled (G2)", () => {
    const found = faults({ ...right(), profile: [...right().profile, filed(10)], ledger: 3 })
    expect(found).toEqual([["doubled", "training.成绩:10"]])
  })

  it("calls a result that is filed and held at the same time doubled (G2)", () => {
    const held = [...right().held, { ref: "training.成绩:10", reason: "ABSENT" }]
    expect(faults({ ...right(), held })).toEqual([["doubled", "training.成绩:10"]])
  })

  it.each([
    ["exam_score", "87.05"],
    ["exam_score", null],
    ["full_mark", "100.0"],
    ["finish_timestamp", "2026-11-22 09:02:03.004000"],
    ["comment", ""]
  ] as const)("calls another %s wrong: %s (G2)", (column, value) => {
    const row = { ...filed(10), values: { ...values, [column]: value } }
    const { differences } = compareDatabases({ ...right(), profile: [row, filed(11, "00004102")] })
    expect(differences).toEqual([{ fault: "wrong", ref: "training.成绩:10", what: `differs in ${column}` }])
  })

  it("calls a score in somebody else's profile wrong (G7)", () => {
    const profile = [filed(10, "00004102"), filed(11, "00004102")]
    expect(faults({ ...right(), profile })).toEqual([["wrong", "training.成绩:10"]])
  })

  it("calls a score wrong that is filed though nobody is proven (G7)", () => {
    const profile = [...right().profile, filed(13, "00004103")]
    expect(faults({ ...right(), profile, ledger: 3 })).toEqual([["wrong", "training.成绩:13"]])
  })

  it("calls a result lost that is held though its person is proven (G7)", () => {
    const held = [...right().held, { ref: "training.成绩:11", reason: "ABSENT" }]
    expect(faults({ ...right(), profile: [filed(10)], held, ledger: 1 })).toEqual([
      ["lost", "training.成绩:11"]
    ])
  })

  it("calls another reason for holding wrong (G7)", () => {
    const held = right().held.map(({ ref }) => ({ ref, reason: "ABSENT" }))
    expect(faults({ ...right(), held })).toEqual([
      ["wrong", "training.成绩:13"],
      ["wrong", "training.成绩:14"]
    ])
  })

  it("calls what the training database does not have a phantom, in the profile and among the held (G2)", () => {
    const { held, profile } = right()
    const found = faults({
      ...right(),
      profile: [...profile, filed(99)],
      held: [...held, { ref: "training.成绩:98", reason: "ABSENT" }],
      ledger: 3
    })
    expect(found).toEqual([
      ["phantom", "training.成绩:99"],
      ["phantom", "training.成绩:98"]
    ])
  })

  it("finds a ledger that counts other than the profile (G4)", () => {
    expect(faults({ ...right(), ledger: 3 })).toEqual([["wrong", "gradewire.result_ledger"]])
  })

  it("names no person's values in a difference (G9)", () => {
    const secret = { ...filed(10, "00004102"), values: { ...values, exam_score: "0.01", comment: "private" } }
    const { differences } = compareDatabases({ ...right(), profile: [secret, filed(11, "00004102")] })
    expect(differences).toHaveLength(2)
    expect(JSON.stringify(differences)).not.toMatch(/0\.01|private|87\.50|1380000|00004102|example\.com/)
  })
})

describe("who a learner is", () => {
  it("takes one employee whom phone and e-mail agree on, and nobody else (G7)", () => {
    const proofs = proveLearners(
      [{ id: "1", phone: "13800000001", email: "min.wang@example.com" }],
      [
        { no: "00004101", phone: "13800000001", email: "min.wang@example.com" },
        { no: "00004102", phone: null, email: null }
      ]
    )
    expect(proofs.get("1")).toEqual({ no: "00004101" })
  })

  it("matches no learner without keys to employees without keys (G7)", () => {
    const proofs = proveLearners(
      [{ id: "1", phone: null, email: null }],
      [{ no: "1", phone: null, email: null }]
    )
    expect(proofs.get("1")).toEqual({ reason: "ABSENT" })
  })
})
