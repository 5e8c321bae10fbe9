/** The employee table on MySQL and MariaDB, for the preflight. */
import { Effect } from "effect"
import type { ConnectorConfig } from "../../../schemas/connector-config.ts"
import type { EmployeeTable, KeyCounts } from "../check-employees.ts"
import type { TableShape } from "./catalog.ts"
import type { DriverError, MySqlSession } from "./mysql-client.ts"
import { identifier, relation } from "./sql-text.ts"

export const employeeTable = (
  session: MySqlSession,
  employees: ConnectorConfig["employees"],
  shape: TableShape
): EmployeeTable<DriverError> => {
  const table = relation(employees.table)
  // Bytes are compared, as matching does.
  const bytes = (name: string) => `cast(convert(${identifier(name)} using utf8mb4) as binary)`
  const countKeys = (column: string) => `select (select count(*) from ${table}) as employees,
    coalesce(sum(k.people), 0) as with_key, coalesce(sum(k.people > 1), 0) as doubled
    from (select count(distinct ${bytes(employees.key)}) as people from ${table}
      where ${bytes(column)} <> '' group by ${bytes(column)}) k`
  return {
    columns: shape.columns,
    indexedFirst: shape.kind === "BASE TABLE" ? shape.indexedFirst : undefined,
    countKeys: (column) => Effect.map(session.rows<KeyCounts>(countKeys(column)), ([counts]) => counts!),
    identifier,
    relation: table,
    addIndex: (column) => `ALTER TABLE ${table} ADD INDEX (${identifier(column)});`,
    text: identifier
  }
}
