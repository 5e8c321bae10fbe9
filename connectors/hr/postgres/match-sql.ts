/**
 * Whom the keys of a score hit, as SQL over `known` (batch-statement.ts).
 *
 * - Usual spellings of a key are looked up in HR's table as it is at this moment.
 * - Odd ones are found in gradewire's index; such an entry counts only while HR's own row still holds that spelling.
 */
import { likeOf } from "../../../src/identity/exclusions.ts"
import type { Spelling, SpellingPart } from "../../../src/identity/spellings.ts"
import type { LearnerKey, MatchRule } from "../mapping.ts"
import { SEPARATOR } from "../employee-reading.ts"
import type { ColumnShape } from "./catalog.ts"
import { anyCollation, matchColumn, matchKey } from "./column-values.ts"
import type { HrMapping } from "./mapping.ts"
import { identifier, literal } from "./sql-text.ts"

const partSql = (part: SpellingPart, key: string): string => {
  if (typeof part === "string") return literal(part)
  if (part.length !== undefined) return `substr(${key}, ${part.from + 1}, ${part.length})`
  return part.from === 0 ? key : `substr(${key}, ${part.from + 1})`
}

const spellingSql = ({ isUnpadded, parts, startsWith }: Spelling, key: string): string => {
  const base = isUnpadded ? `ltrim(${key}, '0')` : key
  const text = parts.map((part) => partSql(part, base)).join(" || ")
  const written = isUnpadded ? `nullif(${text}, '')` : text
  return startsWith === ""
    ? written
    : `case when starts_with(${key}, ${literal(startsWith)}) then ${written} end`
}

/** A relation `w` with one row for each usual spelling of the key. */
const spelled = (spellings: ReadonlyArray<Spelling>, key: string): string =>
  spellings.length === 1
    ? `cross join lateral (select ${spellingSql(spellings[0]!, key)} as value) w`
    : `cross join lateral unnest(array[${spellings.map((one) => spellingSql(one, key)).join(", ")}]) as w(value)`

const keyOf = ({ employees }: HrMapping, row: string): string => `${row}.${identifier(employees.key.name)}`

/** SQL that is true where HR's row spells the key as the entry `i` says (../employee-reading.ts). */
export const holdsSpelling = (raw: string): string => {
  const text = `(${raw}::text collate "C")`
  const between = `chr(${SEPARATOR})`
  return `(${raw}::text = ${anyCollation("i.raw")} or (starts_with(i.raw, ${between}) and strpos(${text}, ${between}) = 0
        and strpos(i.raw, ${between} || ${text} || ${between}) > 0))`
}

/** HR's odd spellings of keys. */
export const spellingsOf = ({ employees }: HrMapping): string =>
  employees.spellings ?? "gradewire.employee_spelling"

/** One way to find employees by a key: what is joined to the relation that has the key, and under which condition. */
export interface Hit {
  readonly join: string
  readonly where: string
  /** SQL of the employee that is hit, as text. */
  readonly employee: string
}

/** The employee of a row `e`, or the one it was merged into. */
const personOf = ({ employees }: HrMapping): string => {
  const key = `e.${identifier(employees.key.name)}::text`
  const { mergedInto } = employees
  return mergedInto === undefined
    ? key
    : `coalesce(nullif(e.${identifier(mergedInto.name)}::text, ''), ${key})`
}

/** Whether a row `e` has a state of employment that counts. */
export const isQualified = ({ column, qualified }: NonNullable<HrMapping["employees"]["status"]>): string =>
  `coalesce(e.${identifier(column.name)}::text = any(array[${qualified.map(literal).join(", ")}]), false)`

/** Whether the keys of a row are those of an account that is no employee's. */
export const isExcluded = ({ employees: { exclusions } }: HrMapping, row: string): string => {
  const fitting = exclusions.map((one) => {
    const key = `${row}.${identifier(one.learner)}`
    return `not starts_with(${key}, '?') and ${key} like ${literal(likeOf(one))} escape '!'`
  })
  return fitting.length === 0 ? "false" : `coalesce(${fitting.join(" or ")}, false)`
}

/** Whether the employee of a row `e` had that job on the day of `k`; a day of grace on both sides, whatever the zone. */
const isEmployed = ({ employees: { hiredOn, leftOn, mergedInto, status } }: HrMapping): string => {
  const bounds = [
    ...(hiredOn === undefined ? [] : [[hiredOn, "<= k.day + 1"] as const]),
    ...(leftOn === undefined ? [] : [[leftOn, ">= k.day - 1"] as const])
  ].map(([{ name }, test]) => `(e.${identifier(name)} is null or e.${identifier(name)}::date ${test})`)
  if (status !== undefined) bounds.push(isQualified(status))
  if (bounds.length === 0) return "true"
  const employed = bounds.join(" and ")
  return mergedInto === undefined ? employed : `(${employed} or e.${identifier(mergedInto.name)}::text <> '')`
}

const plainName = (sql: string): string => `lower(regexp_replace(${sql}::text, '\\s', '', 'g'))`

/** A phone number goes to somebody else when its owner leaves: another name says that it did. */
const isOther = ({ employees: { name } }: HrMapping, learner: LearnerKey): string =>
  name === undefined || learner !== "phone"
    ? "false"
    : `coalesce(nullif(${plainName("k.name")}, '') <> nullif(${plainName(`e.${identifier(name.name)}`)}, ''), false)`

/**
 * @param key SQL of a key in canonical form; one that begins with a question mark proves nobody (KeyNormaliser.ts)
 * $1 is the connector
 */
export const hitsOf = (
  mapping: HrMapping,
  { column, learner, spellings }: MatchRule<ColumnShape>,
  key: string
): ReadonlyArray<Hit> => {
  const { employees } = mapping
  const raw = `e.${identifier(column.name)}`
  const employee = keyOf(mapping, "e")
  const where = `not starts_with(${key}, '?')`
  const holds = `${matchColumn(raw, column)} = ${matchKey("w.value", column)}`
  // Of a few hundred spellings the planner would rather read a million employees than look them up.
  const usual =
    column.isIndexed === true
      ? `cross join lateral (select e.* from ${employees.relation} e where ${holds} offset 0) e`
      : `join ${employees.relation} e on ${holds}`
  return [
    {
      join: `${spelled(spellings, key)}
  ${usual}`,
      where: `${where} and ${employee} is not null`,
      employee: personOf(mapping)
    },
    {
      // `offset 0` keeps both a lookup for each row that is there; nearly always none is.
      join: `cross join lateral (
    select i.employee_key, i.raw from ${spellingsOf(mapping)} i
    where i.connector = $1 and i.kind = ${literal(learner)} and i.source = ${literal(column.name)} and i.value = ${key}
    offset 0
  ) i
  cross join lateral (
    select e.* from ${employees.relation} e
    where ${matchColumn(employee, employees.key)} = ${matchKey(anyCollation("i.employee_key"), employees.key)}
      and ${holdsSpelling(raw)}
    offset 0
  ) e`,
      where,
      employee: personOf(mapping)
    }
  ]
}

const hits = (mapping: HrMapping, match: MatchRule<ColumnShape>): ReadonlyArray<string> =>
  hitsOf(mapping, match, `k.${identifier(match.learner)}`).map(
    ({ employee, join, where }) => `select k.position, k.learner_id, ${match.number} as rule,
    ${employee} as employee,
    ${isOther(mapping, match.learner)} as is_other
  from known k ${join}
  where k.is_unproven${mapping.employees.exclusions.length === 0 ? "" : " and not k.is_excluded"} and ${where} and ${isEmployed(mapping)}`
  )

/** Every employee that some rule hits, for results whose person is not settled by a link or by the ledger. */
export const candidate = (mapping: HrMapping): string => `candidate as (
  ${mapping.employees.rules.flatMap((match) => hits(mapping, match)).join("\n  union all\n  ")}
),
verdict as (
  -- Whom only a phone number names that another name belongs to is somebody else: one more.
  select position, min(learner_id) as learner_id,
    count(distinct employee)::integer + bool_and(is_other)::integer as people, min(employee) as employee, min(rule) as rule,
    count(distinct (rule, employee)) > count(distinct rule) as is_ambiguous
  from candidate group by position
)`
