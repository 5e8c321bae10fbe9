/** What operators want and wanted of a connector, and with which mapping it was started: tables of schema `gradewire`. */
import { bigint, boolean, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core"
import { bytewise, gradewire, moment } from "./column-kinds.ts"

/** What an operator wants a role to do, whether it runs at the moment or not. A role without a row may run. */
export const control = gradewire.table(
  "control",
  {
    connector: bytewise("connector").notNull(),
    role: text("role", { enum: ["capture", "apply"] }).notNull(),
    paused: boolean("paused").notNull(),
    reason: text("reason").notNull(),
    changedBy: text("changed_by").notNull(),
    changedAt: moment("changed_at").notNull(),
    /** Change events that the role may pass in a second; null: as many as it can. */
    eventsPerSecond: integer("events_per_second")
  },
  (table) => [primaryKey({ name: "control_pk", columns: [table.connector, table.role] })]
)

/** Where operators have set the offsets to; rows are only ever added. `old_place` and `new_place` are OffsetPlaces. */
export const offsetHistory = gradewire.table("offset_history", {
  id: bigint("id", { mode: "number" }).generatedByDefaultAsIdentity().primaryKey(),
  connector: bytewise("connector").notNull(),
  changedAt: moment("changed_at").notNull(),
  changedBy: text("changed_by").notNull(),
  kind: text("kind", { enum: ["reset", "restore"] }).notNull(),
  reason: text("reason").notNull(),
  oldPosition: bytewise("old_position").notNull(),
  oldGtid: text("old_gtid"),
  newPosition: bytewise("new_position").notNull(),
  newGtid: text("new_gtid"),
  oldPlace: jsonb("old_place").notNull(),
  newPlace: jsonb("new_place").notNull()
})

/** Every mapping that apply was ever started with, and when; told apart by its hash. */
export const mappingVersion = gradewire.table(
  "mapping_version",
  {
    connector: bytewise("connector").notNull(),
    hash: bytewise("hash").notNull(),
    firstStartedAt: moment("first_started_at").notNull(),
    lastStartedAt: moment("last_started_at").notNull(),
    starts: bigint("starts", { mode: "number" }).notNull(),
    startedBy: text("started_by").notNull(),
    programVersion: text("program_version").notNull(),
    mapping: jsonb("mapping").notNull()
  },
  (table) => [primaryKey({ name: "mapping_version_pk", columns: [table.connector, table.hash] })]
)

/** Alerts that hold, or whose end nobody has been told yet, so that a process that starts knows what was said before it. */
export const alertState = gradewire.table(
  "alert_state",
  {
    connector: bytewise("connector").notNull(),
    /** Roles and lanes of the process: two that run side by side each speak for their own. */
    speaker: bytewise("speaker").notNull(),
    alert: bytewise("alert").notNull(),
    subject: bytewise("subject").notNull(),
    since: moment("since").notNull(),
    /** Null: it has not lasted long enough, or the hours are quiet. */
    toldAt: moment("told_at"),
    text: text("text").notNull(),
    /** JSON array of names: receivers that were to hear it too and have not taken it. */
    owedTo: text("owed_to"),
    /** It is over, and those to whom it is owed have not heard that. */
    isOver: boolean("is_over").notNull().default(false),
    updatedAt: moment("updated_at").notNull()
  },
  (table) => [
    primaryKey({
      name: "alert_state_pk",
      columns: [table.connector, table.speaker, table.alert, table.subject]
    })
  ]
)
