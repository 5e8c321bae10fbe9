/** Whether the employee table can prove who a learner is: its columns, doubles among its keys, indexes on them. */
import { Effect } from "effect"
import type { ConnectorConfig } from "../../../schemas/connector-config.ts"
import type { Finding } from "../../../schemas/finding.ts"
import { error, ok, warning } from "../postgres/findings.ts"
import type { TableShape } from "./catalog.ts"
import type { DriverError, MySqlSession } from "./mysql-client.ts"
import { identifier, relation } from "./sql-text.ts"

type Employees = ConnectorConfig["employees"]

interface Counts {
  readonly employees: string | number
  readonly with_key: string | number
  readonly doubled: string | number
}

/** Counts alone, never the keys themselves. Bytes are compared, as matching does. */
const countDoubles = (employees: Employees, column: string): string => {
  const bytes = (name: string) => `cast(convert(${identifier(name)} using utf8mb4) as binary)`
  return `select (select count(*) from ${relation(employees.table)}) as employees,
    coalesce(sum(k.people), 0) as with_key, coalesce(sum(k.people > 1), 0) as doubled
    from (select count(distinct ${bytes(employees.key)}) as people from ${relation(employees.table)}
      where ${bytes(column)} <> '' group by ${bytes(column)}) k`
}

const checkRule = (
  session: MySqlSession,
  employees: Employees,
  shape: TableShape,
  column: string
): Effect.Effect<ReadonlyArray<Finding>, DriverError> =>
  Effect.gen(function* () {
    const findings: Array<Finding> = []
    const name = `${employees.table}.${column}`
    const table = relation(employees.table)
    const [counts] = yield* session.rows<Counts>(countDoubles(employees, column))
    const people = Number(counts!.employees)
    const without = Math.max(0, people - Number(counts!.with_key))
    if (Number(counts!.doubled) > 0) {
      const found = `${counts!.doubled} keys of several employees`
      const fix = `SELECT ${identifier(column)} FROM ${table} GROUP BY 1 HAVING count(DISTINCT ${identifier(employees.key)}) > 1;`
      findings.push(warning(`doubles in ${name}`, found, "none; such scores are held", fix))
    }
    if (without > 0) {
      const found = `${without} of ${people} employees have none`
      const fix = `Nothing, if other rules find them: SELECT count(*) FROM ${table} WHERE coalesce(${identifier(column)}, '') = '';`
      findings.push(warning(`coverage of ${name}`, found, "a key for every employee", fix))
    }
    if (shape.kind === "BASE TABLE" && !shape.indexedFirst.has(column)) {
      const fix = `ALTER TABLE ${table} ADD INDEX (${identifier(column)});`
      const wanted = "an index, or every batch reads the whole table"
      findings.push(warning(`index on ${name}`, "none", wanted, fix))
    }
    return findings.length === 0 ? [ok(`matching by ${name}`, `${people} employees`)] : findings
  })

export const checkEmployees = (
  session: MySqlSession,
  employees: Employees,
  shape: TableShape
): Effect.Effect<ReadonlyArray<Finding>, DriverError> =>
  Effect.gen(function* () {
    const wanted = [employees.key, ...employees.match.map((rule) => rule.employee)]
    const missing = wanted.filter((column) => !shape.columns.has(column))
    if (missing.length > 0) {
      const fix = "Check employees in the configuration."
      return missing.map((column) => error(`column ${employees.table}.${column}`, "not there", "there", fix))
    }
    const findings: Array<Finding> = []
    // One that may not be read is a finding of its own already.
    for (const column of new Set(employees.match.map((rule) => rule.employee))) {
      const rule = checkRule(session, employees, shape, column)
      findings.push(...(yield* rule.pipe(Effect.orElseSucceed(() => []))))
    }
    return findings
  })
