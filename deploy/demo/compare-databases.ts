/**
 * Both databases, row by row through the mapping: the demo's own reading of it, sharing no code with gradewire.
 *
 * Values are text as the databases print them; times in UTC. Results name keys and columns only, never a person's values.
 */

export interface SourceResult {
  readonly ref: string
  readonly learnerId: string
  readonly values: ProfileValues
}

/** Columns of the profile that come from the training database, by their HR names. */
export interface ProfileValues {
  readonly exam_title: string | null
  readonly exam_score: string | null
  readonly full_mark: string | null
  readonly pass_mark: string | null
  /** `2026-11-22 01:02:03.004000` UTC */
  readonly finish_timestamp: string | null
  readonly comment: string | null
}

export interface LearnerKeys {
  readonly id: string
  readonly phone: string | null
  readonly email: string | null
}

export interface EmployeeKeys {
  readonly no: string
  readonly phone: string | null
  readonly email: string | null
}

export interface ProfileRow {
  readonly ref: string
  readonly employeeNo: string
  readonly values: ProfileValues
}

export interface HeldRow {
  readonly ref: string
  readonly reason: string
}

export interface Databases {
  readonly results: ReadonlyArray<SourceResult>
  readonly learners: ReadonlyArray<LearnerKeys>
  readonly employees: ReadonlyArray<EmployeeKeys>
  readonly profile: ReadonlyArray<ProfileRow>
  readonly held: ReadonlyArray<HeldRow>
  /** results that gradewire's ledger calls recorded */
  readonly ledger: number
  readonly deadLetters: ReadonlyArray<HeldRow>
}

export type Fault = "lost" | "doubled" | "wrong" | "phantom"

export interface Difference {
  readonly fault: Fault
  readonly ref: string
  readonly what: string
}

export interface Comparison {
  readonly differences: ReadonlyArray<Difference>
  /** refs that stand in the right profile with the right values */
  readonly filed: number
  /** refs that rightly wait, and how many for which reason */
  readonly heldRefs: ReadonlySet<string>
  readonly heldBy: ReadonlyMap<string, number>
  readonly ledger: number
}

/** The one employee all keys that hit agree on; else why there is none. */
export type Proof = { readonly no: string } | { readonly reason: "ABSENT" | "AMBIGUOUS" | "CONFLICT" }

export const proveLearners = (
  learners: ReadonlyArray<LearnerKeys>,
  employees: ReadonlyArray<EmployeeKeys>
): ReadonlyMap<string, Proof> => {
  const byPhone = Map.groupBy(employees, ({ phone }) => phone)
  const byEmail = Map.groupBy(employees, ({ email }) => email)
  const proofs = new Map<string, Proof>()
  for (const { email, id, phone } of learners) {
    const phoneHits = phone === null ? [] : (byPhone.get(phone) ?? [])
    const emailHits = email === null ? [] : (byEmail.get(email) ?? [])
    const people = new Set([...phoneHits, ...emailHits].map(({ no }) => no))
    const [first] = people
    if (first === undefined) proofs.set(id, { reason: "ABSENT" })
    else if (phoneHits.length > 1 || emailHits.length > 1) proofs.set(id, { reason: "AMBIGUOUS" })
    else if (people.size > 1) proofs.set(id, { reason: "CONFLICT" })
    else proofs.set(id, { no: first })
  }
  return proofs
}

const COLUMNS: ReadonlyArray<keyof ProfileValues> = [
  "exam_title",
  "exam_score",
  "full_mark",
  "pass_mark",
  "finish_timestamp",
  "comment"
]

export const compareDatabases = (databases: Databases): Comparison => {
  const { deadLetters, employees, held, learners, ledger, profile, results } = databases
  const proofs = proveLearners(learners, employees)
  const profileOf = Map.groupBy(profile, ({ ref }) => ref)
  const heldOf = new Map(held.map(({ reason, ref }) => [ref, reason]))
  const deadOf = new Map(deadLetters.map(({ reason, ref }) => [ref, reason]))
  const differences: Array<Difference> = []
  const heldRefs = new Set<string>()
  const heldBy = new Map<string, number>()
  const known = new Set<string>()
  let filed = 0
  for (const result of results) {
    const { ref } = result
    known.add(ref)
    const rows = profileOf.get(ref) ?? []
    const waits = heldOf.get(ref)
    const proof = proofs.get(result.learnerId) ?? { reason: "ABSENT" }
    const faults =
      "no" in proof
        ? judgeFiled(result, proof.no, rows, waits, deadOf.get(ref))
        : judgeHeld(ref, proof.reason, rows, waits)
    differences.push(...faults)
    if (faults.length > 0) continue
    if ("no" in proof) filed += 1
    else {
      heldRefs.add(ref)
      heldBy.set(proof.reason, (heldBy.get(proof.reason) ?? 0) + 1)
    }
  }
  for (const ref of profileOf.keys())
    if (!known.has(ref))
      differences.push({ fault: "phantom", ref, what: "in the profile, not in the training database" })
  for (const ref of heldOf.keys())
    if (!known.has(ref))
      differences.push({ fault: "phantom", ref, what: "held, not in the training database" })
  if (ledger !== profile.length) {
    const what = `${ledger} results recorded there, ${profile.length} rows in the profile`
    differences.push({ fault: "wrong", ref: "gradewire.result_ledger", what })
  }
  return { differences, filed, heldRefs, heldBy, ledger }
}

const judgeFiled = (
  { ref, values }: SourceResult,
  employeeNo: string,
  rows: ReadonlyArray<ProfileRow>,
  waits: string | undefined,
  refused: string | undefined
): ReadonlyArray<Difference> => {
  const [row] = rows
  if (row === undefined) {
    const where =
      waits !== undefined
        ? `held as ${waits}, though its person is proven`
        : refused !== undefined
          ? `dead letter: ${refused}`
          : "neither in the profile nor in a queue"
    return [{ fault: "lost", ref, what: where }]
  }
  const differences: Array<Difference> = []
  if (rows.length > 1) differences.push({ fault: "doubled", ref, what: `${rows.length} rows in the profile` })
  if (waits !== undefined)
    differences.push({ fault: "doubled", ref, what: "in the profile and held at the same time" })
  if (row.employeeNo !== employeeNo)
    differences.push({ fault: "wrong", ref, what: "filed to another employee" })
  const wrong = COLUMNS.filter((column) => row.values[column] !== values[column])
  if (wrong.length > 0) differences.push({ fault: "wrong", ref, what: `differs in ${wrong.join(", ")}` })
  return differences
}

const judgeHeld = (
  ref: string,
  reason: string,
  rows: ReadonlyArray<ProfileRow>,
  waits: string | undefined
): ReadonlyArray<Difference> => {
  if (rows.length > 0) return [{ fault: "wrong", ref, what: `filed, though its person is ${reason}` }]
  if (waits === undefined) return [{ fault: "lost", ref, what: `not held, though its person is ${reason}` }]
  return waits === reason ? [] : [{ fault: "wrong", ref, what: `held as ${waits}, should be ${reason}` }]
}
