/**
 * The tables that gradewire keeps in the HR database, schema `gradewire`, beside the profile tables it fills (G4).
 *
 * - Positions and keys are `COLLATE "C"`: their text order is history order, and an index compares bytes.
 * - Only apply writes here, under the epoch of `apply_offset`; the views without personal values are for everybody else.
 * - The schema itself is not exported: the migrations' own runner creates it, a DBA may have done so before.
 */
import { sql } from "drizzle-orm"
import {
  bigint,
  boolean,
  index,
  integer,
  json,
  jsonb,
  numeric,
  primaryKey,
  smallint,
  text
} from "drizzle-orm/pg-core"
import { bytewise, count, gradewire, moment } from "./column-kinds.ts"

/** One row per connector: progress, fencing number and totals. Locked first by every batch. */
export const applyOffset = gradewire.table(
  "apply_offset",
  {
    connector: bytewise("connector").notNull(),
    lane: smallint("lane").notNull().default(0),
    position: bytewise("position").notNull(),
    generation: bigint("generation", { mode: "number" }).notNull().default(0),
    streamSequence: bigint("stream_sequence", { mode: "number" }).notNull().default(0),
    anchorFile: text("anchor_file"),
    anchorPosition: bigint("anchor_position", { mode: "number" }),
    anchorGtid: text("anchor_gtid"),
    anchorServer: text("anchor_server"),
    anchorTimeline: integer("anchor_timeline"),
    committedAt: moment("committed_at"),
    /** How far the copy of the tables had come, and the captured GTIDs (progressText); its keys may be personal, so readers get the view without them (G9). */
    snapshot: jsonb("snapshot"),
    epoch: bigint("epoch", { mode: "number" }).notNull().default(0),
    holder: text("holder").notNull(),
    updatedAt: moment("updated_at").notNull(),
    /** When the last batch with changes committed, and the source commit time of its last change: the lag. */
    changedAt: moment("changed_at"),
    changedCommittedAt: moment("changed_committed_at"),
    events: count("events")
      .notNull()
      .default(sql`0`),
    applied: count("applied")
      .notNull()
      .default(sql`0`),
    stale: count("stale")
      .notNull()
      .default(sql`0`),
    held: count("held")
      .notNull()
      .default(sql`0`),
    released: count("released")
      .notNull()
      .default(sql`0`),
    dead: count("dead")
      .notNull()
      .default(sql`0`)
  },
  (table) => [primaryKey({ name: "apply_offset_pk", columns: [table.connector, table.lane] })]
)

/** What has been applied per result: the guard (G2). A revoked result keeps its row, so that no older change revives it. */
export const resultLedger = gradewire.table(
  "result_ledger",
  {
    connector: bytewise("connector").notNull(),
    resultId: bytewise("result_id").notNull(),
    position: bytewise("position").notNull(),
    eventId: text("event_id").notNull(),
    state: text("state", { enum: ["recorded", "revoked"] }).notNull(),
    learnerId: bytewise("learner_id"),
    employeeKey: text("employee_key"),
    /** Values of the target's key columns, where they are more than the result and constants. */
    rowKey: jsonb("row_key"),
    appliedAt: moment("applied_at").notNull(),
    /** What proved the person (schemas/match-rule.ts); null: filed by an older version. */
    matchRule: text("match_rule")
  },
  (table) => [primaryKey({ name: "result_ledger_pk", columns: [table.connector, table.resultId] })]
)

/** Last known keys of every learner, so that a score with only a learner's id finds its person (D8). */
export const learnerDirectory = gradewire.table(
  "learner_directory",
  {
    connector: bytewise("connector").notNull(),
    learnerId: bytewise("learner_id").notNull(),
    position: bytewise("position").notNull(),
    employeeNo: text("employee_no"),
    phone: text("phone"),
    email: text("email"),
    name: text("name"),
    removed: boolean("removed").notNull().default(false),
    externalId: text("external_id")
  },
  (table) => [primaryKey({ name: "learner_directory_pk", columns: [table.connector, table.learnerId] })]
)

/** Last known title and marks of every assessment. */
export const assessmentDirectory = gradewire.table(
  "assessment_directory",
  {
    connector: bytewise("connector").notNull(),
    assessmentId: bytewise("assessment_id").notNull(),
    position: bytewise("position").notNull(),
    title: text("title"),
    max: numeric("max"),
    pass: numeric("pass"),
    removed: boolean("removed").notNull().default(false)
  },
  (table) => [primaryKey({ name: "assessment_directory_pk", columns: [table.connector, table.assessmentId] })]
)

/** The last change of each result that waits for its person or its assessment. */
export const heldChange = gradewire.table(
  "held_change",
  {
    connector: bytewise("connector").notNull(),
    resultId: bytewise("result_id").notNull(),
    position: bytewise("position").notNull(),
    event: jsonb("event").notNull(),
    learnerId: bytewise("learner_id"),
    reason: text("reason", {
      enum: ["LEARNER_UNKNOWN", "ABSENT", "AMBIGUOUS", "CONFLICT", "UNQUALIFIED", "ASSESSMENT_UNKNOWN"]
    }).notNull(),
    candidates: integer("candidates").notNull().default(0),
    heldAt: moment("held_at").notNull(),
    updatedAt: moment("updated_at").notNull()
  },
  (table) => [
    primaryKey({ name: "held_change_pk", columns: [table.connector, table.resultId] }),
    index("held_change_learner").on(table.connector, table.learnerId),
    // Accounts that are no employees may be many, and nobody waits for them.
    index("held_change_waiting")
      .on(table.connector, table.resultId)
      .where(sql`reason <> 'UNQUALIFIED'`),
    index("held_change_parked")
      .on(table.connector, table.resultId)
      .where(sql`reason = 'UNQUALIFIED'`)
  ]
)

/**
 * Changes that the database or the mapping refuses, and later changes of the same result that wait behind them.
 *
 * - `open` refused; `waiting` behind an open one; `replay` an operator asks for another attempt; `done`; `discarded`
 * - `event` is `json`, not `jsonb`: that keeps a change as it came, with a 0x00 that `jsonb` would refuse.
 */
export const deadLetter = gradewire.table(
  "dead_letter",
  {
    connector: bytewise("connector").notNull(),
    position: bytewise("position").notNull(),
    resultId: bytewise("result_id"),
    type: text("type").notNull(),
    eventId: text("event_id").notNull(),
    event: json("event").notNull(),
    reason: text("reason").notNull(),
    detail: text("detail").notNull(),
    state: text("state", { enum: ["open", "waiting", "replay", "done", "discarded"] }).notNull(),
    at: moment("at").notNull(),
    updatedAt: moment("updated_at").notNull()
  },
  (table) => [
    primaryKey({ name: "dead_letter_pk", columns: [table.connector, table.position] }),
    index("dead_letter_unresolved")
      .on(table.connector, table.resultId, table.position)
      .where(sql`state in ('open', 'waiting', 'replay')`)
  ]
)

/** What operators decided about dead letters; nothing is ever removed. */
export const deadLetterDecision = gradewire.table(
  "dead_letter_decision",
  {
    connector: bytewise("connector").notNull(),
    position: bytewise("position").notNull(),
    at: moment("at").notNull(),
    action: text("action", { enum: ["replay", "discard"] }).notNull(),
    byWhom: text("by_whom").notNull(),
    why: text("why")
  },
  (table) => [
    primaryKey({ name: "dead_letter_decision_pk", columns: [table.connector, table.position, table.at] })
  ]
)
