/**
 * Brings gradewire's own tables in the HR database to this version's shape.
 *
 * - Migrations are drizzle-kit's, read and booked as drizzle's migrator does (hash and time in `gradewire.migration`).
 *   That migrator itself is not used: it creates its schema on every run, which a user without CREATE right on the
 *   database may not even where the schema exists.
 * - Everything pending runs in one transaction behind an advisory lock: of two processes that start at once one
 *   migrates and the other finds nothing to do.
 * - Where nothing is pending no right beyond reading is needed.
 */
import { Effect } from "effect"
import type { MigrationMeta } from "drizzle-orm/migrator"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { progressOf, readMigrations, type MigrateOutcome, type Progress } from "../migrations.ts"
import { classifyError } from "./classify-error.ts"
import {
  openSession,
  type DriverError,
  type PostgresOptions,
  type PostgresSession
} from "./postgres-client.ts"
import { identifier } from "./sql-text.ts"

export interface MigrateOptions {
  readonly postgres: PostgresOptions
  /** Folder with `meta/_journal.json`: `schemas/hr/migrations/postgresql`, or its copy beside a bundle. */
  readonly migrationsFolder: string
}

/** "grade" in ASCII; any number that all versions agree on. */
const LOCK_KEY = 0x6772616465

const CREATE = `create table if not exists gradewire.migration
  (id serial primary key, hash text not null, created_at bigint)`

/**
 * The catalog's tables, not `to_regclass`: names that were missing before the advisory lock was waited for stay missing
 * in the backend's own cache of names, because taking that lock makes nobody look at what others have changed.
 */
const IS_THERE = `select
  exists (select from pg_class where relname = 'migration' and relnamespace = n.oid) as is_there,
  n.oid is not null as has_schema
from (select 1) one left join pg_namespace n on n.nspname = 'gradewire'`

const BOOKED = `select created_at from gradewire.migration order by created_at`

const readProgress = (
  session: PostgresSession,
  migrations: ReadonlyArray<MigrationMeta>
): Effect.Effect<Progress, DriverError> =>
  Effect.gen(function* () {
    const found = (yield* session.rows<{ is_there: boolean; has_schema: boolean }>({ text: IS_THERE }))[0]!
    const hasSchema = found.has_schema
    if (!found.is_there) return { hasSchema, total: 0, pending: migrations }
    const booked = yield* session.rows<{ created_at: string }>({ text: BOOKED })
    return progressOf(migrations, booked)
  })

const applyPending = (session: PostgresSession, progress: Progress): Effect.Effect<void, DriverError> =>
  Effect.gen(function* () {
    if (!progress.hasSchema) yield* session.rows({ text: "create schema gradewire" })
    yield* session.rows({ text: CREATE })
    for (const migration of progress.pending) {
      for (const text of migration.sql) yield* session.rows({ text })
      yield* session.rows({
        text: "insert into gradewire.migration (hash, created_at) values ($1, $2)",
        values: [migration.hash, migration.folderMillis]
      })
    }
  })

const migrateIn = (
  session: PostgresSession,
  migrations: ReadonlyArray<MigrationMeta>
): Effect.Effect<MigrateOutcome, DriverError> =>
  Effect.gen(function* () {
    const before = yield* readProgress(session, migrations)
    if (before.pending.length === 0) return { applied: 0, total: before.total }
    yield* session.rows({ text: "begin" })
    yield* session.rows({ text: `select pg_advisory_xact_lock(${LOCK_KEY})` })
    const progress = yield* readProgress(session, migrations)
    yield* applyPending(session, progress)
    yield* session.rows({ text: "commit" })
    return { applied: progress.pending.length, total: progress.total + progress.pending.length }
  })

/** What lets a user migrate who may not: to be run by the owner of the database. */
export const migrationGrants = (user: string, database: string): string =>
  `Run gradewire migrate once as the owner of the database, then:
GRANT USAGE ON SCHEMA gradewire TO ${identifier(user)};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gradewire TO ${identifier(user)};
or let this user do it:
GRANT CREATE ON DATABASE ${identifier(database)} TO ${identifier(user)};`

export const migrate = (options: MigrateOptions): Effect.Effect<MigrateOutcome, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { migrationsFolder, postgres } = options
      const migrations = yield* readMigrations(migrationsFolder)
      const session = yield* openSession({ ...postgres, lockTimeoutMs: 60_000 })
      const place = {
        server: `${postgres.host}:${postgres.port}/${postgres.database}`,
        grants: migrationGrants(postgres.user, postgres.database)
      }
      // Without a commit the connection's end rolls everything back.
      return yield* migrateIn(session, migrations).pipe(
        Effect.mapError((error) => classifyError(error.cause, place))
      )
    })
  )
