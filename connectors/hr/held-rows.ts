/** Held results as the desks of both kinds of server read them. */
import type { Candidate, HeldPerson, HeldResult, LearnerKeys } from "../../schemas/held.ts"
import type { LearnerKey } from "./mapping.ts"

export interface HeldResultRow {
  readonly result: string
  readonly learner: string | null
  readonly position: string
  readonly reason: string
  readonly candidates: number | string
  readonly is_ignored: boolean | number | string
  /** RFC 3339. */
  readonly held_at: string
  readonly age_seconds: number | string
}

/** Servers answer booleans as `true`, `1` or `"1"`. */
const isTrue = (value: boolean | number | string): boolean => value === true || Number(value) === 1

export const heldOf = (row: HeldResultRow): HeldResult => ({
  result: row.result,
  learner: row.learner,
  position: row.position,
  reason: row.reason,
  candidates: Number(row.candidates),
  state: isTrue(row.is_ignored) ? "ignored" : "waiting",
  heldAt: row.held_at,
  ageSeconds: Math.max(0, Number(row.age_seconds))
})

export interface KeysRow {
  readonly employee_no: string | null
  readonly external_id: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly name: string | null
}

export const keysOf = ({
  email,
  employee_no: employeeNo,
  external_id: externalId,
  name,
  phone
}: KeysRow): LearnerKeys => ({
  employeeNo,
  externalId,
  phone,
  email,
  name
})

export interface HeldPersonRow extends KeysRow, HeldResultRow {
  readonly results: number | string
}

export const personOf = (row: HeldPersonRow): HeldPerson => ({
  ...keysOf(row),
  result: row.result,
  learner: row.learner,
  results: Number(row.results),
  reason: row.reason,
  candidates: Number(row.candidates),
  heldAt: row.held_at
})

export interface HitRow {
  readonly employee: string
  readonly by: LearnerKey
}

/** In the order of the rules that hit them. */
export const candidatesOf = (hits: ReadonlyArray<HitRow>): ReadonlyArray<Candidate> => {
  const found = new Map<string, Array<string>>()
  for (const { by, employee } of hits) found.set(employee, [...(found.get(employee) ?? []), by])
  return [...found].map(([employee, by]) => ({ employee, by: [...new Set(by)] }))
}
