/** `gradewire migrate`, which apply also does at its start: our own tables in the HR database. */
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { migrate as migrateDatabase } from "../../connectors/hr/migrate.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { targetOptions } from "./options.ts"

/** The bundle keeps its copy at the same place relative to this file's chunk (deploy/build.ts). */
const MIGRATIONS = fileURLToPath(new URL("../../schemas/hr/migrations/postgresql", import.meta.url))

export const migrateSchema = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const postgres = yield* targetOptions(loaded, "migrate")
  return yield* migrateDatabase({ postgres, migrationsFolder: MIGRATIONS })
})

export const migrate = (file: string) => Effect.flatMap(loadConfig(file), migrateSchema)
