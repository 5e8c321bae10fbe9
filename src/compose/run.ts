/** `gradewire run`: puts the adapters under the roles' ports and lets the roles live until told to stop. */
import { Effect, Layer } from "effect"
import { layerChangeFeed } from "../../connectors/jetstream/JetStreamChangeFeed.ts"
import { layerChangeLog } from "../../connectors/jetstream/JetStreamChangeLog.ts"
import { layerApplyProgress } from "../../connectors/jetstream/NatsApplyProgress.ts"
import { layerHolderDesk } from "../../connectors/jetstream/NatsHolderDesk.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { layerSnapshotDesk } from "../../connectors/jetstream/NatsSnapshotDesk.ts"
import { answerVitals } from "../../connectors/jetstream/NatsVitals.ts"
import { layerProgressDesk } from "../../connectors/jetstream/NatsProgressDesk.ts"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import { MySqlSnapshotSource } from "../../connectors/mysql/MySqlSnapshotSource.ts"
import { timeZone } from "../../schemas/civil-time.ts"
import type { Role, RunOptions } from "../cli/Actions.ts"
import { apply } from "../apply/apply.ts"
import { capture } from "../capture/capture.ts"
import { standBy } from "../pipeline/stand-by.ts"
import { CurrentVitals, ROLE_NAMES, type RoleName } from "../pipeline/Vitals.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { migrateSchema } from "./migrate.ts"
import { followOperators } from "./follow-operators.ts"
import { layerWatch, ownReport } from "./watch.ts"
import { changeLogOptions, sourceOptions } from "./options.ts"
import { keepHeapSmall } from "./small-heap.ts"
import { targetOf } from "./target-of.ts"

const RELEASE_MILLIS = 1_000

export const run = Effect.fnUntraced(function* (file: string, { http, role, standby }: RunOptions) {
  const loaded = yield* loadConfig(file)
  const log = yield* changeLogOptions(loaded)
  const shared = NatsConnection.layer(log)
  const roles =
    role === "capture"
      ? captureRole(loaded, log)
      : role === "apply"
        ? applyRole(loaded, log)
        : // The first to stop ends both: a pod that does half of its work looks healthy and is not.
          Effect.raceFirst(captureRole(loaded, log), applyRole(loaded, log))
  const watch = yield* layerWatch(loaded, http)
  const asOperatorsWish = Effect.scoped(Effect.andThen(followOperators(loaded, http !== false), roles))
  const work = Effect.raceFirst(asOperatorsWish, keepHeapSmall)
  const desk = layerHolderDesk(loaded.config.connector, role)
  const waitsFirst = standby ? standBy(rolesOf(role), work).pipe(Effect.provide(desk)) : work
  return yield* Effect.raceFirst(waitsFirst, answerVitals(log, ownReport)).pipe(
    Effect.provide(Layer.merge(shared, watch)),
    Effect.onInterrupt(() => Effect.logInfo("told to stop; nothing is lost, the next start goes on here"))
  )
})

const rolesOf = (role: Role): ReadonlyArray<RoleName> => (role === "all" ? ROLE_NAMES : [role])

type LogOptions = Effect.Success<ReturnType<typeof changeLogOptions>>

const captureRole = Effect.fnUntraced(function* (loaded: LoadedConfig, log: LogOptions) {
  const { connector, source, tables, limits } = effectiveConfig(loaded.config)
  const sourceSettings = yield* sourceOptions(loaded)
  const ports = Layer.mergeAll(
    MySqlChangeSource.layer(sourceSettings),
    MySqlSnapshotSource.layer(sourceSettings),
    layerChangeLog(log),
    layerApplyProgress(log),
    layerSnapshotDesk(log)
  )
  return yield* capture({
    connector,
    tables,
    start: source.start,
    acceptedBreaks: source.acceptedBreaks,
    zone: timeZone(source.timeZone) ?? 0,
    limits: { events: limits.segmentEvents, bytes: limits.segmentBytes },
    checkpointMillis: limits.checkpointSeconds * 1000,
    snapshotRows: limits.snapshotRows,
    snapshotRowsPerSecond: limits.snapshotRowsPerSecond
  }).pipe(Effect.provide(ports), Effect.annotateLogs({ connector, role: "capture" }))
})

const applyRole = Effect.fnUntraced(function* (loaded: LoadedConfig, log: LogOptions) {
  const { connector, limits } = effectiveConfig(loaded.config)
  const vitals = yield* CurrentVitals
  vitals.migrated = false
  yield* migrateSchema(loaded)
  vitals.migrated = true
  const { store } = yield* targetOf(loaded)
  const ports = Layer.mergeAll(yield* store, layerChangeFeed(log), layerProgressDesk(log))
  return yield* apply({ batchEvents: limits.batchEvents, releaseMillis: RELEASE_MILLIS }).pipe(
    Effect.provide(ports),
    Effect.annotateLogs({ connector, role: "apply" })
  )
})
