/**
 * Rows that the HR database cannot even compare, because the mapping refuses a value of theirs, found by halving.
 */
import { Effect } from "effect"
import { NOTHING_COMPARED, type Compared, type Standing } from "../../src/reconcile/ProfileView.ts"
import { bothEqual } from "../../src/reconcile/sums.ts"
import type { SourceRow } from "../../src/reconcile/SourceRows.ts"

/** What differs in a row that cannot be compared: what was filed can never have had this value. */
const REFUSED = ["(refused by the mapping)"]

const unknown = (id: string): Standing => ({
  id,
  state: "absent",
  position: null,
  isThere: false,
  isHeld: false,
  isDead: false,
  fields: [],
  isUntouched: false,
  learner: null,
  amounts: []
})

export interface Comparison<E> {
  readonly compare: (rows: ReadonlyArray<SourceRow>) => Effect.Effect<Compared, E>
  readonly isRefused: (error: E) => boolean
  /** What ledger and queues say of a row, whatever its values are; nothing where they do not know it. */
  readonly booked: (id: string) => Effect.Effect<ReadonlyArray<Standing>, E>
}

export const comparedInParts = <E>(
  rows: ReadonlyArray<SourceRow>,
  comparison: Comparison<E>
): Effect.Effect<Compared, E> => {
  const [first] = rows
  if (first === undefined) return Effect.succeed(NOTHING_COMPARED)
  return comparison.compare(rows).pipe(
    Effect.catch((error) => {
      if (!comparison.isRefused(error)) return Effect.fail(error)
      if (rows.length === 1) {
        return Effect.map(comparison.booked(first.id), ([standing]) => ({
          ...NOTHING_COMPARED,
          differing: [
            standing === undefined
              ? unknown(first.id)
              : { ...standing, fields: standing.isThere ? REFUSED : [] }
          ]
        }))
      }
      const half = rows.length >> 1
      return Effect.map(
        Effect.all([
          comparedInParts(rows.slice(0, half), comparison),
          comparedInParts(rows.slice(half), comparison)
        ]),
        ([before, behind]): Compared => ({
          differing: [...before.differing, ...behind.differing],
          equal: bothEqual(before.equal, behind.equal)
        })
      )
    })
  )
}
