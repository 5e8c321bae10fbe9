/**
 * Reads HR's whole employee table and keeps what is spelled in unusual ways in `gradewire.employee_spelling`, so that a
 * score's key finds it; the same on every server. Nothing is written to HR's tables.
 *
 * - In the order of the employees' key, a chunk at a time: memory is that of a chunk.
 * - An entry is no proof: the batch asks HR's own row whether it still holds that spelling (G7). An entry that is
 *   missing means that a score waits until the next reading.
 * - Where the table has a column with the time of a row's change, most readings are of changed rows alone: those of the
 *   newest time seen, less an overlap for transactions that committed late. What was deleted the whole reading notices.
 * - No score is judged before the table was read once under these rules. Repeating a reading, or two at once, is safe.
 */
import { Effect } from "effect"
import type { EmployeesConfig } from "../../schemas/employees-config.ts"
import { READING_PAUSES, type ProfileStoreError } from "../../src/apply/ProfileStore.ts"
import { isUsable, KeyNormaliser } from "../../src/identity/KeyNormaliser.ts"
import { keyRulesOf, type KeyKind } from "../../src/identity/key-rules.ts"
import { monotonicMillis } from "../../src/pipeline/monotonic-millis.ts"
import { isUsual, spellingsOf } from "../../src/identity/spellings.ts"

/** How often changed rows are read, where a column says which they are. */
export const CHANGED_MILLIS = 5000
/** A row of a transaction that took this long to commit is still met; later ones the whole reading finds. */
export const OVERLAP_SECONDS = 60
const DEFAULT_REFRESH_SECONDS = 60

/** Rows read at once; a view without an index sorts all of them for each chunk. */
const CHUNK_ROWS = 2_000
/** Characters that an entry has room for. */
const ENTRY_MAX = 255
/** Before, between and behind several spellings in one entry. */
export const SEPARATOR = 31
const BETWEEN = String.fromCharCode(SEPARATOR)
/** Raised where keys get other canonical forms than before. */
const FORMS_VERSION = 1

/** What a reading depended on, as it is stored; the rules of keys are the last. */
type Rules = readonly [version: number, table: string, key: string, match: unknown, keys: unknown]

const formsOf = (rules: Rules): string => JSON.stringify([rules[0], rules[4]])

const RESEND =
  "Send the learners again, once for each table that names them: gradewire snapshot start --table SCHEMA.TABLE"

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
  /**
   * Rows from this key on, it included, in the order of the key; from the first where it is left out.
   * @param since all rows of employees of whom some row changed since this time, less {@link OVERLAP_SECONDS}
   */
  readonly rowsFrom: (
    key: string | undefined,
    limit: number,
    since?: string
  ) => Asked<ReadonlyArray<EmployeeRow>>
  /** Time of the newest change; `undefined` where no column says it, or no row has one. */
  readonly newestChange: Asked<string | undefined>
  readonly put: (rows: ReadonlyArray<SpellingRow>) => Asked<unknown>
  /** Forgets what HR's rows do not hold any more, and what no rule asks for. */
  readonly forgetOld: Asked<unknown>
  readonly complete: (rules: string, employees: number) => Asked<unknown>
}

/** What a process remembers between readings. */
export class ReadingMemory {
  /** Newest change that the last reading can have seen. */
  newest: string | undefined
  /** When the whole table was read last, monotonic. */
  wholeAtMillis = 0
  wholeTookMillis = 0
}

export interface EmployeeReading {
  /** Reads the table where it was never read under these rules. */
  readonly once: Asked<void>
  /** Reads it now, or what changed where that is known and the whole reading is not due yet. */
  readonly again: Asked<void>
}

/** As many spellings as the entry has room for; those that are left out are not found. */
const joined = (known: string, raw: string): string => {
  if (known === raw || known.includes(BETWEEN + raw + BETWEEN)) return known
  const all = (known.startsWith(BETWEEN) ? known : BETWEEN + known + BETWEEN) + raw + BETWEEN
  return all.length > ENTRY_MAX ? known : all
}

/** What stands in rows in unusual spellings. */
const oddSpellings = ({ match }: EmployeesConfig, normaliser: KeyNormaliser) => {
  const columns = match.map(({ employee, learner }) => ({
    employee,
    learner,
    spellings: spellingsOf(learner, normaliser.rules)
  }))
  const isExact = (kind: KeyKind) => kind === "phone" && normaliser.rules.region === undefined

  return (rows: ReadonlyArray<EmployeeRow>): ReadonlyArray<SpellingRow> => {
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
}

export const employeeReading = (
  employees: EmployeesConfig,
  source: EmployeeSource,
  memory = new ReadingMemory()
): EmployeeReading => {
  const { key, match, table } = employees
  const normaliser = new KeyNormaliser(keyRulesOf(employees), false)
  const rules: Rules = [FORMS_VERSION, table, key, match, normaliser.rules]
  const oddOnes = oddSpellings(employees, normaliser)
  const read = Effect.fnUntraced(function* (since: string | undefined) {
    let from: string | undefined
    let limit = CHUNK_ROWS
    let employed = 0
    while (true) {
      const rows = yield* source.rowsFrom(from, limit, since)
      const odd = oddOnes(rows)
      if (odd.length > 0) yield* source.put(odd)
      const last = rows.at(-1)?.[0] ?? undefined
      employed += rows.length
      if (rows.length < limit) return employed
      // A key that stands several times may go on in the next chunk, which begins with it again.
      limit = last === from ? limit * 2 : CHUNK_ROWS
      if (last !== from) employed -= 1
      from = last
    }
  })

  const whole = Effect.gen(function* () {
    const begun = yield* monotonicMillis
    const newest = yield* source.newestChange
    const employed = yield* read(undefined)
    yield* source.forgetOld
    yield* source.complete(JSON.stringify(rules), employed)
    memory.newest = newest
    memory.wholeAtMillis = begun
    memory.wholeTookMillis = (yield* monotonicMillis) - begun
  })

  const changed = Effect.fnUntraced(function* (since: string) {
    const newest = yield* source.newestChange
    yield* read(since)
    memory.newest = newest ?? since
  })

  const refreshMillis = (employees.refreshSeconds ?? DEFAULT_REFRESH_SECONDS) * 1000
  const again = Effect.gen(function* () {
    const pause = Math.max(refreshMillis, memory.wholeTookMillis * READING_PAUSES)
    const isDue = (yield* monotonicMillis) - memory.wholeAtMillis >= pause
    yield* memory.newest === undefined || isDue ? whole : changed(memory.newest)
  })
  return {
    again,
    once: Effect.gen(function* () {
      const last = yield* source.lastRules
      if (last === JSON.stringify(rules)) return
      if (last !== undefined && formsOf(JSON.parse(last) as Rules) !== formsOf(rules)) {
        yield* Effect.logWarning(
          "the forms of keys have changed; learners captured before are compared in their old ones",
          { remedy: RESEND }
        )
      }
      yield* whole
    })
  }
}
