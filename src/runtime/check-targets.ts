/** The target side of the mapping: what fills which column, by which key a row is found again. */
import type { ScoreTable, TableConfig, TargetTable } from "../../schemas/table-config.ts"
import type { ConfigIssue } from "./config-errors.ts"
import { tablesAs, tablesComplete, type ConfigParts } from "./config-parts.ts"
import { checkConversions } from "./check-conversions.ts"
import { nearestWord } from "./nearest-word.ts"
import type { Path } from "./path-text.ts"

type Assessment = Extract<TableConfig, { as: "assessment" }>

export const checkTargets = (parts: ConfigParts): ReadonlyArray<ConfigIssue> => {
  const assessment = tablesAs(parts, "assessment")[0]?.table
  const scores = tablesAs(parts, "score")
  const mapped = scores.flatMap(({ index, table }) => {
    const { target } = table
    return target === undefined || target === "own" || !("columns" in target)
      ? []
      : [{ index, table, target }]
  })
  return [
    ...mapped.flatMap(({ index, table, target }) => {
      const path = ["tables", index, "target"]
      return [
        ...checkColumns(table, target, assessment, tablesComplete(parts), [...path, "columns"]),
        ...checkConversions(target, [...path, "columns"]),
        ...checkKey(target, path),
        ...checkRevoke(target, path),
        ...checkPlace(target, parts.employees?.table, path)
      ]
    }),
    ...checkShared(mapped)
  ]
}

const checkColumns = (
  score: ScoreTable,
  target: TargetTable,
  assessment: Assessment | undefined,
  complete: boolean,
  path: Path
): ReadonlyArray<ConfigIssue> =>
  Object.entries(target.columns).flatMap(([column, source]): ReadonlyArray<ConfigIssue> => {
    if (column === "") {
      return [{ path: [...path, column], end: "key", message: "a column without a name", fix: "remove it" }]
    }
    if (typeof source === "object" && "value" in source) return []
    const [from, at] = typeof source === "string" ? [source, [column]] : [source.from, [column, "from"]]
    const lack = whatIsMissing(from, score, assessment, complete)
    return lack === undefined ? [] : [{ path: [...path, ...at], end: "value", ...lack }]
  })

interface Lack {
  readonly message: string
  readonly fix: string
}

const whatIsMissing = (
  source: string,
  score: ScoreTable,
  assessment: Assessment | undefined,
  complete: boolean
): Lack | undefined => {
  const dot = source.indexOf(".")
  const [group, name] = dot === -1 ? [source, ""] : [source.slice(0, dot), source.slice(dot + 1)]
  switch (group) {
    case "attributes":
      return lackOfAttribute(name, Object.keys(score.attributes ?? {}))
    case "learner":
      return lackOfField(source, score.fields.learner, "learner")
    case "assessment": {
      const field = lackOfField(source, score.fields.assessment, "assessment")
      if (field !== undefined || name === "id" || !complete) return field
      if (assessment === undefined) {
        return {
          message: `${source} needs a table mapped as assessment`,
          fix: "add an entry with as: assessment"
        }
      }
      const known = assessment.fields[name as keyof Assessment["fields"]]
      return known === undefined
        ? {
            message: `the assessment table does not map ${name}`,
            fix: `add fields.${name} to ${assessment.table}`
          }
        : undefined
    }
    case "score":
      return lackOfField(source, score.fields[name as "raw"], name)
    case "attempt": {
      const field = name === "number" ? "attempt" : (name as "startedAt")
      return lackOfField(source, score.fields[field], field)
    }
    default:
      return undefined
  }
}

const lackOfField = (source: string, column: string | undefined, field: string): Lack | undefined =>
  column === undefined
    ? {
        message: `${source} is filled from nothing`,
        fix: `map fields.${field} of this table, or remove the column`
      }
    : undefined

const lackOfAttribute = (name: string, known: ReadonlyArray<string>): Lack | undefined => {
  if (known.includes(name)) return undefined
  const near = nearestWord(name, known)
  const fix =
    near === undefined ? `add ${name} to this table's attributes` : `did you mean attributes.${near}?`
  return { message: `there is no attribute ${name}`, fix }
}

/** What keeps its value through corrections. A key that changes would leave the old row behind and write a second. */
const STEADY = /^(resultId|employee|learner\.id|assessment\.id|attempt\.number)$/

const checkKey = (target: TargetTable, path: Path): ReadonlyArray<ConfigIssue> => {
  const issues: Array<ConfigIssue> = []
  let fromResult = false
  for (const [place, column] of target.key.entries()) {
    const keyPath = [...path, "key", place]
    if (target.key.indexOf(column) !== place) {
      issues.push({ path: keyPath, end: "value", message: `${column} stands twice`, fix: "keep one" })
      continue
    }
    const source = Object.hasOwn(target.columns, column) ? target.columns[column] : undefined
    fromResult ||= source === "resultId"
    if (source === undefined) {
      const near = nearestWord(column, Object.keys(target.columns))
      const fix = near === undefined ? `add ${column} to columns` : `did you mean ${near}?`
      issues.push({ path: keyPath, end: "value", message: `nothing fills the key column ${column}`, fix })
    } else if (typeof source === "string" && !STEADY.test(source)) {
      issues.push({
        path: keyPath,
        end: "value",
        message: `${column} is filled from ${source}, which a correction may change: the old row would stay as a second one`,
        fix: "use a unique index on the column that resultId fills"
      })
    }
  }
  if (!fromResult) {
    issues.push({
      path: [...path, "key"],
      end: "key",
      message: "no key column is filled from resultId, so two results could fall on one row",
      fix: "add a column with a unique index, fill it from resultId and name it here"
    })
  }
  return issues
}

const checkRevoke = (target: TargetTable, path: Path): ReadonlyArray<ConfigIssue> => {
  if (typeof target.onRevoke !== "object") return []
  const flagged = Object.keys(target.onRevoke.flag)
  const flagPath = [...path, "onRevoke", "flag"]
  if (flagged.length === 0) {
    const fix = "name the columns to write, for example { is_valid: false }"
    return [{ path: flagPath, end: "key", message: "flags no column", fix }]
  }
  return flagged
    .filter((column) => target.key.includes(column))
    .map((column) => ({
      path: [...flagPath, column],
      end: "key" as const,
      message: `${column} is a key column and cannot be a flag`,
      fix: "flag another column"
    }))
}

const checkPlace = (
  target: TargetTable,
  employees: string | undefined,
  path: Path
): ReadonlyArray<ConfigIssue> => {
  const at = { path: [...path, "table"], end: "value" as const }
  if (target.table === employees) {
    const fix = "write scores to a table of their own"
    return [{ ...at, message: "is the employee table, which is only ever read", fix }]
  }
  return target.table.startsWith("gradewire.")
    ? [
        {
          ...at,
          message: "the schema gradewire keeps our own progress",
          fix: "name a table of another schema"
        }
      ]
    : []
}

/** Result ids name their source table, so two score tables may share a target, but only by one and the same key. */
const checkShared = (
  scores: ReadonlyArray<{ readonly index: number; readonly target: TargetTable }>
): ReadonlyArray<ConfigIssue> => {
  const first = new Map<string, { readonly index: number; readonly target: TargetTable }>()
  return scores.flatMap(({ index, target }) => {
    const other = first.get(target.table)
    if (other === undefined) {
      first.set(target.table, { index, target })
      return []
    }
    if (keyText(other.target) === keyText(target)) return []
    return [
      {
        path: ["tables", index, "target", "key"],
        end: "value" as const,
        message: `tables[${other.index}] fills ${target.table} by another key, so their rows could collide`,
        fix: "use the same key columns, filled from the same places"
      }
    ]
  })
}

const keyText = (target: TargetTable): string =>
  JSON.stringify(
    [...target.key]
      .sort()
      .map((column) => [column, target.columns[column] === "resultId" ? "resultId" : "other"])
  )
