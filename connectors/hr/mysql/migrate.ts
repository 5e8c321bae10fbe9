/**
 * Brings gradewire's own tables on MySQL or MariaDB to this version's shape.
 *
 * - Migrations are drizzle-kit's, booked in `gradewire.migration` as on PostgreSQL.
 * - DDL commits by itself there, so every statement can be repeated, a migration is booked behind its last one, and a
 *   crash in between is mended by the next start.
 * - A lock by name (GET_LOCK) lets one process at a time migrate; the other then finds nothing to do.
 * - Where nothing is pending no right beyond reading is needed.
 */
import { Effect } from "effect"
import type { MigrationMeta } from "drizzle-orm/migrator"
import { StoreUnavailable, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { inServersWords } from "./batch-tables.ts"
import { progressOf, readMigrations, type MigrateOutcome, type Progress } from "../migrations.ts"
import { classifyError } from "./classify-error.ts"
import { openSession, type DriverError, type MySqlOptions, type MySqlSession } from "./mysql-client.ts"
import { account, literal } from "./sql-text.ts"

export interface MigrateOptions {
  readonly mysql: MySqlOptions
  /** Folder with `meta/_journal.json`: `schemas/hr/migrations/mysql`, or its copy beside a bundle. */
  readonly migrationsFolder: string
}

const LOCK = literal("gradewire migrate")
const LOCK_SECONDS = 60

const CREATE = `create table if not exists \`gradewire\`.\`migration\` (
  id int not null auto_increment primary key, hash varchar(128) not null, created_at bigint not null
) engine = InnoDB default charset = utf8mb4`

const IS_THERE = `select
  (select count(*) from information_schema.schemata where schema_name = 'gradewire') as has_schema,
  (select count(*) from information_schema.tables
    where table_schema = 'gradewire' and table_name = 'migration') as is_there`

const BOOKED = "select created_at from `gradewire`.`migration` order by created_at"

const readProgress = (
  session: MySqlSession,
  migrations: ReadonlyArray<MigrationMeta>
): Effect.Effect<Progress, DriverError> =>
  Effect.gen(function* () {
    const [found] = yield* session.rows<{ has_schema: string; is_there: string }>(IS_THERE)
    const hasSchema = Number(found!.has_schema) > 0
    if (Number(found!.is_there) === 0) return { hasSchema, total: 0, pending: migrations }
    const booked = yield* session.rows<{ created_at: string }>(BOOKED)
    return progressOf(migrations, booked)
  })

const applyPending = (session: MySqlSession, progress: Progress): Effect.Effect<void, DriverError> =>
  Effect.gen(function* () {
    const facts = yield* session.facts
    if (!progress.hasSchema) {
      yield* session.rows("create database if not exists `gradewire` character set utf8mb4")
    }
    yield* session.rows(CREATE)
    for (const migration of progress.pending) {
      for (const text of migration.sql) yield* session.rows(inServersWords(text, facts))
      yield* session.rows(
        `insert into \`gradewire\`.\`migration\` (hash, created_at) values (${literal(migration.hash)}, ${migration.folderMillis})`
      )
    }
  })

const busy = (server: string): StoreUnavailable =>
  new StoreUnavailable({
    message: `another process is migrating HR database ${server} for more than ${LOCK_SECONDS} seconds`,
    code: "LOCKED"
  })

const migrateIn = (
  session: MySqlSession,
  migrations: ReadonlyArray<MigrationMeta>,
  server: string
): Effect.Effect<MigrateOutcome, DriverError | StoreUnavailable> =>
  Effect.gen(function* () {
    const before = yield* readProgress(session, migrations)
    if (before.pending.length === 0) return { applied: 0, total: before.total }
    const [lock] = yield* session.rows<{ taken: string | null }>(
      `select get_lock(${LOCK}, ${LOCK_SECONDS}) as taken`
    )
    if (Number(lock!.taken) !== 1) return yield* busy(server)
    const progress = yield* readProgress(session, migrations)
    yield* applyPending(session, progress)
    yield* session.rows(`select release_lock(${LOCK})`)
    return { applied: progress.pending.length, total: progress.total + progress.pending.length }
  })

/** What lets a user migrate: everything in the database gradewire is its own. Also gives the right to make it. */
export const migrationGrants = (user: string): string =>
  `GRANT ALL PRIVILEGES ON \`gradewire\`.* TO ${account(user)};`

export const migrate = (options: MigrateOptions): Effect.Effect<MigrateOutcome, ProfileStoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { migrationsFolder, mysql } = options
      const migrations = yield* readMigrations(migrationsFolder)
      const session = yield* openSession({ ...mysql, lockTimeoutMs: 60_000, answerTimeoutMs: 120_000 })
      const server = `${mysql.host}:${mysql.port}`
      const place = { server, grants: migrationGrants(mysql.user) }
      // The lock goes with the connection, at the latest.
      return yield* migrateIn(session, migrations, server).pipe(
        Effect.mapError((error) => (error._tag === "DriverError" ? classifyError(error.cause, place) : error))
      )
    })
  )
