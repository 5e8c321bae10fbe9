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
import { connectorName, count, keyText, moment, positionText, ruleText } from "./column-kinds.ts"

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
    appliedAt: moment("applied_at").notNull(),
    /** What proved the person (schemas/match-rule.ts); null: filed by an older version. */
    matchRule: ruleText("match_rule")
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
    removed: boolean("removed").notNull().default(false),
    externalId: text("external_id")
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
      enum: ["LEARNER_UNKNOWN", "ABSENT", "AMBIGUOUS", "CONFLICT", "UNQUALIFIED", "ASSESSMENT_UNKNOWN"]
    }).notNull(),
    candidates: int("candidates").notNull().default(0),
    heldAt: moment("held_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
    /** Accounts that are no employees may be many, and nobody waits for them. */
    isParked: boolean("is_parked").generatedAlwaysAs(sql`(reason = 'UNQUALIFIED')`, { mode: "virtual" })
  },
  (table) => [
    primaryKey({ columns: [table.connector, table.resultId] }),
    index("held_change_learner").on(table.connector, table.learnerId),
    index("held_change_parked").on(table.connector, table.isParked, table.resultId)
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
