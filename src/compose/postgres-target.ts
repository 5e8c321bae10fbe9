/** The HR database on PostgreSQL. */
import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import { grantReader } from "../../connectors/hr/postgres/grant-reader.ts"
import { migrate } from "../../connectors/hr/postgres/migrate.ts"
import { openLanes } from "../../connectors/hr/postgres/PostgresLanes.ts"
import { openDeadLetters } from "../../connectors/hr/postgres/PostgresDeadLetters.ts"
import { openHeld } from "../../connectors/hr/postgres/PostgresHeld.ts"
import { openIdentityJudge } from "../../connectors/hr/postgres/PostgresIdentityJudge.ts"
import { openTrace } from "../../connectors/hr/postgres/PostgresTrace.ts"
import { openOperations } from "../../connectors/hr/postgres/PostgresOperations.ts"
import { openOffsetDesk } from "../../connectors/hr/postgres/PostgresOffsetDesk.ts"
import { listOffsets } from "../../connectors/hr/postgres/PostgresOffsets.ts"
import { layer } from "../../connectors/hr/postgres/PostgresProfileStore.ts"
import { layerProfileView } from "../../connectors/hr/postgres/PostgresProfileView.ts"
import { layerRunStore } from "../../connectors/hr/postgres/PostgresRunStore.ts"
import { readSnapshotProgress } from "../../connectors/hr/postgres/PostgresSnapshotProgress.ts"
import { openPeer } from "../../connectors/hr/postgres/peer-socket.ts"
import { checkTarget } from "../../connectors/hr/postgres/preflight.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { comparedTables, postgresOptions, storeOptions, type TargetOf } from "./options.ts"
import type { Target } from "./Target.ts"

/** The bundle keeps its copy at the same place relative to this file's chunk (deploy/build.ts). */
const MIGRATIONS = fileURLToPath(new URL("../../schemas/hr/migrations/postgresql", import.meta.url))

export const postgresTarget = (loaded: LoadedConfig, target: TargetOf<"postgresql">): Target => {
  const options = (role: string) => postgresOptions(loaded, target, role)
  const given = storeOptions(loaded)
  return {
    store: (lane) =>
      Effect.map(options("apply"), (postgres) => layer({ ...storeOptions(loaded, lane), postgres })),
    lanes: Effect.flatMap(options("lanes"), (postgres) => openLanes(postgres, given.connector)),
    offsetDesk: Effect.flatMap(options("offsets"), (postgres) => openOffsetDesk(postgres, given.connector)),
    migrate: Effect.flatMap(options("migrate"), (postgres) =>
      migrate({ postgres, migrationsFolder: MIGRATIONS })
    ),
    grantReader: Effect.flatMap(options("migrate"), grantReader),
    check: (sourceColumns) =>
      Effect.flatMap(options("check"), (postgres) =>
        checkTarget({ postgres, mapping: given.mapping, sourceColumns })
      ),
    identity: Effect.flatMap(options("check"), (postgres) => openIdentityJudge({ ...given, postgres })),
    letters: Effect.flatMap(options("deadletters"), (postgres) => openDeadLetters(postgres, given.connector)),
    trace: Effect.flatMap(options("trace"), (postgres) => openTrace(postgres, given.connector)),
    held: Effect.flatMap(options("held"), (postgres) => openHeld({ ...given, postgres })),
    offsets: Effect.flatMap(options("offsets"), listOffsets),
    snapshot: Effect.flatMap(options("snapshot"), (postgres) =>
      readSnapshotProgress(postgres, given.connector)
    ),
    reconciliation: Effect.map(options("verify"), (postgres) =>
      Layer.mergeAll(
        layerProfileView({ ...given, postgres, tables: comparedTables(loaded) }),
        layerRunStore({ ...given, postgres, tables: comparedTables(loaded) })
      )
    ),
    peer: Effect.flatMap(options("certificate"), openPeer),
    operations: Effect.flatMap(options("operations"), (postgres) => openOperations(postgres, given.connector))
  }
}
