/**
 * Read model of `gradewire offsets list`: every connector that applies to this HR database, from `gradewire.offsets`.
 *
 * It answers from the database alone, whether gradewire runs or not. What is not known is `null`, never 0.
 */
import { Effect } from "effect"
import { asc } from "drizzle-orm"
import { offsetsView } from "../../../schemas/hr/mysql/views.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { storedOffset, type StoredOffset } from "../stored-rows.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { instantOf } from "./offset-statements.ts"
import { readView } from "./read-view.ts"

/** All connectors by name, every lane of them. */
export const listOffsets = (
  options: MySqlOptions
): Effect.Effect<ReadonlyArray<StoredOffset>, ProfileStoreError> =>
  Effect.map(
    readView(options, "offsets", (database) =>
      database.select().from(offsetsView).orderBy(asc(offsetsView.connector), asc(offsetsView.lane))
    ),
    (rows) => rows.map((row) => storedOffset(row, instantOf))
  )
