/** The mapping on PostgreSQL. */
import { Effect } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { readMappingFrom, targetTables, type HrMappingConfig } from "../mapping.ts"
import type * as Hr from "../mapping.ts"
import { readTableShape, type ColumnShape } from "./catalog.ts"
import type { DriverError, PostgresSession } from "./postgres-client.ts"
import { identifier, relation } from "./sql-text.ts"

export type MappedColumn = Hr.MappedColumn<ColumnShape>
export type MappedTarget = Hr.MappedTarget<ColumnShape>
export type MappedOwn = Hr.MappedOwn<ColumnShape>
export type HrMapping = Hr.HrMapping<ColumnShape>

export const readMapping = (
  session: PostgresSession,
  config: HrMappingConfig
): Effect.Effect<HrMapping, DriverError | ProfileStoreError> =>
  readMappingFrom(
    {
      columnsOf: (table) => Effect.map(readTableShape(session, table), (shape) => shape?.columns),
      relation,
      identifier,
      isTime: ({ type }) => /^(date|timestamp)/.test(type)
    },
    config
  )

/** `DELETE`, `UPDATE` and what else apply needs, as statements a DBA can paste. */
export const grantsFor = (user: string, config: HrMappingConfig): string => {
  const theirs = targetTables(config)
  const schemas = new Set([config.employees.table, ...theirs])
  const targets = theirs.map(relation)
  const role = identifier(user)
  return [
    ...[...new Set([...schemas].map((table) => relation(table).split(".")[0]!))].map(
      (schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${role};`
    ),
    `GRANT SELECT ON ${relation(config.employees.table)} TO ${role};`,
    ...targets.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role};`),
    `GRANT USAGE ON SCHEMA gradewire TO ${role};`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA gradewire TO ${role};`
  ].join("\n")
}
