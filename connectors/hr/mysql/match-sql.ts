/**
 * Whom the keys of a score hit (decide-sql.ts), one row of {@link HITS} for each rule and employee.
 *
 * - Usual spellings of a key are looked up in HR's table as it is at this moment.
 * - Odd ones are found in gradewire's index; such an entry counts only while HR's own row still holds that spelling.
 */
import { likeOf } from "../../../src/identity/exclusions.ts"
import type { Spelling, SpellingPart } from "../../../src/identity/spellings.ts"
import { SEPARATOR } from "../employee-reading.ts"
import type { LearnerKey } from "../mapping.ts"
import { HITS, SCORES } from "./batch-tables.ts"
import type { HrMapping } from "./mapping.ts"
import { identifier, literal } from "./sql-text.ts"
import { matches, sameText } from "./value-sql.ts"

/** Columns of {@link SCORES} with keys of learners. */
export const KEY_COLUMNS = {
  employeeNo: "employee_no",
  externalId: "external_id",
  email: "email",
  phone: "phone"
} as const

const partSql = (part: SpellingPart, key: string): string => {
  if (typeof part === "string") return literal(part)
  if (part.length !== undefined) return `substr(${key}, ${part.from + 1}, ${part.length})`
  return part.from === 0 ? key : `substr(${key}, ${part.from + 1})`
}

const spellingSql = ({ isUnpadded, parts, startsWith }: Spelling, key: string): string => {
  const base = isUnpadded ? `trim(leading '0' from ${key})` : key
  const texts = parts.map((part) => partSql(part, base))
  const text = texts.length === 1 ? texts[0]! : `concat(${texts.join(", ")})`
  const written = isUnpadded ? `nullif(${text}, '')` : text
  const begin = `left(${key}, ${startsWith.length}) = ${literal(startsWith)}`
  return startsWith === "" ? written : `if(${begin}, ${written}, null)`
}

/** A relation to join with one row for each spelling, and SQL of the spelling of a row. */
const spelled = (spellings: ReadonlyArray<Spelling>, key: string): readonly [join: string, text: string] => {
  if (spellings.length === 1) return ["", spellingSql(spellings[0]!, key)]
  const numbers = spellings.map((_, index) => (index === 0 ? "select 0 as i" : `select ${index}`))
  const cases = spellings.map((one, index) => `when ${index} then ${spellingSql(one, key)}`)
  return [`straight_join (${numbers.join(" union all ")}) w`, `case w.i ${cases.join(" ")} end`]
}

/** SQL that is true where HR's row spells the key as the entry `i` says (../employee-reading.ts). */
export const holdsSpelling = (raw: string): string => {
  const between = `char(${SEPARATOR} using utf8mb4)`
  const text = `convert(${raw} using utf8mb4)`
  const bytes = (sql: string) => `cast(${sql} as binary)`
  return `(${sameText(raw, "i.raw")} or (left(i.raw, 1) = ${between} and instr(${bytes(text)}, ${bytes(between)}) = 0
    and instr(${bytes("i.raw")}, ${bytes(`concat(${between}, ${text}, ${between})`)}) > 0))`
}

/** One way to find employees by a key: what is joined to the relation that has the key, and under which condition. */
export interface Hit {
  readonly join: string
  readonly where: string
  /** SQL of the employee that is hit, as text. */
  readonly employee: string
}

/** The employee of a row `e`, or the one it was merged into. */
const personOf = ({ employees }: HrMapping): string => {
  const key = `convert(e.${identifier(employees.key.name)} using utf8mb4)`
  const { mergedInto } = employees
  return mergedInto === undefined
    ? key
    : `coalesce(nullif(convert(e.${identifier(mergedInto.name)} using utf8mb4), ''), ${key})`
}

/** Whether a row `e` has a state of employment that counts. */
export const isQualified = ({ column, qualified }: NonNullable<HrMapping["employees"]["status"]>): string => {
  const any = qualified.map((one) => sameText(`e.${identifier(column.name)}`, literal(one)))
  return `coalesce(${any.join(" or ")}, false)`
}

/** Whether the keys of a row are those of an account that is no employee's. */
export const isExcluded = ({ employees: { exclusions } }: HrMapping, row: string): string => {
  const fitting = exclusions.map((one) => {
    const key = `${row}.${KEY_COLUMNS[one.learner]}`
    return `left(${key}, 1) <> '?' and ${key} like ${literal(likeOf(one))} escape '!'`
  })
  return fitting.length === 0 ? "false" : `coalesce(${fitting.join(" or ")}, false)`
}

/** Whether the employee of a row `e` had that job on the day of `s`; a day of grace on both sides, whatever the zone. */
const isEmployed = ({ employees: { hiredOn, leftOn, mergedInto, status } }: HrMapping): string => {
  const bounds = [
    ...(hiredOn === undefined ? [] : [[hiredOn, "<= s.day + interval 1 day"] as const]),
    ...(leftOn === undefined ? [] : [[leftOn, ">= s.day - interval 1 day"] as const])
  ].map(([{ name }, test]) => `(e.${identifier(name)} is null or date(e.${identifier(name)}) ${test})`)
  if (status !== undefined) bounds.push(isQualified(status))
  if (bounds.length === 0) return "true"
  const employed = bounds.join(" and ")
  return mergedInto === undefined
    ? employed
    : `(${employed} or convert(e.${identifier(mergedInto.name)} using utf8mb4) <> '')`
}

const plainName = (sql: string): string =>
  `cast(lower(regexp_replace(convert(${sql} using utf8mb4), '[[:space:]]', '')) as binary)`

/** A phone number goes to somebody else when its owner leaves: another name says that it did. */
const isOther = ({ employees: { name } }: HrMapping, learner: LearnerKey): string =>
  name === undefined || learner !== "phone"
    ? "false"
    : `coalesce(nullif(${plainName("s.name")}, '') <> nullif(${plainName(`e.${identifier(name.name)}`)}, ''), false)`

/** @param key SQL of a key in canonical form; one that begins with a question mark proves nobody (KeyNormaliser.ts) */
export const hitsOf = (
  mapping: HrMapping,
  connector: string,
  { column, learner, spellings }: HrMapping["employees"]["rules"][number],
  key: string
): ReadonlyArray<Hit> => {
  const { employees } = mapping
  const employee = `e.${identifier(employees.key.name)}`
  const raw = `e.${identifier(column.name)}`
  const [usual, text] = spelled(spellings, key)
  const where = `${key} is not null and left(${key}, 1) <> '?'`
  return [
    {
      join: `${usual} straight_join ${employees.relation} e on ${matches(raw, column, text)}`,
      where: `${where} and ${employee} is not null`,
      employee: personOf(mapping)
    },
    {
      join: `straight_join \`gradewire\`.\`employee_spelling\` i
  on i.connector = ${literal(connector)} and i.kind = ${literal(learner)} and i.source = ${literal(column.name)}
  and i.value = ${key}
straight_join ${employees.relation} e on ${matches(employee, employees.key, "i.employee_key")} and ${holdsSpelling(raw)}`,
      where,
      employee: personOf(mapping)
    }
  ]
}

/** Every employee that some rule hits, for results whose person is not settled by a link or by the ledger. */
export const hits = (mapping: HrMapping, connector: string): ReadonlyArray<string> =>
  mapping.employees.rules.flatMap((match) =>
    hitsOf(mapping, connector, match, `s.${KEY_COLUMNS[match.learner]}`).map(
      ({ employee, join, where }) => `insert into ${HITS} (n, rule, employee, is_other)
select s.n, ${match.number}, ${employee}, ${isOther(mapping, match.learner)}
from ${SCORES} s ${join}
where s.is_unproven and not s.is_excluded and ${where} and ${isEmployed(mapping)}`
    )
  )
