/**
 * Files held results whose person is proven by now, and dead letters that get another attempt.
 *
 * - Nothing tells us when HR hires somebody, so held results are looked at again, a page at a time, in turns that
 *   remember where the last one ended: the cost of a call does not grow with the queue.
 * - A result that its target refuses goes to the dead letters alone; the others are filed.
 */
import { Effect } from "effect"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { RowRefused, type ProfileStoreError, type ReleaseOutcome } from "../../../src/apply/ProfileStore.ts"
import { FENCE, lockOffset } from "./decide-sql.ts"
import { completed, readHeld } from "./held-changes.ts"
import { literal } from "./sql-text.ts"
import { explainFence, type StoreParts } from "./store-parts.ts"

/** Held results looked at together, and filed in one transaction. */
const PAGE_RESULTS = 1000
/** Pages of one call, as long as each brings something; new scores wait meanwhile. */
const PAGES_MAX = 5
/** Dead letters one call attempts. */
const LETTERS_MAX = 100

const NOW = "utc_timestamp(6)"
const HELD = "`gradewire`.`held_change`"
const DEAD = "`gradewire`.`dead_letter`"

const page = (connector: string, after: string): string => `select result_id from ${HELD}
where connector = ${literal(connector)} and result_id > ${literal(after)} order by result_id limit ${PAGE_RESULTS}`

const ofLearners = (
  connector: string,
  learners: ReadonlyArray<string>
): string => `select result_id from ${HELD}
where connector = ${literal(connector)} and learner_id in (${learners.map(literal).join(", ")})
order by result_id limit ${PAGE_RESULTS}`

const heldCount = (connector: string): string =>
  `select count(*) as held from ${HELD} where connector = ${literal(connector)}`

/** The held change becomes a dead letter. */
const parkHeld = (
  connector: string,
  epoch: number,
  result: string,
  detail: string
): ReadonlyArray<string> => {
  const here = `h.connector = ${literal(connector)} and h.result_id = ${literal(result)} and ${FENCE} = 1`
  const word = (path: string) => `json_unquote(json_extract(h.event, '${path}'))`
  return [
    ...lockOffset(connector, epoch, undefined),
    `insert into ${DEAD} (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
select h.connector, h.position, h.result_id, ${word("$.type")}, ${word("$.id")}, h.event, 'REFUSED', ${literal(detail)}, 'open', ${NOW}, ${NOW}
from ${HELD} h where ${here}
on duplicate key update state = 'open', detail = ${literal(detail)}, updated_at = ${NOW}`,
    `delete h from ${HELD} h where ${here}`,
    "commit"
  ]
}

/** Letters an operator asked to replay, and those that no longer wait for another one; the first of each result. */
const lettersOf = (connector: string): string => `select d.position, d.event from ${DEAD} d
where d.connector = ${literal(connector)} and d.state in ('replay', 'waiting') and not exists (
  select 1 from ${DEAD} b
  where b.connector = ${literal(connector)} and b.result_id = d.result_id
    and b.state in ('open', 'waiting', 'replay') and b.position < d.position
)
order by d.position limit ${LETTERS_MAX}`

const reopen = (connector: string, position: string, detail: string): string => `update ${DEAD}
set state = 'open', detail = ${literal(detail)}, updated_at = ${NOW}
where connector = ${literal(connector)} and position = ${literal(position)}`

interface Filed {
  readonly fenced: string | number
  readonly applied: string | number
}

type Step = Effect.Effect<number, ProfileStoreError>

/** Files changes under the epoch; the refusal is an answer. */
const attempt = (
  store: StoreParts,
  epoch: number,
  changes: ReadonlyArray<ChangeEvent>,
  letters?: ReadonlyArray<string>
): Effect.Effect<number | RowRefused, ProfileStoreError> =>
  Effect.gen(function* () {
    const scripts = yield* store.scripts
    const script = store.script<Filed>(scripts.batch(epoch, changes, undefined, letters))
    const outcome = yield* Effect.catchTag(script, "RowRefused", (refused) => Effect.succeed(refused))
    if (outcome instanceof RowRefused) return outcome
    if (Number(outcome[0]!.fenced) === 0) yield* explainFence(store, epoch, undefined, undefined)
    return Number(outcome[0]!.applied)
  })

/** Files the named results; halves them to find one that is refused. */
const fileResults = (store: StoreParts, epoch: number, results: ReadonlyArray<string>): Step =>
  Effect.gen(function* () {
    const outcome = yield* attempt(store, epoch, yield* readHeld(store, results))
    if (typeof outcome === "number") return outcome
    if (results.length === 1) {
      yield* store.script(parkHeld(store.connector, epoch, results[0]!, outcome.detail))
      return 0
    }
    const middle = Math.ceil(results.length / 2)
    const first = yield* fileResults(store, epoch, results.slice(0, middle))
    return first + (yield* fileResults(store, epoch, results.slice(middle)))
  })

interface Letter {
  readonly position: string
  readonly event: string
}

const replayLetter = (store: StoreParts, epoch: number, letter: Letter): Step =>
  Effect.gen(function* () {
    const change = JSON.parse(letter.event) as ChangeEvent
    const outcome = yield* attempt(store, epoch, yield* completed(store, [change]), [letter.position])
    if (typeof outcome === "number") return outcome
    yield* store.rows(reopen(store.connector, letter.position, outcome.detail))
    return 0
  })

type Page = Effect.Effect<ReadonlyArray<string>, ProfileStoreError>

/** Held results in turns, from where the last call ended; those of learners who changed since come first. */
const pagesOf = (store: StoreParts): Page => {
  const { changedLearners, connector } = store
  let after = ""
  const read = (text: string): Page =>
    Effect.map(store.rows<{ result_id: string }>(text), (rows) => rows.map((row) => row.result_id))
  return Effect.gen(function* () {
    if (changedLearners.size > 0) {
      const learners = [...changedLearners]
      const found = yield* read(ofLearners(connector, learners))
      for (const learner of learners) changedLearners.delete(learner)
      if (found.length > 0) return found
    }
    let found = yield* read(page(connector, after))
    if (found.length === 0 && after !== "") found = yield* read(page(connector, ""))
    after = found.length < PAGE_RESULTS ? "" : found.at(-1)!
    return found
  })
}

const replayLetters = (store: StoreParts, epoch: number): Step =>
  Effect.gen(function* () {
    const letters = yield* store.rows<Letter>(lettersOf(store.connector))
    // The mended cause may be a column that was widened.
    if (letters.length > 0) yield* store.forgetShape
    let released = 0
    for (const letter of letters) released += yield* replayLetter(store, epoch, letter)
    return released
  })

const filePage = (store: StoreParts, epoch: number, results: ReadonlyArray<string>): Step =>
  Effect.gen(function* () {
    const scripts = yield* store.scripts
    const due = yield* store.script<{ result_id: string }>(scripts.probe(results))
    const named = due.map((row) => row.result_id)
    return named.length === 0 ? 0 : yield* fileResults(store, epoch, named)
  })

/** Keeps the place where the next look at the held results begins. */
export const releaseHeld = (
  store: StoreParts
): Effect.Effect<(epoch: number) => Effect.Effect<ReleaseOutcome, ProfileStoreError>> =>
  Effect.sync(() => {
    const nextPage = pagesOf(store)
    return (epoch) =>
      Effect.gen(function* () {
        const stored = yield* store.readOffset
        if (Number(stored?.epoch ?? 0) !== epoch) yield* explainFence(store, epoch, undefined, undefined)
        let released = yield* replayLetters(store, epoch)
        for (let pages = 0; pages < PAGES_MAX; pages++) {
          const results = yield* nextPage
          if (results.length === 0) break
          const filed = yield* filePage(store, epoch, results)
          released += filed
          if (filed === 0) break
        }
        const [count] = yield* store.rows<{ held: string | number }>(heldCount(store.connector))
        return { released, held: Number(count!.held) }
      })
  })
