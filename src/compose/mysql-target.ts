/** The HR database on MySQL or MariaDB. */
import { fileURLToPath } from "node:url"
import { Effect, Layer } from "effect"
import { grantReader } from "../../connectors/hr/mysql/grant-reader.ts"
import { migrate } from "../../connectors/hr/mysql/migrate.ts"
import { openLanes } from "../../connectors/hr/mysql/MySqlLanes.ts"
import { openDeadLetters } from "../../connectors/hr/mysql/MySqlDeadLetters.ts"
import { openHeld } from "../../connectors/hr/mysql/MySqlHeld.ts"
import { openIdentityJudge } from "../../connectors/hr/mysql/MySqlIdentityJudge.ts"
import { openTrace } from "../../connectors/hr/mysql/MySqlTrace.ts"
import { openOperations } from "../../connectors/hr/mysql/MySqlOperations.ts"
import { openOffsetDesk } from "../../connectors/hr/mysql/MySqlOffsetDesk.ts"
import { listOffsets } from "../../connectors/hr/mysql/MySqlOffsets.ts"
import { layer } from "../../connectors/hr/mysql/MySqlProfileStore.ts"
import { layerProfileView } from "../../connectors/hr/mysql/MySqlProfileView.ts"
import { layerRunStore } from "../../connectors/hr/mysql/MySqlRunStore.ts"
import { readSnapshotProgress } from "../../connectors/hr/mysql/MySqlSnapshotProgress.ts"
import { openPeer } from "../../connectors/hr/mysql/peer-socket.ts"
import { checkTarget } from "../../connectors/hr/mysql/preflight.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { comparedTables, mysqlOptions, storeOptions, type TargetOf } from "./options.ts"
import type { Target } from "./Target.ts"

/** The bundle keeps its copy at the same place relative to this file's chunk (deploy/build.ts). */
const MIGRATIONS = fileURLToPath(new URL("../../schemas/hr/migrations/mysql", import.meta.url))

export const mysqlTarget = (loaded: LoadedConfig, target: TargetOf<"mysql">): Target => {
  const options = (role: string) => mysqlOptions(loaded, target, role)
  const given = storeOptions(loaded)
  return {
    store: (lane) => Effect.map(options("apply"), (mysql) => layer({ ...storeOptions(loaded, lane), mysql })),
    lanes: Effect.flatMap(options("lanes"), (mysql) => openLanes(mysql, given.connector)),
    offsetDesk: Effect.flatMap(options("offsets"), (mysql) => openOffsetDesk(mysql, given.connector)),
    migrate: Effect.flatMap(options("migrate"), (mysql) => migrate({ mysql, migrationsFolder: MIGRATIONS })),
    grantReader: Effect.flatMap(options("migrate"), grantReader),
    check: (sourceColumns) =>
      Effect.flatMap(options("check"), (mysql) =>
        checkTarget({ mysql, mapping: given.mapping, sourceColumns })
      ),
    identity: Effect.flatMap(options("check"), (mysql) => openIdentityJudge({ ...given, mysql })),
    letters: Effect.flatMap(options("deadletters"), (mysql) => openDeadLetters(mysql, given.connector)),
    trace: Effect.flatMap(options("trace"), (mysql) => openTrace(mysql, given.connector)),
    held: Effect.flatMap(options("held"), (mysql) => openHeld({ ...given, mysql })),
    offsets: Effect.flatMap(options("offsets"), listOffsets),
    snapshot: Effect.flatMap(options("snapshot"), (mysql) => readSnapshotProgress(mysql, given.connector)),
    reconciliation: Effect.map(options("verify"), (mysql) =>
      Layer.mergeAll(
        layerProfileView({ ...given, mysql, tables: comparedTables(loaded) }),
        layerRunStore({ ...given, mysql, tables: comparedTables(loaded) })
      )
    ),
    peer: Effect.flatMap(options("certificate"), openPeer),
    operations: Effect.flatMap(options("operations"), (mysql) => openOperations(mysql, given.connector))
  }
}
