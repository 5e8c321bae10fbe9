/** The reading of HR's employees on MySQL and MariaDB (../employee-reading.ts). */
import { Effect } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { OVERLAP_SECONDS, type EmployeeRow, type EmployeeSource } from "../employee-reading.ts"
import { jsonRows, jsonTypes } from "./batch-tables.ts"
import type { ColumnShape } from "./catalog.ts"
import type { HrMapping } from "./mapping.ts"
import type { Row, ServerFacts } from "./mysql-client.ts"
import { identifier, literal } from "./sql-text.ts"
import { holdsSpelling } from "./match-sql.ts"
import { matches } from "./value-sql.ts"

interface Questions {
  readonly connector: string
  readonly rows: <R extends object = Row>(text: string) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
}

const SPELLING = "`gradewire`.`employee_spelling`"
const READING = "`gradewire`.`employee_reading`"

const asText = (sql: string): string => `convert(${sql} using utf8mb4)`

/** What the rows are ordered by, and a bound of it; an index on the key serves where its type allows. */
const orderOf = (key: ColumnShape): readonly [order: string, bound: (text: string) => string] => {
  const column = identifier(key.name)
  switch (key.kind) {
    case "text":
      return [column, (text) => `convert(${literal(text)} using ${key.charset}) collate ${key.collation}`]
    case "integer":
      return [column, (text) => `cast(${literal(text)} as ${key.isUnsigned ? "unsigned" : "signed"})`]
    default:
      return [`cast(${asText(column)} as binary)`, (text) => `cast(${literal(text)} as binary)`]
  }
}

/** For each column its own question: HR's row, by its key, still holds the spelling. */
const forgetOld = (connector: string, { employees }: HrMapping): string => {
  const key = `e.${identifier(employees.key.name)}`
  const still = employees.rules.map(
    ({ column, learner }) => `i.kind = ${literal(learner)} and i.source = ${literal(column.name)} and exists (
    select 1 from ${employees.relation} e
    where ${matches(key, employees.key, "i.employee_key")} and ${holdsSpelling(`e.${identifier(column.name)}`)}
  )`
  )
  return `delete i from ${SPELLING} i where i.connector = ${literal(connector)} and not (${still.join(" or ")})`
}

export const employeeSource = (
  { connector, rows }: Questions,
  mapping: HrMapping,
  facts: Pick<ServerFacts, "isMariaDb">
): EmployeeSource => {
  const { employees } = mapping
  const { text } = jsonTypes(facts)
  const { changedAt } = employees
  const key = identifier(employees.key.name)
  const columns = employees.rules.map(({ column }) => identifier(column.name))
  const listed = [key, ...columns].map((sql, index) => `${asText(sql)} as c${index}`).join(", ")
  const [order, bound] = orderOf(employees.key)
  const names = ["kind", "source", "value", "employee_key", "raw"] as const
  return {
    lastRules: Effect.map(
      rows<{ rules: string }>(`select rules from ${READING} where connector = ${literal(connector)}`),
      ([last]) => last?.rules
    ),
    newestChange:
      changedAt === undefined
        ? Effect.undefined
        : Effect.map(
            rows<{ newest: string | null }>(
              `select ${asText(`max(${identifier(changedAt.name)})`)} as newest from ${employees.relation}`
            ),
            ([row]) => row?.newest ?? undefined
          ),
    rowsFrom: (from, limit, since) => {
      const bounds = [
        from === undefined ? `${key} is not null` : `${order} >= ${bound(from)}`,
        ...(since === undefined || changedAt === undefined
          ? []
          : [
              `${key} in (select c.${key} from ${employees.relation} c
  where c.${identifier(changedAt.name)} >= cast(${literal(since)} as datetime(6)) - interval ${OVERLAP_SECONDS} second)`
            ])
      ]
      const where = bounds.join(" and ")
      return Effect.map(
        rows<Readonly<Record<string, string | null>>>(
          `select ${listed} from ${employees.relation} where ${where} order by ${order} limit ${limit}`
        ),
        (found) => found.map((row): EmployeeRow => [row["c0"]!, ...columns.map((_, n) => row[`c${n + 1}`]!)])
      )
    },
    put: (spellings) =>
      rows(`insert into ${SPELLING} (connector, ${names.join(", ")})
select ${literal(connector)}, ${names.map((name) => `r.${name}`).join(", ")}
from ${jsonRows(
        literal(JSON.stringify(spellings)),
        names.map((name) => [name, text] as const)
      )} r
order by 2, 3, 4, 5
on duplicate key update raw = r.raw`),
    forgetOld: rows(forgetOld(connector, mapping)),
    complete: (rules, read) =>
      rows(`insert into ${READING} (connector, rules, completed_at, employees, spellings)
select ${literal(connector)}, ${literal(rules)}, utc_timestamp(6), ${read}, count(*)
from ${SPELLING} i where i.connector = ${literal(connector)}
on duplicate key update rules = values(rules), completed_at = values(completed_at), employees = values(employees),
  spellings = values(spellings)`)
  }
}
