/** The connector that the simulation runs: what is mapped of the training database, and how people are proven. */
import type { MappedScores } from "../support/fakes/memory-judgement.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { ScoreTable, TableConfig } from "../../schemas/table-config.ts"

/** Key columns of every table of the training database, unmapped ones included. */
export const KEYS: Readonly<Record<string, ReadonlyArray<string>>> = {
  "lms.user": ["id"],
  "lms.test": ["id"],
  "lms.exam": ["id"],
  "lms.drill": ["user_id", "seq"],
  "lms.quiz": ["id"],
  "lms.room": ["id"],
  "lms.audit": ["id"]
}

export const EMPLOYEES: ConnectorConfig["employees"] = {
  table: "hr.employee",
  key: "工号",
  match: [{ learner: "phone", employee: "mobile" }]
}

export const EXAM_TARGET = "hr.exam_record"
export const DRILL_TARGET = "hr.drill_record"
export const QUIZ_TARGET = "hr.quiz_record"

const exam: ScoreTable = {
  table: "lms.exam",
  as: "score",
  key: ["id"],
  fields: { learner: "user_id", assessment: "test_id", raw: "分数" },
  attributes: { note: "note" },
  target: {
    table: EXAM_TARGET,
    key: ["result_id"],
    columns: {
      工号: "employee",
      result_id: "resultId",
      分数: "score.raw",
      title: "assessment.title",
      note: "attributes.note"
    }
  }
}

const drill: ScoreTable = {
  table: "lms.drill",
  as: "score",
  key: ["user_id", "seq"],
  fields: { learner: "user_id", text: "grade" },
  target: {
    table: DRILL_TARGET,
    key: ["result_id"],
    columns: { 工号: "employee", result_id: "resultId", grade: "score.text", state: { value: "valid" } },
    onRevoke: { flag: { state: "revoked" } }
  }
}

const quiz: ScoreTable = {
  table: "lms.quiz",
  as: "score",
  key: ["id"],
  fields: { learner: "user_id", text: "grade" },
  target: {
    table: QUIZ_TARGET,
    key: ["result_id"],
    columns: { 工号: "employee", result_id: "resultId", grade: "score.text" }
  }
}

const TABLES: ReadonlyArray<TableConfig> = [
  exam,
  { table: "lms.user", as: "learner", key: ["id"], fields: { phone: "phone" } },
  drill,
  { table: "lms.test", as: "assessment", key: ["id"], fields: { title: "title", max: "max" } },
  { table: "lms.room", as: "row", key: ["id"], columns: ["id", "v"] }
]

/** Which tables are mapped; `withQuiz` is the configuration after somebody has added one. */
export const tablesOf = (withQuiz: boolean): ReadonlyArray<TableConfig> =>
  withQuiz ? [quiz, ...TABLES] : TABLES

export const scoresOf = (withQuiz: boolean): ReadonlyArray<ScoreTable & MappedScores> =>
  tablesOf(withQuiz).filter((table): table is ScoreTable & MappedScores => table.as === "score")

/** The phone under which the HR database knows the person behind a learner, and that person's number. */
export const phoneOf = (learner: number): string => `1380000000${learner}`
export const numberOf = (learner: number): string => `E${learner}`
