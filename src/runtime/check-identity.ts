/** Whether every score can find its person at all, and every matching rule has something to compare (G7). */
import { LEARNER_KEYS } from "../../schemas/employees-config.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { exclusionsOf, patternProblem } from "../identity/exclusions.ts"
import { isKnownRegion, keyRulesOf } from "../identity/key-rules.ts"
import type { ConfigIssue } from "./config-errors.ts"
import { tablesAs, tablesComplete, type ConfigParts } from "./config-parts.ts"

type Score = Extract<TableConfig, { as: "score" }>
type Learner = Extract<TableConfig, { as: "learner" }>
type MatchKey = ConnectorConfig["employees"]["match"][number]["learner"]

export const checkIdentity = (parts: ConfigParts): ReadonlyArray<ConfigIssue> => {
  const learner = tablesAs(parts, "learner")[0]
  const scores = tablesAs(parts, "score")
  const issues: Array<ConfigIssue> = []
  if (tablesComplete(parts)) {
    issues.push(...scores.flatMap(({ table, index }) => checkPerson(table, index, learner?.table)))
    issues.push(...scores.flatMap(({ table, index }) => checkDirectories(table, index, parts)))
  }
  if (parts.employees !== undefined) issues.push(...checkRules(parts, parts.employees, learner?.table))
  return issues
}

const ways = (score: Score, learner: Learner | undefined): ReadonlySet<MatchKey> =>
  new Set(
    LEARNER_KEYS.filter(
      (key) =>
        score.fields[key] !== undefined ||
        (score.fields.learner !== undefined && learner?.fields[key] !== undefined)
    )
  )

const checkPerson = (
  score: Score,
  index: number,
  learner: Learner | undefined
): ReadonlyArray<ConfigIssue> => {
  const hasWay =
    score.fields.learner !== undefined || LEARNER_KEYS.some((key) => score.fields[key] !== undefined)
  if (!hasWay) {
    return [
      {
        path: ["tables", index, "fields"],
        end: "key",
        message: "no way from a score to its person",
        fix: "map learner (with a learner table), employeeNo, externalId, email or phone"
      }
    ]
  }
  if (score.fields.learner === undefined || learner !== undefined) return []
  return [
    {
      path: ["tables", index, "fields", "learner"],
      end: "key",
      message: "learner needs a table mapped as learner",
      fix: "add an entry with as: learner, or map employeeNo, externalId, email or phone of the score table instead"
    }
  ]
}

/** A score row refers to a learner or an exam by one column; a directory keyed by more could never be met. */
const checkDirectories = (score: Score, index: number, parts: ConfigParts): ReadonlyArray<ConfigIssue> =>
  (["learner", "assessment"] as const).flatMap((kind) => {
    const directory = tablesAs(parts, kind)[0]
    if (score.fields[kind] === undefined || directory === undefined || directory.table.key.length === 1)
      return []
    return [
      {
        path: ["tables", directory.index, "key"],
        end: "value" as const,
        message: `has ${directory.table.key.length} columns, but tables[${index}].fields.${kind} refers to it by one`,
        fix: `name the one column that ${score.fields[kind]} refers to`
      }
    ]
  })

const checkExclusions = (
  employees: ConnectorConfig["employees"],
  isGiven: (key: MatchKey) => boolean
): ReadonlyArray<ConfigIssue> => {
  const { phone } = employees
  // Of an unknown country nothing can be said about its numbers.
  if (typeof phone === "object" && phone.region !== undefined && !isKnownRegion(phone.region)) return []
  const rules = keyRulesOf(employees)
  return exclusionsOf(employees).flatMap((exclusion, place): ReadonlyArray<ConfigIssue> => {
    const path = ["employees", "exclude", place]
    const problem = patternProblem(exclusion, rules)
    if (problem !== undefined)
      return [
        {
          path: [...path, "like"],
          end: "value",
          message: problem,
          fix: "write it as in TEST*, *@example.test or +86170*"
        }
      ]
    return isGiven(exclusion.learner)
      ? []
      : [
          {
            path: [...path, "learner"],
            end: "value",
            message: `no table gives ${exclusion.learner}, so this excludes nobody`,
            fix: `map fields.${exclusion.learner} of the learner table or of the score table`
          }
        ]
  })
}

const checkRules = (
  parts: ConfigParts,
  employees: ConnectorConfig["employees"],
  learner: Learner | undefined
): ReadonlyArray<ConfigIssue> => {
  const issues: Array<ConfigIssue> = []
  const scores = tablesAs(parts, "score")
  const rules = new Set<string>()
  for (const [place, { learner: key, employee }] of employees.match.entries()) {
    const path = ["employees", "match", place]
    const rule = JSON.stringify([key, employee])
    if (rules.has(rule))
      issues.push({ path, end: "value", message: "this rule stands twice", fix: "remove it" })
    rules.add(rule)
    if (!tablesComplete(parts) || scores.length === 0) continue
    if (!scores.some(({ table }) => ways(table, learner).has(key))) {
      issues.push({
        path: [...path, "learner"],
        end: "value",
        message: `no table gives ${key}, so this rule can never hit`,
        fix: `map fields.${key} of the learner table or of the score table`
      })
    }
  }
  const region = typeof employees.phone === "object" ? employees.phone.region : undefined
  issues.push(
    ...checkExclusions(
      employees,
      (key) => !tablesComplete(parts) || scores.some(({ table }) => ways(table, learner).has(key))
    )
  )
  if (region !== undefined && !isKnownRegion(region))
    issues.push({
      path: ["employees", "phone", "region"],
      end: "value",
      message: "no country whose phone numbers are known",
      fix: "write the ISO code of a country, as in CN"
    })
  if (!tablesComplete(parts)) return issues
  const keys = employees.match.map((rule) => rule.learner)
  for (const { table, index } of scores) {
    const own = ways(table, learner)
    // No way at all is reported where the way is missing.
    if (own.size === 0 || keys.some((key) => own.has(key))) continue
    issues.push({
      path: ["tables", index, "fields"],
      end: "key",
      message: `gives ${[...own].join(", ")}, but no matching rule looks at it: every score would be held`,
      fix: `add { learner: ${[...own][0]}, employee: COLUMN } to employees.match`
    })
  }
  return issues
}
