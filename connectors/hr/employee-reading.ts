/**
 * Reads HR's whole employee table and keeps what is spelled in unusual ways in `gradewire.employee_spelling`, so that a
 * score's key finds it; the same on every server. Nothing is written to HR's tables.
 *
 * - In the order of the employees' key, a chunk at a time: memory is that of a chunk.
 * - An entry is no proof: the batch asks HR's own row whether it still holds that spelling (G7). An entry that is
 *   missing means that a score waits until the next reading.
 * - No score is judged before the table was read once under these rules. Repeating a reading, or two at once, is safe.
 */
import { Effect } from "effect"
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import type { ProfileStoreError } from "../../src/apply/ProfileStore.ts"
import { isUsable, KeyNormaliser } from "../../src/identity/KeyNormaliser.ts"
import { keyRulesOf, type KeyKind } from "../../src/identity/key-rules.ts"
import { isUsual, spellingsOf } from "../../src/identity/spellings.ts"

/** Rows read at once; a view without an index sorts all of them for each chunk. */
const CHUNK_ROWS = 5_000
/** Characters that an entry has room for. */
const ENTRY_MAX = 255
/** Before, between and behind several spellings in one entry. */
export const SEPARATOR = 31
const BETWEEN = String.fromCharCode(SEPARATOR)
/** Raised where keys get other canonical forms than before. */
const FORMS_VERSION = 1

type Asked<A> = Effect.Effect<A, ProfileStoreError>

/** `[key, value of each rule's column…]` as text. */
export type EmployeeRow = ReadonlyArray<string | null>
/** `raw` is one spelling, or several with {@link SEPARATOR} around each: who was hired twice stands in two rows of one key. */
export type SpellingRow = readonly [
  kind: KeyKind,
  source: string,
  value: string,
  employeeKey: string,
  raw: string
]

/** What one kind of server does for it. */
export interface EmployeeSource {
  /** Rules of the last reading that was completed. */
  readonly lastRules: Asked<string | undefined>
  /** Rows from this key on, it included, in the order of the key; from the first where it is left out. */
  readonly rowsFrom: (key: string | undefined, limit: number) => Asked<ReadonlyArray<EmployeeRow>>
  readonly put: (rows: ReadonlyArray<SpellingRow>) => Asked<unknown>
  /** Forgets what HR's rows do not hold any more, and what no rule asks for. */
  readonly forgetOld: Asked<unknown>
  readonly complete: (rules: string, employees: number) => Asked<unknown>
}

export interface EmployeeReading {
  /** Reads the table where it was never read under these rules. */
  readonly once: Asked<void>
  /** Reads it now. */
  readonly again: Asked<void>
}

/** As many spellings as the entry has room for; those that are left out are not found. */
const joined = (known: string, raw: string): string => {
  if (known === raw || known.includes(BETWEEN + raw + BETWEEN)) return known
  const all = (known.startsWith(BETWEEN) ? known : BETWEEN + known + BETWEEN) + raw + BETWEEN
  return all.length > ENTRY_MAX ? known : all
}

export const employeeReading = (employees: EmployeesConfig, source: EmployeeSource): EmployeeReading => {
  const { key, match, table } = employees
  const normaliser = new KeyNormaliser(keyRulesOf(employees))
  const rules = JSON.stringify([FORMS_VERSION, table, key, match, normaliser.rules])
  const columns = match.map(({ employee, learner }) => ({
    employee,
    learner,
    spellings: spellingsOf(learner, normaliser.rules)
  }))
  const isExact = (kind: KeyKind) => kind === "phone" && normaliser.rules.region === undefined

  const oddOnes = (rows: ReadonlyArray<EmployeeRow>): ReadonlyArray<SpellingRow> => {
    const odd = new Map<string, SpellingRow>()
    for (const row of rows) {
      const person = row[0]!
      if (person.length > ENTRY_MAX) continue
      for (const [index, { employee, learner, spellings }] of columns.entries()) {
        const raw = row[index + 1]
        if (raw == null || raw === "" || raw.length > ENTRY_MAX || isExact(learner)) continue
        if (raw.includes(BETWEEN)) continue
        const value = normaliser.normalise(learner, raw)
        if (!isUsable(value) || value.length > ENTRY_MAX || isUsual(raw, value, spellings)) continue
        const place = JSON.stringify([learner, employee, value, person])
        const known = odd.get(place)?.[4]
        odd.set(place, [learner, employee, value, person, known === undefined ? raw : joined(known, raw)])
      }
    }
    return [...odd.values()]
  }

  const again = Effect.gen(function* () {
    let from: string | undefined
    let limit = CHUNK_ROWS
    let employed = 0
    while (true) {
      const rows = yield* source.rowsFrom(from, limit)
      const odd = oddOnes(rows)
      if (odd.length > 0) yield* source.put(odd)
      const last = rows.at(-1)?.[0] ?? undefined
      employed += rows.length
      if (rows.length < limit) break
      // A key that stands several times may go on in the next chunk, which begins with it again.
      limit = last === from ? limit * 2 : CHUNK_ROWS
      if (last !== from) employed -= 1
      from = last
    }
    yield* source.forgetOld
    yield* source.complete(rules, employed)
  })
  return {
    again,
    once: Effect.flatMap(source.lastRules, (last) => (last === rules ? Effect.void : again))
  }
}
