/** The configuration with every default filled in, and the names derived from it. No secret is read. */
import { streamName } from "../../connectors/jetstream/options.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"

type Filled<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> }

export interface EffectiveConfig extends Omit<ConnectorConfig, "source" | "changeLog" | "target" | "limits"> {
  readonly source: Filled<ConnectorConfig["source"], "port" | "serverId" | "start">
  readonly changeLog: Filled<ConnectorConfig["changeLog"], "stream" | "manage" | "replicas" | "maxAgeHours">
  readonly target: Filled<ConnectorConfig["target"], "port" | "timeZone">
  readonly limits: Required<NonNullable<ConnectorConfig["limits"]>>
}

/** Key order is the order of reading, as `config render` prints it. */
export const effectiveConfig = (config: ConnectorConfig): EffectiveConfig => ({
  version: config.version,
  connector: config.connector,
  source: {
    ...config.source,
    port: config.source.port ?? 3306,
    serverId: config.source.serverId ?? derivedServerId(config.connector),
    // A connector that begins late would miss what was written before: that is never the silent choice (G1).
    start: config.source.start ?? "earliest"
  },
  changeLog: {
    ...config.changeLog,
    stream: config.changeLog.stream ?? streamName(config.connector),
    manage: config.changeLog.manage ?? "create",
    replicas: config.changeLog.replicas ?? 1,
    maxAgeHours: config.changeLog.maxAgeHours ?? 168
  },
  target: {
    ...config.target,
    port: config.target.port ?? 5432,
    timeZone: config.target.timeZone ?? config.source.timeZone
  },
  employees: config.employees,
  tables: config.tables.map((table) =>
    table.as === "score"
      ? { ...table, target: { ...table.target, onRevoke: table.target.onRevoke ?? "delete" } }
      : table
  ) as unknown as ConnectorConfig["tables"],
  limits: {
    segmentEvents: config.limits?.segmentEvents ?? 500,
    segmentBytes: config.limits?.segmentBytes ?? 262_144,
    batchEvents: config.limits?.batchEvents ?? 1000,
    checkpointSeconds: config.limits?.checkpointSeconds ?? 2
  }
})

/**
 * FNV-1a of the connector's name in the upper half of the 32-bit range, where people who number their servers by hand
 * or by address seldom are. Two readers with one id throw each other out, so it is stable and can be set by hand.
 */
export const derivedServerId = (connector: string): number => {
  let hash = 0x811c9dc5
  for (const character of connector) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return 0x80000000 + ((hash >>> 0) & 0x7ffffffe) + 1
}
