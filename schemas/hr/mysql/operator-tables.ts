/** What operators want of a connector, as on PostgreSQL (schemas/hr/operator-tables.ts); and what the views' columns mean. */
import { bigint, boolean, int, json, mysqlTable, primaryKey, text, varchar } from "drizzle-orm/mysql-core"
import { ascii, connectorName, positionText, moment } from "./column-kinds.ts"

export const control = mysqlTable(
  "control",
  {
    connector: connectorName("connector").notNull(),
    role: varchar("role", { length: 16, enum: ["capture", "apply"] }).notNull(),
    paused: boolean("paused").notNull(),
    reason: text("reason").notNull(),
    changedBy: text("changed_by").notNull(),
    changedAt: moment("changed_at").notNull(),
    eventsPerSecond: int("events_per_second")
  },
  (table) => [primaryKey({ columns: [table.connector, table.role] })]
)

export const offsetHistory = mysqlTable("offset_history", {
  id: bigint("id", { mode: "number" }).autoincrement().primaryKey(),
  connector: connectorName("connector").notNull(),
  changedAt: moment("changed_at").notNull(),
  changedBy: text("changed_by").notNull(),
  kind: varchar("kind", { length: 16, enum: ["reset", "restore"] }).notNull(),
  reason: text("reason").notNull(),
  oldPosition: positionText("old_position").notNull(),
  oldGtid: text("old_gtid"),
  newPosition: positionText("new_position").notNull(),
  newGtid: text("new_gtid"),
  oldPlace: json("old_place").notNull(),
  newPlace: json("new_place").notNull()
})

export const mappingVersion = mysqlTable(
  "mapping_version",
  {
    connector: connectorName("connector").notNull(),
    hash: varchar("hash", { length: 64 }).notNull(),
    firstStartedAt: moment("first_started_at").notNull(),
    lastStartedAt: moment("last_started_at").notNull(),
    starts: bigint("starts", { mode: "number" }).notNull(),
    startedBy: text("started_by").notNull(),
    programVersion: text("program_version").notNull(),
    mapping: json("mapping").notNull()
  },
  (table) => [primaryKey({ columns: [table.connector, table.hash] })]
)

export const alertState = mysqlTable(
  "alert_state",
  {
    connector: connectorName("connector").notNull(),
    speaker: ascii(255)("speaker").notNull(),
    alert: ascii(64)("alert").notNull(),
    subject: ascii(64)("subject").notNull(),
    since: moment("since").notNull(),
    toldAt: moment("told_at"),
    text: text("text").notNull(),
    /** JSON array of names: receivers that were to hear it too and have not taken it. */
    owedTo: text("owed_to"),
    /** It is over, and those to whom it is owed have not heard that. */
    isOver: boolean("is_over").notNull().default(false),
    updatedAt: moment("updated_at").notNull()
  },
  (table) => [primaryKey({ columns: [table.connector, table.speaker, table.alert, table.subject] })]
)

/** What every column of a view means: views have no comments here. */
export const viewColumn = mysqlTable(
  "view_column",
  {
    viewName: varchar("view_name", { length: 64 }).notNull(),
    columnName: varchar("column_name", { length: 64 }).notNull(),
    description: text("description").notNull()
  },
  (table) => [primaryKey({ columns: [table.viewName, table.columnName] })]
)
