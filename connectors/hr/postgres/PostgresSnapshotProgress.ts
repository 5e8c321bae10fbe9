/**
 * Read model of `gradewire snapshot status`: how far the copy of the source's tables has been applied, from
 * `gradewire.snapshot_progress`. It answers from the database alone, whether gradewire runs or not.
 */
import { Effect } from "effect"
import { asc, eq } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { snapshotProgressView } from "../../../schemas/hr/views.ts"
import type { SnapshotStatus } from "../../../schemas/snapshot-command.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { classifyError } from "./classify-error.ts"
import { openSession, type DriverError, type PostgresOptions } from "./postgres-client.ts"

export interface AppliedSnapshot extends SnapshotStatus {
  /** RFC 3339 UTC; `null` where nothing is known of a copy. */
  readonly updatedAt: string | null
}

/** Needs SELECT on the view alone. */
export const readSnapshotProgress = (
  options: PostgresOptions,
  connector: string
): Effect.Effect<AppliedSnapshot, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options)
      const read = Effect.gen(function* () {
        yield* session.rows({ text: "set time zone 'UTC'" })
        yield* session.rows({ text: "set datestyle = 'ISO'" })
        const database = drizzle(yield* session.client)
        return yield* Effect.tryPromise({
          try: () =>
            database
              .select()
              .from(snapshotProgressView)
              .where(eq(snapshotProgressView.connector, connector))
              .orderBy(asc(snapshotProgressView.place)),
          catch: (cause): DriverError => ({ _tag: "DriverError", cause: causeOf(cause) })
        })
      })
      const place = {
        server: `${options.host}:${options.port}/${options.database}`,
        grants: `GRANT USAGE ON SCHEMA gradewire TO "${options.user}";\nGRANT SELECT ON gradewire.snapshot_progress TO "${options.user}";`
      }
      return appliedSnapshot(yield* Effect.mapError(read, (error) => classifyError(error.cause, place)))
    })
  )

type ViewRow = typeof snapshotProgressView.$inferSelect

const appliedSnapshot = (rows: ReadonlyArray<ViewRow>): AppliedSnapshot => ({
  paused: rows.some(({ state }) => state === "paused"),
  tables: rows.map(({ table, state, filtered, rows: read, estimate, percent }) => ({
    table,
    state,
    filtered,
    rows: read,
    estimate,
    percent
  })),
  updatedAt: rows[0] === undefined ? null : instant(rows[0].updatedAt)
})

/** `2026-11-22 08:00:00.5+00` as RFC 3339. */
const instant = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11).replace(/\+00(:?00)?$/, "")}Z`

/** drizzle wraps what the driver threw. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error
