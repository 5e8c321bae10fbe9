/** Whether the employee table can prove who a learner is: its columns, doubles among its keys, indexes on them. */
import { Effect } from "effect"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { Finding } from "../../schemas/finding.ts"
import { error, ok, warning } from "./findings.ts"

type Employees = ConnectorConfig["employees"]

/** Counts alone, never the keys themselves. */
export interface KeyCounts {
  readonly employees: string | number
  readonly with_key: string | number
  readonly doubled: string | number
}

/** How one kind of server looks at its employee table. */
export interface EmployeeTable<E> {
  readonly columns: ReadonlyMap<string, unknown>
  /** Columns that an index serves; `undefined` for a view. */
  readonly indexedFirst: ReadonlySet<string> | undefined
  readonly countKeys: (column: string) => Effect.Effect<KeyCounts, E>
  readonly identifier: (name: string) => string
  /** Quoted, qualified name. */
  readonly relation: string
  readonly addIndex: (column: string) => string
  /** SQL of the column as text. */
  readonly text: (column: string) => string
}

const checkRule = <E>(
  table: EmployeeTable<E>,
  employees: Employees,
  column: string
): Effect.Effect<ReadonlyArray<Finding>, E> =>
  Effect.gen(function* () {
    const { identifier, relation } = table
    const findings: Array<Finding> = []
    const name = `${employees.table}.${column}`
    const counts = yield* table.countKeys(column)
    const people = Number(counts.employees)
    const without = Math.max(0, people - Number(counts.with_key))
    if (Number(counts.doubled) > 0) {
      const found = `${counts.doubled} keys of several employees`
      const fix = `SELECT ${identifier(column)} FROM ${relation} GROUP BY 1 HAVING count(DISTINCT ${identifier(employees.key)}) > 1;`
      findings.push(warning(`doubles in ${name}`, found, "none; such scores are held", fix))
    }
    if (without > 0) {
      const found = `${without} of ${people} employees have none`
      const fix = `Nothing, if other rules find them: SELECT count(*) FROM ${relation} WHERE coalesce(${table.text(column)}, '') = '';`
      findings.push(warning(`coverage of ${name}`, found, "a key for every employee", fix))
    }
    if (table.indexedFirst !== undefined && !table.indexedFirst.has(column)) {
      const wanted = "an index, or every batch reads the whole table"
      findings.push(warning(`index on ${name}`, "none", wanted, table.addIndex(column)))
    }
    return findings.length === 0 ? [ok(`matching by ${name}`, `${people} employees`)] : findings
  })

export const checkEmployees = <E>(
  table: EmployeeTable<E>,
  employees: Employees
): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function* () {
    const { changedAt, hiredOn, key, leftOn, match, mergedInto, name, status } = employees
    const wanted = [
      key,
      ...match.map((rule) => rule.employee),
      name,
      hiredOn,
      leftOn,
      mergedInto,
      status?.column,
      changedAt
    ].filter((column) => column !== undefined)
    const missing = wanted.filter((column) => !table.columns.has(column))
    if (missing.length > 0) {
      const fix = "Check employees in the configuration."
      return missing.map((column) => error(`column ${employees.table}.${column}`, "not there", "there", fix))
    }
    const findings: Array<Finding> = []
    // One that may not be read is a finding of its own already.
    for (const column of new Set(employees.match.map((rule) => rule.employee)))
      findings.push(...(yield* checkRule(table, employees, column).pipe(Effect.orElseSucceed(() => []))))
    if (changedAt !== undefined && table.indexedFirst?.has(changedAt) === false) {
      const index = "an index, or every look at what changed reads the whole table"
      findings.push(
        warning(`index on ${employees.table}.${changedAt}`, "none", index, table.addIndex(changedAt))
      )
    }
    return findings
  })
