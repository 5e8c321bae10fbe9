/**
 * Read model of `gradewire offsets list`: every connector that applies to this HR database, from `gradewire.offsets`.
 *
 * It answers from the database alone, whether gradewire runs or not. What is not known is `null`, never 0.
 */
import { Effect } from "effect"
import { asc } from "drizzle-orm"
import type { Anchor } from "../../../schemas/anchor.ts"
import { offsetsView } from "../../../schemas/hr/mysql/views.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { StoredOffset } from "../postgres/PostgresOffsets.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { instantOf } from "./offset-statements.ts"
import { readView } from "./read-view.ts"

type ViewRow = typeof offsetsView.$inferSelect

const anchorOf = (row: ViewRow): Anchor | null =>
  row.anchorFile === null
    ? null
    : {
        file: row.anchorFile,
        position: row.anchorPosition ?? 4,
        gtid: row.anchorGtid,
        server: row.anchorServer ?? "",
        timeline: row.anchorTimeline ?? 1
      }

const storedOffset = (row: ViewRow): StoredOffset => ({
  connector: row.connector,
  position: row.position,
  generation: row.generation,
  streamSequence: row.streamSequence,
  anchor: anchorOf(row),
  committedAt: row.committedAt === null ? null : instantOf(row.committedAt),
  updatedAt: instantOf(row.updatedAt),
  epoch: row.epoch,
  holder: row.holder,
  events: row.events,
  applied: row.applied,
  stale: row.stale,
  lagSeconds: row.lagSeconds,
  idleSeconds: row.idleSeconds,
  held: row.heldChanges,
  deadLetters: row.deadLetters
})

/** All connectors by name. */
export const listOffsets = (
  options: MySqlOptions
): Effect.Effect<ReadonlyArray<StoredOffset>, ProfileStoreError> =>
  Effect.map(
    readView(options, "offsets", (database) =>
      database.select().from(offsetsView).orderBy(asc(offsetsView.connector))
    ),
    (rows) => rows.map(storedOffset)
  )
