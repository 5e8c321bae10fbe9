/**
 * Read model of `gradewire offsets list`: every connector that applies to this HR database, from `gradewire.offsets`.
 *
 * It answers from the database alone, whether gradewire runs or not. What is not known is `null`, never 0.
 */
import { Effect } from "effect"
import { asc } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import type { Anchor } from "../../../schemas/anchor.ts"
import { offsetsView } from "../../../schemas/hr/views.ts"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { classifyError } from "./classify-error.ts"
import { openSession, type DriverError, type PostgresOptions } from "./postgres-client.ts"

export interface StoredOffset {
  readonly connector: string
  readonly position: string
  readonly generation: number
  readonly streamSequence: number
  /** `null` before the first batch. */
  readonly anchor: Anchor | null
  /** RFC 3339 UTC. */
  readonly committedAt: string | null
  readonly updatedAt: string
  readonly epoch: number
  readonly holder: string
  /** Events covered, results applied, changes without effect; since the connector began. */
  readonly events: bigint
  readonly applied: bigint
  readonly stale: bigint
  /** Source commit to profile of the last batch with changes; `null`: nothing arrived lately. */
  readonly lagSeconds: number | null
  /** Since the connector last wrote. */
  readonly idleSeconds: number | null
  /** Results that wait for their person or assessment now. */
  readonly held: bigint
  /** Dead letters unresolved now. */
  readonly deadLetters: bigint
}

type ViewRow = typeof offsetsView.$inferSelect

/** `2026-11-22 08:00:00.5+00` as RFC 3339; the session's zone is UTC while it is read. */
const instant = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11).replace(/\+00(:?00)?$/, "")}Z`

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
  committedAt: row.committedAt === null ? null : instant(row.committedAt),
  updatedAt: instant(row.updatedAt),
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

/** All connectors by name. Needs SELECT on the view alone. */
export const listOffsets = (
  options: PostgresOptions
): Effect.Effect<ReadonlyArray<StoredOffset>, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options)
      const read = Effect.gen(function* () {
        yield* session.rows({ text: "set time zone 'UTC'" })
        yield* session.rows({ text: "set datestyle = 'ISO'" })
        const database = drizzle(yield* session.client)
        return yield* Effect.tryPromise({
          try: () => database.select().from(offsetsView).orderBy(asc(offsetsView.connector)),
          catch: (cause): DriverError => ({ _tag: "DriverError", cause: causeOf(cause) })
        })
      })
      const place = {
        server: `${options.host}:${options.port}/${options.database}`,
        grants: `GRANT USAGE ON SCHEMA gradewire TO "${options.user}";\nGRANT SELECT ON gradewire.offsets TO "${options.user}";`
      }
      const rows = yield* Effect.mapError(read, (error) => classifyError(error.cause, place))
      return rows.map(storedOffset)
    })
  )

/** drizzle wraps what the driver threw. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error
