/** The reading of HR's employees on PostgreSQL (../employee-reading.ts). */
import { Effect } from "effect"
import type { ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { OVERLAP_SECONDS, type EmployeeRow, type EmployeeSource } from "../employee-reading.ts"
import { anyCollation, matchColumn, matchKey } from "./column-values.ts"
import type { HrMapping } from "./mapping.ts"
import { holdsSpelling, spellingsOf } from "./match-sql.ts"
import type { Row, Statement } from "./postgres-client.ts"
import { identifier, literal } from "./sql-text.ts"

interface Questions {
  readonly connector: string
  readonly rows: <R extends object = Row>(
    statement: Statement
  ) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
}

const LAST = "select rules from gradewire.employee_reading where connector = $1"

const put = (
  mapping: HrMapping
): string => `insert into ${spellingsOf(mapping)} as t (connector, kind, source, value, employee_key, raw)
select $1, r.kind, r.source, r.value, r.employee_key, r.raw
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as r(kind, source, value, employee_key, raw)
order by 2, 3, 4, 5
on conflict (connector, kind, source, value, employee_key) do update set raw = excluded.raw where t.raw <> excluded.raw`

/** For each column its own question: HR's row, by its key, still holds the spelling. */
const forgetOld = ({ employees }: HrMapping): string => {
  const key = employees.key
  const still = employees.rules.map(
    ({ column, learner }) => `i.kind = ${literal(learner)} and i.source = ${literal(column.name)} and exists (
    select from ${employees.relation} e
    where ${matchColumn(`e.${identifier(key.name)}`, key)} = ${matchKey(anyCollation("i.employee_key"), key)}
      and ${holdsSpelling(`e.${identifier(column.name)}`)}
  )`
  )
  return `delete from gradewire.employee_spelling i where i.connector = $1 and not (${still.join(" or ")})`
}

const COMPLETE = `insert into gradewire.employee_reading as t (connector, rules, completed_at, employees, spellings)
select $1, $2, clock_timestamp(), $3::bigint,
  (select count(*) from gradewire.employee_spelling where connector = $1)
on conflict (connector) do update set rules = excluded.rules, completed_at = excluded.completed_at,
  employees = excluded.employees, spellings = excluded.spellings`

/** Reads nothing, and fails where some column of the employees may not be read: the catalog shows those too. */
export const mayRead = ({ employees }: HrMapping): string => {
  const { changedAt, hiredOn, key, leftOn, mergedInto, name, relation, rules, status } = employees
  const shapes = [
    key,
    ...rules.map(({ column }) => column),
    hiredOn,
    leftOn,
    mergedInto,
    name,
    status?.column,
    changedAt
  ]
  const names = new Set(shapes.flatMap((shape) => (shape === undefined ? [] : [identifier(shape.name)])))
  return `select ${[...names].join(", ")} from ${relation} limit 0`
}

export const employeeSource = ({ connector, rows }: Questions, mapping: HrMapping): EmployeeSource => {
  const { employees } = mapping
  const { changedAt } = employees
  const key = identifier(employees.key.name)
  const columns = employees.rules.map(({ column }) => `${identifier(column.name)}::text`)
  const listed = [`${key}::text`, ...columns].map((sql, index) => `${sql} as c${index}`).join(", ")
  return {
    lastRules: Effect.map(
      rows<{ rules: string }>({ text: LAST, values: [connector] }),
      ([last]) => last?.rules
    ),
    newestChange:
      changedAt === undefined
        ? Effect.undefined
        : Effect.map(
            rows<{ newest: string | null }>({
              text: `select max(${identifier(changedAt.name)})::text as newest from ${employees.relation}`
            }),
            ([row]) => row?.newest ?? undefined
          ),
    rowsFrom: (from, limit, since) => {
      const values = [from, since].filter((value) => value !== undefined)
      const bounds = [
        from === undefined ? `${key} is not null` : `${key} >= $1::${employees.key.type}`,
        ...(since === undefined || changedAt === undefined
          ? []
          : [
              `${key} in (select c.${key} from ${employees.relation} c
  where c.${identifier(changedAt.name)} >= $${values.length}::${changedAt.type} - interval '${OVERLAP_SECONDS} seconds')`
            ])
      ]
      const text = `select ${listed} from ${employees.relation} where ${bounds.join(" and ")} order by ${key} limit ${limit}`
      return Effect.map(rows<Readonly<Record<string, string | null>>>({ text, values }), (found) =>
        found.map((row): EmployeeRow => [row["c0"]!, ...columns.map((_, n) => row[`c${n + 1}`]!)])
      )
    },
    put: (spellings) => {
      const column = (n: 0 | 1 | 2 | 3 | 4) => spellings.map((row) => row[n])
      return rows({
        text: put(mapping),
        values: [connector, column(0), column(1), column(2), column(3), column(4)]
      })
    },
    forgetOld: rows({ text: forgetOld(mapping), values: [connector] }),
    complete: (rules, read) => rows({ text: COMPLETE, values: [connector, rules, read] })
  }
}
