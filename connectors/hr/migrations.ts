/** The migrations of gradewire's own tables, as drizzle-kit writes them and drizzle's migrator books them. */
import { Effect } from "effect"
import { readMigrationFiles, type MigrationMeta } from "drizzle-orm/migrator"
import { StoreMisconfigured } from "../../src/apply/ProfileStore.ts"

export interface MigrateOutcome {
  /** Migrations applied now. */
  readonly applied: number
  /** Migrations the database holds, of a newer version too. */
  readonly total: number
}

/** @param migrationsFolder with `meta/_journal.json` */
export const readMigrations = (
  migrationsFolder: string
): Effect.Effect<ReadonlyArray<MigrationMeta>, StoreMisconfigured> =>
  Effect.try({
    try: () => readMigrationFiles({ migrationsFolder }),
    catch: () =>
      new StoreMisconfigured({
        message: `no migrations in ${migrationsFolder}`,
        code: "NO_MIGRATIONS",
        fix: "Reinstall gradewire: its folder of migrations is missing or damaged."
      })
  })

export interface Progress {
  readonly hasSchema: boolean
  readonly total: number
  readonly pending: ReadonlyArray<MigrationMeta>
}

/**
 * As drizzle's migrator: what is newer than the newest that is booked.
 * @param booked times of those that are booked, rising
 */
export const progressOf = (
  migrations: ReadonlyArray<MigrationMeta>,
  booked: ReadonlyArray<{ readonly created_at: string }>
): Progress => {
  const newest = booked.length === 0 ? -1 : Number(booked.at(-1)!.created_at)
  return {
    hasSchema: true,
    total: booked.length,
    pending: migrations.filter((migration) => migration.folderMillis > newest)
  }
}
