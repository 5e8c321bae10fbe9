/** Whether the employee table can prove who a learner is: its columns, doubles among its keys, indexes on them. */
import { Effect } from "effect"
import type { ConnectorConfig } from "../../../schemas/connector-config.ts"
import type { Finding } from "../../../schemas/finding.ts"
import type { TableShape } from "./catalog.ts"
import { error, ok, warning } from "./findings.ts"
import type { DriverError, PostgresSession } from "./postgres-client.ts"
import { identifier, relation } from "./sql-text.ts"

type Employees = ConnectorConfig["employees"]

interface Counts {
  readonly employees: number
  readonly with_key: number
  readonly doubled: number
}

/** Counts alone, never the keys themselves. */
const countDoubles = (employees: Employees, column: string): string => {
  const [key, value] = [identifier(employees.key), `${identifier(column)}::text`]
  return `select (select count(*)::integer from ${relation(employees.table)}) as employees,
    coalesce(sum(people), 0)::integer as with_key, count(*) filter (where people > 1)::integer as doubled
    from (select count(distinct ${key}) as people from ${relation(employees.table)}
      where ${value} <> '' group by ${value}) k`
}

const checkRule = (
  session: PostgresSession,
  employees: Employees,
  shape: TableShape,
  column: string
): Effect.Effect<ReadonlyArray<Finding>, DriverError> =>
  Effect.gen(function* () {
    const findings: Array<Finding> = []
    const name = `${employees.table}.${column}`
    const [counts] = yield* session.rows<Counts>({ text: countDoubles(employees, column) })
    const { doubled, employees: people, with_key: withKey } = counts!
    const without = Math.max(0, people - withKey)
    if (doubled > 0) {
      const fix = `SELECT ${identifier(column)} FROM ${relation(employees.table)} GROUP BY 1 HAVING count(DISTINCT ${identifier(employees.key)}) > 1;`
      findings.push(
        warning(
          `doubles in ${name}`,
          `${doubled} keys of several employees`,
          "none; such scores are held",
          fix
        )
      )
    }
    if (without > 0) {
      const found = `${without} of ${people} employees have none`
      const fix = `Nothing, if other rules find them: SELECT count(*) FROM ${relation(employees.table)} WHERE coalesce(${identifier(column)}::text, '') = '';`
      findings.push(warning(`coverage of ${name}`, found, "a key for every employee", fix))
    }
    const isTable = shape.kind === "r" || shape.kind === "p" || shape.kind === "m"
    if (isTable && !shape.indexedFirst.has(column)) {
      const fix = `CREATE INDEX ON ${relation(employees.table)} (${identifier(column)});`
      findings.push(
        warning(`index on ${name}`, "none", "an index, or every batch reads the whole table", fix)
      )
    }
    return findings.length === 0 ? [ok(`matching by ${name}`, `${people} employees`)] : findings
  })

export const checkEmployees = (
  session: PostgresSession,
  employees: Employees,
  shape: TableShape
): Effect.Effect<ReadonlyArray<Finding>, DriverError> =>
  Effect.gen(function* () {
    const wanted = [employees.key, ...employees.match.map((rule) => rule.employee)]
    const missing = wanted.filter((column) => !shape.columns.has(column))
    if (missing.length > 0) {
      return missing.map((column) =>
        error(
          `column ${employees.table}.${column}`,
          "not there",
          "there",
          "Check employees in the configuration."
        )
      )
    }
    const columns = [...new Set(employees.match.map((rule) => rule.employee))]
    const findings: Array<Finding> = []
    // One that may not be read is a finding of its own already.
    for (const column of columns) {
      const rule = checkRule(session, employees, shape, column)
      findings.push(...(yield* rule.pipe(Effect.orElseSucceed(() => []))))
    }
    return findings
  })
