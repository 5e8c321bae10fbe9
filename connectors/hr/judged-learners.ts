/** Learners as both kinds of server are asked about them and judge them (src/identity/IdentityJudge.ts). */
import { Effect } from "effect"
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import type { ProfileStoreError } from "../../src/apply/ProfileStore.ts"
import type { Judged, Learner, ReadEmployees } from "../../src/identity/IdentityJudge.ts"
import { employeeReading, type EmployeeSource } from "./employee-reading.ts"
import type { HrMapping } from "./mapping.ts"

/** One row for each hit of a learner, one without a hit for who has none. */
export interface JudgedRow {
  readonly n: number | string
  readonly linked: string | null
  readonly people: number | string | null
  readonly is_ambiguous: boolean | number | string | null
  readonly rule: number | string | null
  readonly employee: string | null
}

/** Hits that are kept of a learner. */
const HITS_MAX = 50

/** @param rows in the order of `n`, then of the rules */
export const judgedOf = (
  count: number,
  rows: ReadonlyArray<JudgedRow>,
  { match }: EmployeesConfig
): ReadonlyArray<Judged> => {
  const judged = Array.from({ length: count }, () => ({
    linked: null as string | null,
    people: 0,
    isAmbiguous: false,
    hits: [] as Array<Judged["hits"][number]>
  }))
  for (const row of rows) {
    const one = judged[Number(row.n)]!
    one.linked = row.linked
    one.people = Number(row.people ?? 0)
    one.isAmbiguous = row.is_ambiguous === true || Number(row.is_ambiguous ?? 0) === 1
    if (row.employee !== null && row.rule !== null && one.hits.length < HITS_MAX)
      one.hits.push({ rule: Number(row.rule) % match.length, employee: row.employee })
  }
  return judged
}

/** Keys of one learner in the order of `kinds`, then name and id; nothing for what is empty. */
export const learnerRow = (
  { id, keys, name }: Learner,
  n: number,
  kinds: ReadonlyArray<keyof Learner["keys"]>
): ReadonlyArray<string | number | null> => [
  n,
  ...kinds.map((kind) => keys[kind] || null),
  name === "" ? null : name,
  id
]

/** Kinds of keys that some rule asks for. */
export const kindsOf = ({
  match
}: EmployeesConfig): ReadonlyArray<EmployeesConfig["match"][number]["learner"]> => [
  ...new Set(match.map(({ learner }) => learner))
]

/** The mapping of somebody who was always employed. */
export const withoutDates = <M extends HrMapping<unknown>>(mapping: M): M => ({
  ...mapping,
  employees: { ...mapping.employees, hiredOn: undefined, leftOn: undefined, status: undefined }
})

/** Reads all employees into the source's own table of spellings, and counts. */
export const readEmployees = (
  employees: EmployeesConfig,
  source: Pick<EmployeeSource, "rowsFrom" | "put">,
  watch: (rows: number) => Effect.Effect<void>
): Effect.Effect<ReadEmployees, ProfileStoreError> =>
  Effect.gen(function* () {
    let rows = 0
    let oddSpellings = 0
    let read = 0
    yield* employeeReading(employees, {
      lastRules: Effect.undefined,
      newestChange: Effect.undefined,
      rowsFrom: (key, limit) =>
        Effect.tap(source.rowsFrom(key, limit), (found) => watch((rows += found.length))),
      put: (spellings) =>
        Effect.tap(source.put(spellings), () => Effect.sync(() => (oddSpellings += spellings.length))),
      forgetOld: Effect.void,
      complete: (_, counted) => Effect.sync(() => (read = counted))
    }).again
    return { employees: read, oddSpellings }
  })
