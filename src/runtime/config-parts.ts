/** The parts of a configuration that decoded by themselves, as the rules between them see it. */
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { TableConfig } from "../../schemas/table-config.ts"

/** Tables keep their place in the list; `undefined` did not decode. */
export interface ConfigParts {
  readonly source: ConnectorConfig["source"] | undefined
  readonly changeLog: ConnectorConfig["changeLog"] | undefined
  readonly target: ConnectorConfig["target"] | undefined
  readonly employees: ConnectorConfig["employees"] | undefined
  readonly alerts: ConnectorConfig["alerts"] | undefined
  readonly reconcile: ConnectorConfig["reconcile"] | undefined
  readonly tables: ReadonlyArray<TableConfig | undefined>
}

type TableOf<K extends TableConfig["as"]> = Extract<TableConfig, { as: K }>

/** The tables of one kind with their place in the list. */
export const tablesAs = <const K extends TableConfig["as"]>(
  parts: ConfigParts,
  kind: K
): ReadonlyArray<{ readonly index: number; readonly table: TableOf<K> }> =>
  parts.tables.flatMap((table, index) => (table?.as === kind ? [{ index, table: table as TableOf<K> }] : []))

/** True where every table decoded, so that what is not found is not there. */
export const tablesComplete = (parts: ConfigParts): boolean =>
  parts.tables.length > 0 && parts.tables.every((table) => table !== undefined)
