/** The source side of the mapping: tables, their keys, and columns that cannot mean two things at once. */
import type { ScoreTable, TableConfig } from "../../schemas/table-config.ts"
import type { ConfigIssue } from "./config-errors.ts"
import { nearestWord } from "./nearest-word.ts"
import { tablesAs, tablesComplete, type ConfigParts } from "./config-parts.ts"

export const checkTables = (parts: ConfigParts): ReadonlyArray<ConfigIssue> => {
  const issues: Array<ConfigIssue> = []
  const places = new Map<string, number>()
  for (const [index, table] of parts.tables.entries()) {
    if (table === undefined) continue
    const first = places.get(table.table)
    if (first === undefined) places.set(table.table, index)
    else {
      issues.push({
        path: ["tables", index, "table"],
        end: "value",
        message: `${table.table} is mapped by tables[${first}] already`,
        fix: "map all its columns in one entry"
      })
    }
    issues.push(...checkTable(table, index))
  }
  issues.push(...checkOnlyOne(parts, "learner"), ...checkOnlyOne(parts, "assessment"))
  if (tablesComplete(parts) && tablesAs(parts, "score").length + tablesAs(parts, "row").length === 0) {
    issues.push({
      path: ["tables"],
      end: "key",
      message: "no table is mapped as score, so nothing would reach the HR database",
      fix: "add an entry with as: score"
    })
  }
  return issues
}

/** Keys of two directories could mean two different people by the same value. */
const checkOnlyOne = (parts: ConfigParts, kind: "learner" | "assessment"): ReadonlyArray<ConfigIssue> =>
  tablesAs(parts, kind)
    .slice(1)
    .map(({ index }) => ({
      path: ["tables", index, "as"],
      end: "value" as const,
      message: `a second ${kind} table: the same key could mean two different ${kind === "learner" ? "people" : "exams"}, so only one is taken for now`,
      fix: "give the other one a connector of its own, or map a view's base table that holds both"
    }))

const checkTable = (table: TableConfig, index: number): ReadonlyArray<ConfigIssue> => {
  const issues: Array<ConfigIssue> = [...checkRepeats(table.key, ["tables", index, "key"])]
  if (table.as === "row") issues.push(...checkRepeats(table.columns, ["tables", index, "columns"]))
  else issues.push(...checkFields(table, index))
  issues.push(...checkNamed(table, index))
  if (table.as === "score") issues.push(...checkChecked(table, index))
  return issues
}

/** A check of what is not mapped would never fail, and be taken for a guard. */
const checkChecked = ({ checks = {}, fields }: ScoreTable, index: number): ReadonlyArray<ConfigIssue> => {
  const times = [fields.startedAt, fields.submittedAt, fields.gradedAt].filter(
    (one) => one !== undefined
  ).length
  const wanted: Readonly<Record<string, readonly [isThere: boolean, fix: string]>> = {
    aboveMax: [fields.raw !== undefined && fields.max !== undefined, "map fields.raw and fields.max"],
    timeOrder: [times >= 2, "map two of fields.startedAt, submittedAt and gradedAt"],
    futureHours: [times >= 1, "map fields.startedAt, submittedAt or gradedAt"]
  }
  return (Object.keys(checks) as ReadonlyArray<keyof typeof checks>).flatMap((check) => {
    const [isThere, fix] = wanted[check] ?? [
      fields[check as keyof typeof fields] !== undefined,
      `map fields.${check}`
    ]
    return isThere
      ? []
      : [
          {
            path: ["tables", index, "checks", check],
            end: "key" as const,
            message: `nothing that ${check} could check is mapped`,
            fix: `${fix}, or leave the check out`
          }
        ]
  })
}

const mappedColumns = (table: TableConfig): ReadonlyArray<string> => {
  const mapped = table.as === "row" ? table.columns : Object.values(table.fields as Record<string, string>)
  const attributes = table.as === "score" ? Object.values(table.attributes ?? {}) : []
  return [...new Set([...table.key, ...mapped, ...attributes])]
}

/** What stands under a column's name must be about a column that is read. */
const checkNamed = (table: TableConfig, index: number): ReadonlyArray<ConfigIssue> => {
  const columns = mappedColumns(table)
  const issues: Array<ConfigIssue> = []
  for (const key of ["zeroDates", "columnTypes"] as const) {
    for (const [column, word] of Object.entries(table[key] ?? {})) {
      const path = ["tables", index, key, column]
      if (!columns.includes(column)) {
        const near = nearestWord(column, columns)
        const fix = near === undefined ? `mapped here: ${columns.join(", ")}` : `did you mean ${near}?`
        issues.push({ path, end: "key", message: `${column} is not mapped`, fix })
      } else if (key === "zeroDates" && (word === null || word === "null") && table.key.includes(column)) {
        const message = `${column} is part of the key, which is never empty`
        issues.push({ path, end: "value", message, fix: "write keep or refuse" })
      }
    }
  }
  return issues
}

const checkRepeats = (
  columns: ReadonlyArray<string>,
  path: ReadonlyArray<PropertyKey>
): ReadonlyArray<ConfigIssue> =>
  columns.flatMap((column, place) =>
    columns.indexOf(column) === place
      ? []
      : [
          {
            path: [...path, place],
            end: "value" as const,
            message: `${column} stands twice`,
            fix: "keep one"
          }
        ]
  )

/** Fields that never rightly share one column. A column may well be both 完成时间 submitted and graded, or raw and text. */
const EXCLUSIVE: Readonly<Record<"score" | "learner" | "assessment", ReadonlyArray<ReadonlyArray<string>>>> =
  {
    score: [
      ["raw", "min", "max", "pass"],
      ["learner", "assessment", "raw", "attempt", "submittedAt"],
      ["startedAt", "submittedAt"],
      ["startedAt", "gradedAt"]
    ],
    learner: [
      ["name", "phone", "email"],
      ["name", "employeeNo"],
      ["name", "externalId"]
    ],
    assessment: [["title", "max", "pass"]]
  }

const checkFields = (
  table: Exclude<TableConfig, { as: "row" }>,
  index: number
): ReadonlyArray<ConfigIssue> => {
  const fields = table.fields as Readonly<Record<string, string>>
  const issues: Array<ConfigIssue> = []
  const reported = new Set<string>()
  for (const group of EXCLUSIVE[table.as]) {
    const owners = new Map<string, string>()
    for (const field of group) {
      const column = fields[field]
      if (column === undefined) continue
      const other = owners.get(column)
      if (other === undefined) owners.set(column, field)
      else if (!reported.has(field)) {
        reported.add(field)
        issues.push({
          path: ["tables", index, "fields", field],
          end: "value",
          message: `${column} already fills ${other}; one of the two is wrong`,
          fix: `name the column of ${field}, or leave ${field} out`
        })
      }
    }
  }
  return issues
}
