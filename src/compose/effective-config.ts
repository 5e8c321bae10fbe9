/** The configuration with every default filled in. No secret is read. */
import { streamName } from "../../connectors/jetstream/options.ts"
import { defaultServerId } from "../../connectors/mysql/source-options.ts"
import type { ConnectorConfig, HttpConfig } from "../../schemas/connector-config.ts"
import { KEEP_DAYS, repairSettings, type ReconcileConfig } from "../../schemas/reconcile-config.ts"
import type { ScoreTable } from "../../schemas/table-config.ts"
import { DEFAULT_REGION } from "../identity/key-rules.ts"

type Filled<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> }

/** Those without a default are left out. */
type Limits = Omit<NonNullable<ConnectorConfig["limits"]>, "snapshotRowsPerSecond">

export interface EffectiveConfig extends Omit<
  ConnectorConfig,
  "source" | "changeLog" | "target" | "employees" | "limits" | "apply" | "http"
> {
  readonly source: Filled<ConnectorConfig["source"], "port" | "serverId" | "start">
  readonly changeLog: Filled<
    ConnectorConfig["changeLog"],
    "stream" | "manage" | "replicas" | "largeEvents" | "maxAgeHours"
  >
  readonly target: Filled<ConnectorConfig["target"], "port" | "timeZone">
  readonly employees: Filled<ConnectorConfig["employees"], "phone" | "refreshSeconds">
  readonly limits: Filled<NonNullable<ConnectorConfig["limits"]>, keyof Limits>
  readonly apply: { readonly lanes: number }
  readonly http: false | Required<HttpConfig>
}

const TARGET_PORTS = { postgresql: 5432, mysql: 3306 } as const

const effectiveTarget = (target: ScoreTable["target"]) => {
  const given = target === undefined || target === "own" ? { table: "own" as const } : target
  return { ...given, onRevoke: given.onRevoke ?? (given.table === "own" ? "hide" : "delete") }
}

const effectiveReconcile = (given: ReconcileConfig, timeZone: string): ReconcileConfig => {
  const repair = repairSettings(given)
  return {
    timeZone,
    keepDays: KEEP_DAYS,
    ...given,
    ...(repair === undefined ? {} : { repair: repair as NonNullable<ReconcileConfig["repair"]> })
  }
}

/** Key order is the order of reading, as `config render` prints it. */
export const effectiveConfig = (config: ConnectorConfig): EffectiveConfig => ({
  version: config.version,
  connector: config.connector,
  source: {
    ...config.source,
    port: config.source.port ?? 3306,
    serverId: config.source.serverId ?? defaultServerId(config.connector),
    // A connector that begins late would miss what was written before: that is never the silent choice (G1).
    start: config.source.start ?? "snapshot"
  },
  changeLog: {
    ...config.changeLog,
    stream: config.changeLog.stream ?? streamName(config.connector),
    manage: config.changeLog.manage ?? "create",
    replicas: config.changeLog.replicas ?? 1,
    largeEvents: config.changeLog.largeEvents ?? "refuse",
    maxAgeHours: config.changeLog.maxAgeHours ?? 168
  },
  target: {
    ...config.target,
    port: config.target.port ?? TARGET_PORTS[config.target.kind],
    timeZone: config.target.timeZone ?? config.source.timeZone
  },
  employees: {
    ...config.employees,
    phone:
      config.employees.phone === "exact" ? "exact" : { region: DEFAULT_REGION, ...config.employees.phone },
    refreshSeconds: config.employees.refreshSeconds ?? 60
  },
  tables: config.tables.map((table) =>
    table.as === "score" ? { ...table, target: effectiveTarget(table.target) } : table
  ) as unknown as ConnectorConfig["tables"],
  limits: {
    ...config.limits,
    segmentEvents: config.limits?.segmentEvents ?? 500,
    segmentBytes: config.limits?.segmentBytes ?? 262_144,
    batchEvents: config.limits?.batchEvents ?? 1000,
    sourceBytes: config.limits?.sourceBytes ?? 16_777_216,
    snapshotThreadsRunning: config.limits?.snapshotThreadsRunning ?? 25,
    snapshotRows: config.limits?.snapshotRows ?? 2000,
    checkpointSeconds: config.limits?.checkpointSeconds ?? 2
  },
  apply: { lanes: config.apply?.lanes ?? 1 },
  ...(config.alerts === undefined ? {} : { alerts: config.alerts }),
  ...(config.reconcile === undefined
    ? {}
    : { reconcile: effectiveReconcile(config.reconcile, config.source.timeZone) }),
  ...(config.telemetry === undefined ? {} : { telemetry: config.telemetry }),
  http:
    config.http === false ? false : { host: config.http?.host ?? "0.0.0.0", port: config.http?.port ?? 9090 }
})
