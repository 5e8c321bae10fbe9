/** The score tables of the profile store's suite, filed in gradewire's own tables, and their rows as the suite knows them. */
import { ownTarget } from "../../connectors/hr/own-target.ts"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { DRILL, EXAM, type ProfileRow } from "./hr-world.ts"

const ASSESSMENTS: TableConfig = {
  table: "lms.test",
  as: "assessment",
  key: ["id"],
  fields: { title: "title" }
}

const keys = { learner: "user_id", employeeNo: "no", phone: "phone", email: "email" }
const exam = { fields: { ...keys, assessment: "test", raw: "score" }, attributes: { note: "note" } }
const graded = { fields: { ...keys, text: "grade" } }

/** Revoked rows are hidden, hidden, left as they are. */
export const OWN_SCORES: HrMappingConfig["scores"] = [
  { table: "lms.exam", target: ownTarget("test", exam, "hide", [ASSESSMENTS]) },
  { table: "lms.drill", target: ownTarget("test", graded, "hide", []) },
  { table: "lms.quiz", target: ownTarget("test", graded, "ignore", []) }
]

/** Revoked rows are deleted. */
export const DELETED_SCORES: HrMappingConfig["scores"] = [
  { table: "lms.exam", target: ownTarget("test", exam, "delete", [ASSESSMENTS]) }
]

/** Every field is mapped, and nothing of the assessment but its title. */
export const COMPLETE_SCORES: HrMappingConfig["scores"] = [
  {
    table: "lms.exam",
    target: ownTarget(
      "test",
      {
        fields: {
          ...exam.fields,
          min: "min",
          max: "max",
          pass: "pass",
          text: "grade",
          attempt: "attempt",
          startedAt: "started",
          submittedAt: "submitted",
          gradedAt: "graded"
        },
        attributes: { note: "note", count: "count", none: "none" }
      },
      "hide",
      [ASSESSMENTS]
    )
  }
]

type Row = Readonly<Record<string, unknown>>

const text = (value: unknown): string | null => (typeof value === "string" ? value : null)

const noteOf = (attributes: unknown): string | null => {
  const read = typeof attributes === "string" ? (JSON.parse(attributes) as unknown) : attributes
  return text((read as { note?: unknown } | null)?.note)
}

/** Two digits behind the point, as the mapped table of the suite has them. */
const mark = (value: unknown): string | null => (value === null ? null : Number(value).toFixed(2))

/**
 * A row of `training_record` as one of the suite's own table would be. Exams and quizzes are read as readers see them.
 *
 * @param table of the suite
 */
export const suiteRow = (table: string, row: Row): ReadonlyArray<ProfileRow> => {
  const result = row["result_id"] as string
  const kind = table === EXAM ? "lms.exam:" : table === DRILL ? "lms.drill:" : "lms.quiz:"
  const isHidden = row["state"] === "revoked" && table !== DRILL
  if (!result.startsWith(kind) || isHidden) return []
  const common = { 工号: text(row["employee_key"]), result_id: result }
  if (table === EXAM) {
    const title = text(row["assessment_title"])
    return [
      { ...common, 分数: mark(row["score_raw"]), title, 'no"te': noteOf(row["attributes"]), system: "lms" }
    ]
  }
  const grade = text(row["score_text"])
  return [
    table === DRILL
      ? { ...common, grade, state: row["state"] === "recorded" ? "valid" : "revoked" }
      : { ...common, grade }
  ]
}
