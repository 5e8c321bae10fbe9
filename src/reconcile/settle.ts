/**
 * Second looks at rows that differed: which of them really do.
 *
 * Both databases change meanwhile, and the HR database is always a little behind. So each suspect is read from the source
 * again, then apply is awaited at the place up to which that answer reaches, then the HR database is asked. What
 * `isSettled` (differences.ts) does not clear changes just now, and is looked at again until time is up.
 */
import { Clock, Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import { hasPassed, isSettled, kindOf, type Difference } from "./differences.ts"
import { ProfileView } from "./ProfileView.ts"
import type { CountedRows } from "./sums.ts"
import { SourceRows, type SourceMark } from "./SourceRows.ts"

/** Ids to look at again, and up to where in the binlog the answer reached that made them suspects. */
export type Suspects = ReadonlyMap<string, SourceMark>

export interface Settled {
  readonly differences: ReadonlyArray<Difference>
  /** What is to be added up: of rows that are equal after all, and of each that differs. */
  readonly counted: ReadonlyArray<CountedRows>
  /** Up to where the last answers reach. */
  readonly upTo: SourceMark | undefined
  /** Apply did not come so far in time. */
  readonly isBehind: boolean
}

const LOOK_MILLIS = 200

/** @param waitMillis for apply, and for rows that keep changing */
export const settle = Effect.fnUntraced(function* (
  table: string,
  suspects: Suspects,
  waitMillis: number
): Effect.fn.Return<Settled, Failure, SourceRows | ProfileView> {
  const source = yield* SourceRows
  const profile = yield* ProfileView
  const deadline = (yield* Clock.currentTimeMillis) + waitMillis
  const pending = new Map(suspects)
  const differences: Array<Difference> = []
  const counted: Array<CountedRows> = []
  let upTo: SourceMark | undefined
  while (pending.size > 0) {
    const ids = [...pending.keys()]
    const { rows: found, high } = yield* source.find(table, ids)
    // A key that the source takes for equal finds a row of another name, which was compared where it stands.
    const rows = found.filter(({ id }) => pending.has(id))
    upTo = high
    if (!(yield* awaitApply(high, deadline))) {
      return { differences: [...differences, ...ids.map(unsettled)], upTo, isBehind: true, counted }
    }
    const there = new Set(rows.map(({ id }) => id))
    const { differing, equal } = yield* profile.compare(table, rows)
    counted.push({ kind: "equal", ...equal })
    const left = yield* profile.standing(
      table,
      ids.filter((id) => !there.has(id))
    )
    // Asked afterwards: apply goes on, and what it did meanwhile is not beyond it.
    const places = yield* profile.progress
    const standings = new Map([...differing, ...left].map((standing) => [standing.id, standing]))
    for (const [id, before] of pending) {
      const standing = standings.get(id)
      if (standing !== undefined && !isSettled(standing, before, places)) {
        pending.set(id, high)
        continue
      }
      pending.delete(id)
      if (standing === undefined) continue
      const { amounts, fields, learner, position } = standing
      const kind = there.has(id) ? kindOf(standing) : "extra"
      differences.push({ id, kind, fields, learner, position })
      if (kind !== "unsettled") counted.push({ kind, rows: 1, amounts })
    }
    if ((yield* Clock.currentTimeMillis) > deadline) break
  }
  return {
    differences: [...differences, ...[...pending.keys()].map(unsettled)],
    upTo,
    isBehind: false,
    counted
  }
})

const unsettled = (id: string): Difference => ({
  id,
  kind: "unsettled",
  fields: [],
  position: null,
  learner: null
})

/** False where apply is not there in time. */
const awaitApply = Effect.fnUntraced(function* (mark: SourceMark, deadline: number) {
  const profile = yield* ProfileView
  while (true) {
    if (hasPassed(yield* profile.progress, mark)) return true
    if ((yield* Clock.currentTimeMillis) >= deadline) return false
    yield* Effect.sleep(LOOK_MILLIS)
  }
})
