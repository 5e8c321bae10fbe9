/**
 * The tables that gradewire keeps in the HR database on MySQL and MariaDB, database `gradewire`: the same names as on
 * PostgreSQL (schemas/hr/tables.ts says what each is for).
 *
 * - Positions are `ascii_bin`: their text order is history order. Keys have a binary collation without padding, so that
 *   two keys that differ in case or in trailing spaces are two.
 * - `utf8mb4_0900_bin` is MySQL's name of that collation; the migrations' runner writes MariaDB's.
 * - Times are UTC without a zone: TIMESTAMP ends in 2038.
 */
import { sql } from "drizzle-orm"
import {
  bigint,
  boolean,
  customType,
  datetime,
  decimal,
  index,
  int,
  json,
  longtext,
  mysqlTable,
  primaryKey,
  smallint,
  text,
  varchar
} from "drizzle-orm/mysql-core"

const ascii = (length: number) =>
  customType<{ data: string }>({
    dataType: () => `varchar(${length}) CHARACTER SET ascii COLLATE ascii_bin`
  })
const connectorName = ascii(31)
const positionText = ascii(64)
const stateText = ascii(16)
/** 700 characters and a connector's name are what an InnoDB key of 3072 bytes has room for. */
const keyText = customType<{ data: string }>({
  dataType: () => "varchar(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin"
})
/** Lengths add up to less than a key of 3072 bytes. */
const shortKey = (length: number) =>
  customType<{ data: string }>({
    dataType: () => `varchar(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin`
  })
const moment = (name: string) => datetime(name, { mode: "string", fsp: 6 })
const count = (name: string) =>
  bigint(name, { mode: "bigint" })
    .notNull()
    .default(sql`0`)

/** Wide enough for every score, narrow enough to add up. */
const mark = (name: string) => decimal(name, { precision: 40, scale: 10 })

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
  appliedAt: moment("applied_at").notNull()
})

export const applyOffset = mysqlTable(
  "apply_offset",
  {
    connector: connectorName("connector").notNull(),
    lane: smallint("lane").notNull().default(0),
    position: positionText("position").notNull(),
    generation: bigint("generation", { mode: "number" }).notNull().default(0),
    streamSequence: bigint("stream_sequence", { mode: "number" }).notNull().default(0),
    anchorFile: text("anchor_file"),
    anchorPosition: bigint("anchor_position", { mode: "number" }),
    anchorGtid: text("anchor_gtid"),
    anchorServer: text("anchor_server"),
    anchorTimeline: int("anchor_timeline"),
    committedAt: moment("committed_at"),
    snapshot: json("snapshot"),
    epoch: bigint("epoch", { mode: "number" }).notNull().default(0),
    holder: text("holder").notNull(),
    updatedAt: moment("updated_at").notNull(),
    changedAt: moment("changed_at"),
    changedCommittedAt: moment("changed_committed_at"),
    events: count("events"),
    applied: count("applied"),
    stale: count("stale"),
    held: count("held"),
    released: count("released"),
    dead: count("dead")
  },
  (table) => [primaryKey({ columns: [table.connector, table.lane] })]
)

export const resultLedger = mysqlTable(
  "result_ledger",
  {
    connector: connectorName("connector").notNull(),
    resultId: keyText("result_id").notNull(),
    position: positionText("position").notNull(),
    eventId: text("event_id").notNull(),
    state: varchar("state", { length: 16, enum: ["recorded", "revoked"] }).notNull(),
    learnerId: keyText("learner_id"),
    employeeKey: text("employee_key"),
    /** Values of the target's key columns, where they are more than the result and constants. */
    rowKey: json("row_key"),
    appliedAt: moment("applied_at").notNull()
  },
  (table) => [primaryKey({ columns: [table.connector, table.resultId] })]
)

export const learnerDirectory = mysqlTable(
  "learner_directory",
  {
    connector: connectorName("connector").notNull(),
    learnerId: keyText("learner_id").notNull(),
    position: positionText("position").notNull(),
    employeeNo: text("employee_no"),
    phone: text("phone"),
    email: text("email"),
    name: text("name"),
    removed: boolean("removed").notNull().default(false)
  },
  (table) => [primaryKey({ columns: [table.connector, table.learnerId] })]
)

/** Marks stay text: a DECIMAL would show them with digits that the source does not have. */
export const assessmentDirectory = mysqlTable(
  "assessment_directory",
  {
    connector: connectorName("connector").notNull(),
    assessmentId: keyText("assessment_id").notNull(),
    position: positionText("position").notNull(),
    title: text("title"),
    max: varchar("max", { length: 100 }),
    pass: varchar("pass", { length: 100 }),
    removed: boolean("removed").notNull().default(false)
  },
  (table) => [primaryKey({ columns: [table.connector, table.assessmentId] })]
)

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

export const heldChange = mysqlTable(
  "held_change",
  {
    connector: connectorName("connector").notNull(),
    resultId: keyText("result_id").notNull(),
    position: positionText("position").notNull(),
    event: json("event").notNull(),
    learnerId: keyText("learner_id"),
    reason: varchar("reason", {
      length: 32,
      enum: ["LEARNER_UNKNOWN", "ABSENT", "AMBIGUOUS", "CONFLICT", "ASSESSMENT_UNKNOWN"]
    }).notNull(),
    candidates: int("candidates").notNull().default(0),
    heldAt: moment("held_at").notNull(),
    updatedAt: moment("updated_at").notNull()
  },
  (table) => [
    primaryKey({ columns: [table.connector, table.resultId] }),
    index("held_change_learner").on(table.connector, table.learnerId)
  ]
)

/** `event` is text, not JSON: that keeps a change as it came, with a lone surrogate that JSON would refuse. */
export const deadLetter = mysqlTable(
  "dead_letter",
  {
    connector: connectorName("connector").notNull(),
    position: positionText("position").notNull(),
    resultId: keyText("result_id"),
    type: varchar("type", { length: 64 }).notNull(),
    eventId: text("event_id").notNull(),
    event: longtext("event").notNull(),
    reason: text("reason").notNull(),
    detail: text("detail").notNull(),
    state: varchar("state", {
      length: 16,
      enum: ["open", "waiting", "replay", "done", "discarded"]
    }).notNull(),
    at: moment("at").notNull(),
    updatedAt: moment("updated_at").notNull()
  },
  (table) => [
    primaryKey({ columns: [table.connector, table.position] }),
    index("dead_letter_result").on(table.connector, table.resultId, table.position),
    index("dead_letter_state").on(table.connector, table.state, table.position)
  ]
)

/** What operators decided about dead letters; nothing is ever removed. */
export const deadLetterDecision = mysqlTable(
  "dead_letter_decision",
  {
    connector: connectorName("connector").notNull(),
    position: positionText("position").notNull(),
    at: moment("at").notNull(),
    action: varchar("action", { length: 16, enum: ["replay", "discard"] }).notNull(),
    byWhom: text("by_whom").notNull(),
    why: text("why")
  },
  (table) => [primaryKey({ columns: [table.connector, table.position, table.at] })]
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
