/**
 * The HR database as the commands know it, whatever its kind. Each kind's adapter is a file of its own, read when a
 * configuration names that kind, so that the other one's driver is not loaded.
 */
import { Effect, type Layer } from "effect"
import type { StoredOffset } from "../../connectors/hr/postgres/PostgresOffsets.ts"
import type { AppliedSnapshot } from "../../connectors/hr/postgres/PostgresSnapshotProgress.ts"
import type { MigrateOutcome } from "../../connectors/hr/migrate.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { ProfileStore, ProfileStoreError } from "../apply/ProfileStore.ts"
import type { Machine } from "../cli/Actions.ts"
import type { SecretUnreadable } from "../runtime/config-errors.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"

type Asked<A, E = never> = Effect.Effect<A, SecretUnreadable | E, Machine>

export interface Target {
  readonly store: Asked<Layer.Layer<ProfileStore>>
  readonly migrate: Asked<MigrateOutcome, ProfileStoreError>
  readonly check: Asked<ReadonlyArray<Finding>>
  readonly offsets: Asked<ReadonlyArray<StoredOffset>, ProfileStoreError>
  readonly snapshot: Asked<AppliedSnapshot, ProfileStoreError>
}

export const targetOf = (loaded: LoadedConfig): Effect.Effect<Target> => {
  const { target } = loaded.config
  return target.kind === "mysql"
    ? Effect.map(
        Effect.promise(() => import("./mysql-target.ts")),
        (m) => m.mysqlTarget(loaded, target)
      )
    : Effect.map(
        Effect.promise(() => import("./postgres-target.ts")),
        (m) => m.postgresTarget(loaded, target)
      )
}
