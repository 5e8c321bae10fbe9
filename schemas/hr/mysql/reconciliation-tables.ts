/** What comparisons of both databases leave in the HR database; the other tables are in tables.ts, and say how keys sort. */
import { json, mysqlTable, primaryKey, smallint, text, unique } from "drizzle-orm/mysql-core"
import { ascii, connectorName, positionText, stateText, keyText, moment } from "./column-kinds.ts"

const runName = ascii(32)

/** Comparisons of both databases. `active` is 1 while one runs, so that there is one at a time. */
export const reconciliationRun = mysqlTable(
  "reconciliation_run",
  {
    connector: connectorName("connector").notNull(),
    run: runName("run").notNull(),
    state: stateText("state").notNull(),
    active: smallint("active"),
    scope: json("scope").notNull(),
    /** Progress and counts per table (TableRun); its keys may be personal, so readers get the view without them (G9). */
    tables: json("tables").notNull(),
    byWhom: text("by_whom").notNull(),
    holder: text("holder").notNull(),
    startedAt: moment("started_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
    finishedAt: moment("finished_at"),
    /** With what it compared (RunOrigin); null: an older version ran it. */
    origin: json("origin")
  },
  (table) => [
    primaryKey({ columns: [table.connector, table.run] }),
    unique("reconciliation_run_active").on(table.connector, table.active)
  ]
)

/** What a run found, by name and kind, never by value. */
export const reconciliationDiff = mysqlTable(
  "reconciliation_diff",
  {
    connector: connectorName("connector").notNull(),
    run: runName("run").notNull(),
    place: smallint("place").notNull(),
    rowId: keyText("row_id").notNull(),
    tableName: text("table_name").notNull(),
    kind: stateText("kind").notNull(),
    fields: text("fields").notNull(),
    position: positionText("position"),
    learnerId: text("learner_id"),
    foundAt: moment("found_at").notNull(),
    repairedAt: moment("repaired_at"),
    repairedBy: text("repaired_by")
  },
  (table) => [primaryKey({ columns: [table.connector, table.run, table.place, table.rowId] })]
)
