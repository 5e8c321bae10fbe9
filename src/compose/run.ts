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
import { CHANGED_MILLIS } from "../../connectors/hr/employee-reading.ts"
import { timeZone } from "../../schemas/civil-time.ts"
import { ONLY_LANE, type Lane } from "../../schemas/lane.ts"
import type { Role, RunOptions } from "../cli/Actions.ts"
import { withAlerts } from "../alerts/watch-alerts.ts"
import { apply } from "../apply/apply.ts"
import { LaneUnknown } from "../apply/route-events.ts"
import { SegmentShelf } from "../apply/SegmentShelf.ts"
import { capture } from "../capture/capture.ts"
import { LaneVitals } from "../pipeline/LaneVitals.ts"
import { standBy } from "../pipeline/stand-by.ts"
import { CurrentVitals, ROLE_NAMES, type RoleName } from "../pipeline/Vitals.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { migrateSchema } from "./migrate.ts"
import { recordMapping } from "./record-mapping.ts"
import { alertWatch } from "./alerts.ts"
import { followOperators } from "./follow-operators.ts"
import { layerWatch, ownReport } from "./watch.ts"
import { scoreChecks } from "../apply/score-checks.ts"
import { changeLogOptions, sourceOptions, storeOptions } from "./options.ts"
import { keepHeapSmall } from "./small-heap.ts"
import { targetOf } from "./target-of.ts"

const RELEASE_MILLIS = 1_000

export const run = Effect.fnUntraced(function* (file: string, { http, lanes, role, standby }: RunOptions) {
  const loaded = yield* loadConfig(file)
  yield* checkLanes(loaded, lanes)
  const log = yield* changeLogOptions(loaded)
  const shared = NatsConnection.layer(log)
  const roles =
    role === "capture"
      ? captureRole(loaded, log)
      : role === "apply"
        ? applyRole(loaded, log, lanes)
        : // The first to stop ends both: a pod that does half of its work looks healthy and is not.
          Effect.raceFirst(captureRole(loaded, log), applyRole(loaded, log, lanes))
  const speaksForApply = role !== "capture" && (lanes?.includes(0) ?? true)
  const works = [role, ...(lanes ?? [])].join("-")
  const alerts = yield* alertWatch(loaded, works, speaksForApply)
  const watch = yield* layerWatch(loaded, http)
  const asOperatorsWish = Effect.scoped(
    Effect.andThen(followOperators(loaded, http !== false || alerts !== undefined), roles)
  )
  const work = Effect.raceFirst(asOperatorsWish, keepHeapSmall)
  const desk = layerHolderDesk(loaded.config.connector, works)
  const waitsFirst = standby ? standBy(rolesOf(role), work).pipe(Effect.provide(desk)) : work
  const alerting = alerts === undefined ? waitsFirst : withAlerts(alerts, waitsFirst)
  const { reconcile, telemetry } = loaded.config
  const cron = reconcile?.cron
  const comparing =
    cron === undefined || !speaksForApply
      ? alerting
      : Effect.raceFirst(
          alerting,
          Effect.flatMap(
            Effect.promise(() => import("./scheduled-verify.ts")),
            (m) => m.verifyByClock(loaded, { ...reconcile, cron })
          )
        )
  const traces =
    telemetry === undefined
      ? Layer.empty
      : yield* Effect.flatMap(
          Effect.promise(() => import("./traces.ts")),
          (m) => m.layerTraces(loaded, telemetry)
        )
  return yield* Effect.raceFirst(comparing, answerVitals(log, ownReport)).pipe(
    Effect.provide(Layer.mergeAll(shared, watch, traces)),
    Effect.onInterrupt(() => Effect.logInfo("told to stop; nothing is lost, the next start goes on here"))
  )
})

const checkLanes = (loaded: LoadedConfig, taken: ReadonlyArray<number> | undefined) => {
  const { lanes } = effectiveConfig(loaded.config).apply
  const wrong = taken?.find((lane) => lane >= lanes)
  return wrong === undefined
    ? Effect.void
    : new LaneUnknown({ message: `--lanes names lane ${wrong}, apply.lanes is ${lanes}`, lane: wrong, lanes })
}

const rolesOf = (role: Role): ReadonlyArray<RoleName> => (role === "all" ? ROLE_NAMES : [role])

type LogOptions = Effect.Success<ReturnType<typeof changeLogOptions>>

const captureRole = Effect.fnUntraced(function* (loaded: LoadedConfig, log: LogOptions) {
  const { connector, source, changeLog, tables, limits } = effectiveConfig(loaded.config)
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
    largeEvents: changeLog.largeEvents,
    zone: timeZone(source.timeZone) ?? 0,
    limits: { events: limits.segmentEvents, bytes: limits.segmentBytes },
    checkpointMillis: limits.checkpointSeconds * 1000,
    snapshotRows: limits.snapshotRows,
    snapshotRowsPerSecond: limits.snapshotRowsPerSecond
  }).pipe(Effect.provide(ports), Effect.annotateLogs({ connector, role: "capture" }))
})

const applyRole = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  log: LogOptions,
  taken: ReadonlyArray<number> | undefined
) {
  const { apply: divided, connector } = effectiveConfig(loaded.config)
  const vitals = yield* CurrentVitals
  vitals.migrated = false
  yield* migrateSchema(loaded)
  vitals.migrated = true
  yield* recordMapping(loaded)
  const numbers = taken ?? Array.from({ length: divided.lanes }, (_, lane) => lane)
  const lanes = numbers.map((lane): Lane => ({ lane, lanes: divided.lanes }))
  if (divided.lanes === 1) return yield* applyLane(loaded, log, ONLY_LANE, undefined)
  const shelf = new SegmentShelf()
  const known: Array<LaneVitals> = []
  for (const _ of lanes) known.push(new LaneVitals(vitals, known))
  // The first to stop ends all: a process that does a part of its work looks healthy and is not.
  return yield* Effect.raceAllFirst(
    lanes.map((lane, index) =>
      applyLane(loaded, log, lane, shelf).pipe(
        Effect.provideService(CurrentVitals, known[index]!),
        Effect.annotateLogs({ lane: lane.lane })
      )
    )
  ).pipe(Effect.annotateLogs({ connector }))
})

const applyLane = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  log: LogOptions,
  lane: Lane,
  shelf: SegmentShelf | undefined
) {
  const { connector, employees, limits, tables } = effectiveConfig(loaded.config)
  const { store } = yield* targetOf(loaded)
  const ports = Layer.mergeAll(yield* store(lane), layerChangeFeed(log), layerProgressDesk(log))
  const learnerTables = new Set(
    tables.flatMap((table) =>
      table.as === "score" && table.fields.learner !== undefined ? [table.table] : []
    )
  )
  const routing = lane.lanes === 1 ? undefined : { ...lane, learnerTables }
  const options = {
    batchEvents: limits.batchEvents,
    releaseMillis: RELEASE_MILLIS,
    // The reading itself knows when the whole table is due.
    employeesMillis:
      employees.changedAt === undefined
        ? employees.refreshSeconds * 1000
        : Math.min(CHANGED_MILLIS, employees.refreshSeconds * 1000),
    employeesPauses: employees.changedAt === undefined ? undefined : 1,
    routing,
    shelf,
    checkScore: scoreChecks(storeOptions(loaded).mapping.scores)
  }
  return yield* apply(options).pipe(Effect.provide(ports), Effect.annotateLogs({ connector, role: "apply" }))
})
