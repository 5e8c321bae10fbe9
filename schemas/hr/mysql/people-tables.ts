/** Who is whom: links, what people decided about them, and how HR spells keys (G7). */
import { bigint, int, mysqlTable, primaryKey, text, varchar } from "drizzle-orm/mysql-core"
import { connectorName, keyText, moment, shortKey, stateText } from "./column-kinds.ts"

export const personLink = mysqlTable(
  "person_link",
  {
    connector: connectorName("connector").notNull(),
    learnerId: keyText("learner_id").notNull(),
    employeeKey: text("employee_key").notNull(),
    rule: varchar("rule", { length: 16 }).notNull(),
    linkedAt: moment("linked_at").notNull()
  },
  (table) => [primaryKey({ columns: [table.connector, table.learnerId] })]
)

export const employeeSpelling = mysqlTable(
  "employee_spelling",
  {
    connector: connectorName("connector").notNull(),
    kind: stateText("kind").notNull(),
    source: shortKey(64)("source").notNull(),
    value: shortKey(255)("value").notNull(),
    employeeKey: shortKey(255)("employee_key").notNull(),
    raw: shortKey(255)("raw").notNull()
  },
  (table) => [
    primaryKey({ columns: [table.connector, table.kind, table.source, table.value, table.employeeKey] })
  ]
)

export const employeeReading = mysqlTable(
  "employee_reading",
  {
    connector: connectorName("connector").notNull(),
    rules: text("rules").notNull(),
    completedAt: moment("completed_at").notNull(),
    employees: bigint("employees", { mode: "bigint" }).notNull(),
    spellings: bigint("spellings", { mode: "bigint" }).notNull()
  },
  (table) => [primaryKey({ columns: [table.connector] })]
)

/** Held results that people put aside; one whose result was held anew since counts no more. */
export const ignoredChange = mysqlTable(
  "ignored_change",
  {
    connector: connectorName("connector").notNull(),
    resultId: keyText("result_id").notNull(),
    at: moment("at").notNull(),
    byWhom: text("by_whom").notNull(),
    why: text("why").notNull()
  },
  (table) => [primaryKey({ columns: [table.connector, table.resultId] })]
)

/** What people decided about whose scores are whose; nothing is ever removed. `subject` is a learner, or a result without one. */
export const personDecision = mysqlTable(
  "person_decision",
  {
    connector: connectorName("connector").notNull(),
    subject: keyText("subject").notNull(),
    at: moment("at").notNull(),
    action: varchar("action", { length: 16, enum: ["resolve", "relink", "ignore", "restore"] }).notNull(),
    fromEmployee: text("from_employee"),
    toEmployee: text("to_employee"),
    results: int("results").notNull(),
    byWhom: text("by_whom").notNull(),
    why: text("why").notNull()
  },
  (table) => [primaryKey({ columns: [table.connector, table.subject, table.at] })]
)
