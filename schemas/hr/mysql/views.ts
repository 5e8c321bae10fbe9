/**
 * The views a DBA reads on MySQL and MariaDB, as on PostgreSQL (schemas/hr/views.ts); their SQL is in the migrations.
 *
 * `null` is "not known"; a lag that is not known is never shown as 0. Times are UTC.
 */
import { bigint, boolean, datetime, double, int, mysqlSchema, text } from "drizzle-orm/mysql-core"

const gradewire = mysqlSchema("gradewire")

const moment = (name: string) => datetime(name, { mode: "string", fsp: 6 })
const count = (name: string) => bigint(name, { mode: "bigint" })

export const offsetsView = gradewire
  .view("offsets", {
    connector: text("connector").notNull(),
    position: text("position").notNull(),
    generation: bigint("generation", { mode: "number" }).notNull(),
    streamSequence: bigint("stream_sequence", { mode: "number" }).notNull(),
    anchorFile: text("anchor_file"),
    anchorPosition: bigint("anchor_position", { mode: "number" }),
    anchorGtid: text("anchor_gtid"),
    anchorServer: text("anchor_server"),
    anchorTimeline: int("anchor_timeline"),
    committedAt: moment("committed_at"),
    updatedAt: moment("updated_at").notNull(),
    epoch: bigint("epoch", { mode: "number" }).notNull(),
    holder: text("holder").notNull(),
    events: count("events").notNull(),
    applied: count("applied").notNull(),
    stale: count("stale").notNull(),
    lagSeconds: double("lag_seconds"),
    idleSeconds: double("idle_seconds"),
    heldChanges: count("held_changes").notNull(),
    deadLetters: count("dead_letters").notNull(),
    lane: int("lane").notNull()
  })
  .existing()

export const snapshotProgressView = gradewire
  .view("snapshot_progress", {
    connector: text("connector").notNull(),
    place: int("place").notNull(),
    table: text("table_name").notNull(),
    state: text("state", { enum: ["waiting", "running", "paused", "done", "canceled"] }).notNull(),
    filtered: boolean("filtered").notNull(),
    rows: bigint("rows", { mode: "number" }).notNull(),
    estimate: bigint("estimate", { mode: "number" }),
    percent: double("percent"),
    updatedAt: moment("updated_at").notNull()
  })
  .existing()
