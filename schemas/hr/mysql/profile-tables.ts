/** The profile that gradewire keeps itself where no table of HR is mapped. */
import { bigint, index, json, mysqlTable, primaryKey, text, varchar } from "drizzle-orm/mysql-core"
import { connectorName, keyText, mark, moment, positionText, ruleText, stateText } from "./column-kinds.ts"

const recordColumns = () => ({
  employeeKey: varchar("employee_key", { length: 255 }).notNull(),
  learnerId: text("learner_id"),
  assessmentId: text("assessment_id"),
  assessmentTitle: text("assessment_title"),
  assessmentMax: mark("assessment_max"),
  assessmentPass: mark("assessment_pass"),
  scoreRaw: mark("score_raw"),
  scoreMin: mark("score_min"),
  scoreMax: mark("score_max"),
  scorePass: mark("score_pass"),
  scoreText: text("score_text"),
  attemptNumber: bigint("attempt_number", { mode: "bigint" }),
  startedAt: moment("started_at"),
  submittedAt: moment("submitted_at"),
  gradedAt: moment("graded_at"),
  attributes: json("attributes"),
  state: stateText("state").notNull(),
  position: positionText("position").notNull(),
  eventType: positionText("event_type").notNull(),
  eventId: text("event_id").notNull(),
  eventTime: moment("event_time").notNull(),
  appliedAt: moment("applied_at").notNull(),
  matchRule: ruleText("match_rule")
})

export const trainingRecord = mysqlTable(
  "training_record",
  {
    connector: connectorName("connector").notNull(),
    resultId: keyText("result_id").notNull(),
    ...recordColumns()
  },
  (table) => [
    primaryKey({ columns: [table.connector, table.resultId] }),
    index("training_record_employee").on(table.employeeKey)
  ]
)

export const trainingRecordHistory = mysqlTable(
  "training_record_history",
  {
    connector: connectorName("connector").notNull(),
    resultId: keyText("result_id").notNull(),
    ...recordColumns()
  },
  (table) => [primaryKey({ columns: [table.connector, table.resultId, table.position, table.state] })]
)
