/** The profile that gradewire keeps itself where no table of HR is mapped. Tables of schema `gradewire`. */
import { bigint, index, jsonb, numeric, primaryKey, text } from "drizzle-orm/pg-core"
import { bytewise, gradewire, moment } from "./column-kinds.ts"

const recordColumns = () => ({
  employeeKey: text("employee_key").notNull(),
  learnerId: text("learner_id"),
  assessmentId: text("assessment_id"),
  assessmentTitle: text("assessment_title"),
  assessmentMax: numeric("assessment_max"),
  assessmentPass: numeric("assessment_pass"),
  scoreRaw: numeric("score_raw"),
  scoreMin: numeric("score_min"),
  scoreMax: numeric("score_max"),
  scorePass: numeric("score_pass"),
  scoreText: text("score_text"),
  attemptNumber: bigint("attempt_number", { mode: "bigint" }),
  startedAt: moment("started_at"),
  submittedAt: moment("submitted_at"),
  gradedAt: moment("graded_at"),
  attributes: jsonb("attributes"),
  state: text("state", { enum: ["recorded", "revoked"] }).notNull(),
  position: bytewise("position").notNull(),
  eventType: text("event_type").notNull(),
  eventId: text("event_id").notNull(),
  eventTime: moment("event_time").notNull(),
  appliedAt: moment("applied_at").notNull(),
  /** What proved the person (schemas/match-rule.ts); null: filed by an older version. */
  matchRule: text("match_rule")
})

/** The profile that gradewire keeps itself: the row of every result as it is now. A revoked one stays, and no view shows it. */
export const trainingRecord = gradewire.table(
  "training_record",
  {
    connector: bytewise("connector").notNull(),
    resultId: bytewise("result_id").notNull(),
    ...recordColumns()
  },
  (table) => [
    primaryKey({ name: "training_record_pk", columns: [table.connector, table.resultId] }),
    index("training_record_employee").on(table.employeeKey)
  ]
)

/** Every change that took effect on it, once: the whole row as it was from then on. Rows are only ever added. */
export const trainingRecordHistory = gradewire.table(
  "training_record_history",
  {
    connector: bytewise("connector").notNull(),
    resultId: bytewise("result_id").notNull(),
    ...recordColumns()
  },
  (table) => [
    primaryKey({
      name: "training_record_history_pk",
      columns: [table.connector, table.resultId, table.position, table.state]
    })
  ]
)
