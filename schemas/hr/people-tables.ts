/** Who is whom: links, what people decided about them, and how HR spells keys (G7). Tables of schema `gradewire`. */
import { integer, primaryKey, text } from "drizzle-orm/pg-core"
import { LEARNER_KEYS } from "../employees-config.ts"
import { bytewise, count, gradewire, moment } from "./column-kinds.ts"

/** Whom a learner was proven to be; it outlives a changed phone number (G7). */
export const personLink = gradewire.table(
  "person_link",
  {
    connector: bytewise("connector").notNull(),
    learnerId: bytewise("learner_id").notNull(),
    employeeKey: text("employee_key").notNull(),
    rule: text("rule").notNull(),
    linkedAt: moment("linked_at").notNull()
  },
  (table) => [primaryKey({ name: "person_link_pk", columns: [table.connector, table.learnerId] })]
)

/**
 * Keys of employees that HR spells in unusual ways, by their canonical form (src/identity). Never proof by itself: an
 * entry counts only while HR's own row still holds `raw`.
 */
export const employeeSpelling = gradewire.table(
  "employee_spelling",
  {
    connector: bytewise("connector").notNull(),
    kind: text("kind", { enum: LEARNER_KEYS }).notNull(),
    /** Column of the employee table. */
    source: bytewise("source").notNull(),
    value: bytewise("value").notNull(),
    employeeKey: bytewise("employee_key").notNull(),
    raw: bytewise("raw").notNull()
  },
  (table) => [
    primaryKey({
      name: "employee_spelling_pk",
      columns: [table.connector, table.kind, table.source, table.value, table.employeeKey]
    })
  ]
)

/** When the whole employee table was last read for {@link employeeSpelling}; no score is judged before it once was. */
export const employeeReading = gradewire.table(
  "employee_reading",
  {
    connector: bytewise("connector").notNull(),
    /** What the reading depended on: table, columns, rules. */
    rules: text("rules").notNull(),
    completedAt: moment("completed_at").notNull(),
    employees: count("employees").notNull(),
    spellings: count("spellings").notNull()
  },
  (table) => [primaryKey({ name: "employee_reading_pk", columns: [table.connector] })]
)

/** Held results that people put aside; one whose result was held anew since counts no more. */
export const ignoredChange = gradewire.table(
  "ignored_change",
  {
    connector: bytewise("connector").notNull(),
    resultId: bytewise("result_id").notNull(),
    at: moment("at").notNull(),
    byWhom: text("by_whom").notNull(),
    why: text("why").notNull()
  },
  (table) => [primaryKey({ name: "ignored_change_pk", columns: [table.connector, table.resultId] })]
)

/** What people decided about whose scores are whose; nothing is ever removed. `subject` is a learner, or a result without one. */
export const personDecision = gradewire.table(
  "person_decision",
  {
    connector: bytewise("connector").notNull(),
    subject: bytewise("subject").notNull(),
    at: moment("at").notNull(),
    action: text("action", { enum: ["resolve", "relink", "ignore", "restore"] }).notNull(),
    fromEmployee: text("from_employee"),
    toEmployee: text("to_employee"),
    /** Results that it filed, moved or put aside. */
    results: integer("results").notNull(),
    byWhom: text("by_whom").notNull(),
    why: text("why").notNull()
  },
  (table) => [primaryKey({ name: "person_decision_pk", columns: [table.connector, table.subject, table.at] })]
)
