/** What comparisons of both databases leave in the HR database, schema `gradewire`; the other tables are in tables.ts. */
import { jsonb, primaryKey, smallint, text, unique } from "drizzle-orm/pg-core"
import { gradewire, bytewise, moment } from "./column-kinds.ts"

/** Comparisons of both databases. `active` is 1 while one runs, so that there is one at a time. */
export const reconciliationRun = gradewire.table(
  "reconciliation_run",
  {
    connector: bytewise("connector").notNull(),
    run: bytewise("run").notNull(),
    state: text("state", { enum: ["running", "done", "failed"] }).notNull(),
    active: smallint("active"),
    scope: jsonb("scope").notNull(),
    /** Progress and counts per table (TableRun); its keys may be personal, so readers get the view without them (G9). */
    tables: jsonb("tables").notNull(),
    byWhom: text("by_whom").notNull(),
    holder: text("holder").notNull(),
    startedAt: moment("started_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
    finishedAt: moment("finished_at"),
    /** With what it compared (RunOrigin); null: an older version ran it. */
    origin: jsonb("origin")
  },
  (table) => [
    primaryKey({ name: "reconciliation_run_pk", columns: [table.connector, table.run] }),
    unique("reconciliation_run_active").on(table.connector, table.active)
  ]
)

/** What a run found, by name and kind, never by value. */
export const reconciliationDiff = gradewire.table(
  "reconciliation_diff",
  {
    connector: bytewise("connector").notNull(),
    run: bytewise("run").notNull(),
    place: smallint("place").notNull(),
    rowId: bytewise("row_id").notNull(),
    tableName: text("table_name").notNull(),
    kind: text("kind").notNull(),
    fields: text("fields").notNull(),
    position: bytewise("position"),
    learnerId: text("learner_id"),
    foundAt: moment("found_at").notNull(),
    repairedAt: moment("repaired_at"),
    repairedBy: text("repaired_by")
  },
  (table) => [
    primaryKey({
      name: "reconciliation_diff_pk",
      columns: [table.connector, table.run, table.place, table.rowId]
    })
  ]
)
