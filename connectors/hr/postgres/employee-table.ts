/** The employee table on PostgreSQL, for the preflight. */
import { Effect } from "effect"
import type { ConnectorConfig } from "../../../schemas/connector-config.ts"
import type { EmployeeTable, KeyCounts } from "../check-employees.ts"
import type { TableShape } from "./catalog.ts"
import type { DriverError, PostgresSession } from "./postgres-client.ts"
import { identifier, relation } from "./sql-text.ts"

export const employeeTable = (
  session: PostgresSession,
  employees: ConnectorConfig["employees"],
  shape: TableShape
): EmployeeTable<DriverError> => {
  const table = relation(employees.table)
  const text = (column: string) => `${identifier(column)}::text`
  const countKeys = (column: string) => `select (select count(*)::integer from ${table}) as employees,
    coalesce(sum(people), 0)::integer as with_key, count(*) filter (where people > 1)::integer as doubled
    from (select count(distinct ${identifier(employees.key)}) as people from ${table}
      where ${text(column)} <> '' group by ${text(column)}) k`
  return {
    columns: shape.columns,
    indexedFirst: /^[rpm]$/.test(shape.kind) ? shape.indexedFirst : undefined,
    countKeys: (column) =>
      Effect.map(session.rows<KeyCounts>({ text: countKeys(column) }), ([counts]) => counts!),
    identifier,
    relation: table,
    addIndex: (column) => `CREATE INDEX ON ${table} (${identifier(column)});`,
    text
  }
}
