import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { storeTarget } from "../../../connectors/hr/own-target.ts"
import { decodeConfig } from "../../../src/runtime/decode-config.ts"
import { CONNECTOR_YAML, problemsOf } from "../../support/connector-yaml.ts"

const MAPPED = CONNECTOR_YAML.slice(CONNECTOR_YAML.indexOf("    target:\n      table"))
const withTarget = (target: string): string => CONNECTOR_YAML.replace(MAPPED, target)

const storedOf = (text: string) => {
  const { tables } = Result.getOrThrow(decodeConfig("c.yaml", text))
  const score = tables.find((table) => table.as === "score")!
  return storeTarget("lms-hr", score, tables)
}

describe("gradewire's own table as a target", () => {
  it("is what a score table without a target is filed in, its revoked rows hidden (G1)", () => {
    for (const text of ["", "    target: own\n", "    target: { table: own }\n"]) {
      expect(storedOf(withTarget(text))).toMatchObject({
        table: "gradewire.training_record",
        key: ["connector", "result_id"],
        own: { onRevoke: "hide" }
      })
    }
    expect(storedOf(withTarget("    target: { table: own, onRevoke: ignore }\n")).own?.onRevoke).toBe(
      "ignore"
    )
  })

  it("has a column for what is mapped and for nothing else, so that no event counts as incomplete (G1, G9)", () => {
    const { columns } = storedOf(withTarget(""))
    expect(Object.keys(columns).toSorted()).toEqual(
      [
        "applied_at",
        "assessment_id",
        "assessment_max",
        "assessment_title",
        "attributes",
        "connector",
        "employee_key"
      ].concat([
        "event_id",
        "event_time",
        "event_type",
        "learner_id",
        "match_rule",
        "position",
        "result_id",
        "score_raw",
        "state"
      ])
    )
    const alone = withTarget("")
      .replace(/  - table: lms.exam[\s\S]*?(?=  - table: lms.成绩)/, "")
      .replace(", assessment: 考试编号", "")
    expect(Object.keys(storedOf(alone).columns).filter((column) => column.startsWith("assessment"))).toEqual(
      []
    )
  })

  it.each<[target: string, problem: string]>([
    ["hr.exam", '30:13  tables[2].target  expected "own", found "hr.exam"'],
    [
      "{ table: own, columns: { a: resultId } }",
      "30:27  tables[2].target.columns  unknown key  (known here: table, onRevoke)"
    ],
    [
      "{ table: own, onRevoke: flag }",
      '30:37  tables[2].target.onRevoke  expected "hide", "delete" or "ignore", found "flag"'
    ],
    [
      "{ table: hr.t, key: [a], columns: { a: resultId }, onRevoke: hide }",
      '30:74  tables[2].target.onRevoke  expected "delete" or "ignore", found "hide"  (delete, ignore or { flag: { COLUMN: VALUE } } for a table of yours; hide, delete or ignore for table: own)'
    ]
  ])("says what is wrong with %j, and where (G3)", (target, problem) => {
    expect(problemsOf(withTarget(`    target: ${target}\n`))).toContainEqual(expect.stringContaining(problem))
  })
})
