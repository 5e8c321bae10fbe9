/**
 * Rows that the HR database cannot even compare, because the mapping refuses a value of theirs, found by halving.
 */
import { Effect } from "effect"
import type { Standing } from "../../src/reconcile/ProfileView.ts"
import type { SourceRow } from "../../src/reconcile/SourceRows.ts"

/** A row that was filed can never have had this value: it was changed since, unseen. */
const refused = ({ id }: SourceRow): Standing => ({
  id,
  state: "filed",
  position: null,
  isThere: true,
  isHeld: false,
  isDead: false,
  fields: ["(refused by the mapping)"],
  isUntouched: false,
  learner: null
})

export const comparedInParts = <E>(
  rows: ReadonlyArray<SourceRow>,
  compare: (rows: ReadonlyArray<SourceRow>) => Effect.Effect<ReadonlyArray<Standing>, E>,
  isRefused: (error: E) => boolean
): Effect.Effect<ReadonlyArray<Standing>, E> => {
  if (rows.length === 0) return Effect.succeed([])
  return compare(rows).pipe(
    Effect.catch((error) => {
      if (!isRefused(error)) return Effect.fail(error)
      if (rows.length === 1) return Effect.succeed([refused(rows[0]!)])
      const half = rows.length >> 1
      return Effect.map(
        Effect.all([
          comparedInParts(rows.slice(0, half), compare, isRefused),
          comparedInParts(rows.slice(half), compare, isRefused)
        ]),
        ([first, second]) => [...first, ...second]
      )
    })
  )
}
