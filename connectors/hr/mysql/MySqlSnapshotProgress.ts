/**
 * Read model of `gradewire snapshot status`: how far the copy of the source's tables has been applied, from
 * `gradewire.snapshot_progress`. It answers from the database alone, whether gradewire runs or not.
 */
import { Effect } from "effect"
import { asc, eq } from "drizzle-orm"
import { snapshotProgressView } from "../../../schemas/hr/mysql/views.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { appliedSnapshot, type AppliedSnapshot } from "../stored-rows.ts"
import type { MySqlOptions } from "./mysql-client.ts"
import { instantOf } from "./offset-statements.ts"
import { readView } from "./read-view.ts"

export const readSnapshotProgress = (
  options: MySqlOptions,
  connector: string
): Effect.Effect<AppliedSnapshot, ProfileStoreError> =>
  Effect.map(
    readView(options, "snapshot_progress", (database) =>
      database
        .select()
        .from(snapshotProgressView)
        .where(eq(snapshotProgressView.connector, connector))
        .orderBy(asc(snapshotProgressView.place))
    ),
    (rows) => appliedSnapshot(rows, instantOf)
  )
