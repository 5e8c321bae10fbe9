import { ONLY_LANE } from "../../../schemas/lane.ts"
import { describe, expect, it } from "vitest"
import type { ColumnShape } from "../../../connectors/hr/postgres/catalog.ts"
import type { HrMapping, MappedColumn } from "../../../connectors/hr/postgres/mapping.ts"
import { changeArrays, PreparedBatches } from "../../../connectors/hr/postgres/prepared-batches.ts"
import { assessment, exam, learner, revoked } from "../../conformance/hr-world.ts"

const shape = (name: string): ColumnShape => ({
  name,
  type: "text",
  category: "S",
  scale: undefined,
  integerDigits: undefined,
  length: undefined,
  notNull: false,
  defaultSql: undefined,
  isGenerated: false
})
const column = (name: string, from: MappedColumn["from"]): MappedColumn => ({
  shape: shape(name),
  from,
  convert: undefined
})
const result = column("result", "resultId")
const mapping: HrMapping = {
  targets: [
    {
      subject: "lms.exam",
      relation: '"hr"."kept"',
      columns: [result, column("score", "score.raw"), column("note", "attributes.note")],
      key: [result],
      onRevoke: "delete",
      needsAssessment: false,
      hasFixedKey: true,
      own: undefined
    }
  ],
  employees: {
    relation: '"hr"."employee"',
    key: shape("no"),
    name: undefined,
    hiredOn: undefined,
    leftOn: undefined,
    mergedInto: undefined,
    status: undefined,
    exclusions: [],
    changedAt: undefined,
    rules: [{ number: 0, learner: "phone", column: shape("phone"), spellings: [] }]
  },
  zone: 0
}
const nameOf = (batches: PreparedBatches, ...changes: Parameters<PreparedBatches["batchStatement"]>[0]) =>
  batches.batchStatement(changes).name

describe("prepared batches", () => {
  it("a batch in which some mapped key is absent is written column by column (G1)", () => {
    const batches = new PreparedBatches(mapping, 1, ONLY_LANE)
    expect(nameOf(batches, exam(1, 1, {}, "1.00"), revoked(2, "lms.exam", 2))).toBe("gradewire_1_full_few_0")
    expect(nameOf(batches, exam(1, 1, {}, null))).toBe("gradewire_1_full_few_0")
    expect(nameOf(batches, exam(1, 1, {}, "1.00", { attributes: {} }))).toBe("gradewire_1_partial_few_0")
    expect(nameOf(batches, exam(1, 1, {}, "1.00", { score: {} }))).toBe("gradewire_1_partial_few_0")
    const many = Array.from({ length: 9 }, (_, n) => exam(n + 1, n, {}, "1.00"))
    expect(nameOf(batches, ...many)).toBe("gradewire_1_full_0")
  })

  it("plans are renewed after ever more uses, and the old one is let go once (G8)", () => {
    const batches = new PreparedBatches(mapping, 7, ONLY_LANE)
    const names: Array<string | undefined> = []
    const retired: Array<string | undefined> = []
    for (let use = 0; use < 20_000; use++) {
      const statement = batches.statement("full")
      if (statement.name !== names.at(-1)) names.push(statement.name)
      if (statement.retired !== undefined) retired.push(statement.retired)
    }
    expect(names).toEqual([0, 1, 2, 3, 4, 5].map((version) => `gradewire_7_full_${version}`))
    expect(retired).toEqual(names.slice(0, -1))
  })

  it("the look at held results is planned anew each time, whatever the queue was before (G7)", () => {
    const batches = new PreparedBatches(mapping, 1, ONLY_LANE)
    expect(batches.statement("probe")).toMatchObject({ name: undefined, retired: undefined })
  })

  it("changes go to the server by kind, in their order (G2)", () => {
    const changes = [
      exam(1, 1, {}, "1.00"),
      learner(2, "7", {}),
      assessment(3, "a", "A"),
      exam(4, 2, {}, "2.00")
    ]
    const [scores, learners, assessments] = changeArrays(changes).map((text) => JSON.parse(text) as unknown)
    expect(scores).toEqual([changes[0], changes[3]])
    expect(learners).toEqual([changes[1]])
    expect(assessments).toEqual([changes[2]])
  })
})
