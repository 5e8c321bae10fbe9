/** The mapping on MySQL and MariaDB. */
import { Effect } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { readMappingFrom, targetTables, type HrMappingConfig } from "../mapping.ts"
import type * as Hr from "../mapping.ts"
import { readTableShape, type ColumnShape } from "./catalog.ts"
import type { DriverError, MySqlSession } from "./mysql-client.ts"
import { account, identifier, relation } from "./sql-text.ts"

export type MappedColumn = Hr.MappedColumn<ColumnShape>
export type MappedTarget = Hr.MappedTarget<ColumnShape>
export type MappedOwn = Hr.MappedOwn<ColumnShape>
export type HrMapping = Hr.HrMapping<ColumnShape>

export const readMapping = (
  session: MySqlSession,
  config: HrMappingConfig
): Effect.Effect<HrMapping, DriverError | ProfileStoreError> =>
  readMappingFrom(
    {
      columnsOf: (table) => Effect.map(readTableShape(session, table), (shape) => shape?.columns),
      relation,
      identifier,
      isTime: ({ kind }) => kind === "date" || kind === "datetime" || kind === "timestamp"
    },
    config
  )

/** The rights apply needs, as statements a DBA can paste. Everything in the database gradewire is its own. */
export const grantsFor = (user: string, config: HrMappingConfig): string => {
  const targets = targetTables(config).map(relation)
  const role = account(user)
  return [
    `GRANT ALL PRIVILEGES ON \`gradewire\`.* TO ${role};`,
    `GRANT SELECT ON ${relation(config.employees.table)} TO ${role};`,
    ...targets.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role};`)
  ].join("\n")
}
