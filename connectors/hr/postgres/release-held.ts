/**
 * Files held results whose person is proven by now, and dead letters that get another attempt.
 *
 * - Nothing tells us when HR hires somebody, so held results are looked at again, a page at a time, in turns that
 *   remember where the last one ended: the cost of a call does not grow with the queue.
 * - A result that its target refuses goes to the dead letters alone; the others are filed.
 */
import { Effect } from "effect"
import { RowRefused, type ProfileStoreError, type ReleaseOutcome } from "../../../src/apply/ProfileStore.ts"
import { explainFence, type StoreParts } from "./store-parts.ts"
import type { Row } from "./postgres-client.ts"

/** Held results looked at together, and filed in one transaction. */
const PAGE_RESULTS = 1000
/** Pages of one call, as long as each brings something; new scores wait meanwhile. */
const PAGES_MAX = 5
/** Dead letters one call attempts. */
const LETTERS_MAX = 100

const PAGE = `select result_id from gradewire.held_change
where connector = $1 and result_id > $2 order by result_id limit ${PAGE_RESULTS}`

const OF_LEARNERS = `select result_id from gradewire.held_change
where connector = $1 and learner_id = any($2::text[]) order by result_id limit ${PAGE_RESULTS}`

const HELD_COUNT = `select count(*)::integer as held from gradewire.held_change where connector = $1`

/** $2 epoch, $3 result, $4 detail: the held change becomes a dead letter. */
const PARK_HELD = `with fence as materialized (
  select 1 from gradewire.apply_offset where connector = $1 and lane = 0 and epoch = $2::bigint for update
), out as (
  delete from gradewire.held_change h using fence where h.connector = $1 and h.result_id = $3 returning h.*
)
insert into gradewire.dead_letter
  (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
select o.connector, o.position, o.result_id, o.event ->> 'type', o.event ->> 'id', o.event::json, 'REFUSED', $4, 'open',
  clock_timestamp(), clock_timestamp()
from out o
on conflict (connector, position) do update
  set state = 'open', detail = excluded.detail, updated_at = excluded.updated_at`

/** Letters an operator asked to replay, and those that no longer wait for another one; the first of each result. */
const LETTERS = `select d.position, d.type, d.event::text as event
from gradewire.dead_letter d
where d.connector = $1 and (d.state = 'replay' or d.state = 'waiting') and not exists (
  select from gradewire.dead_letter b
  where b.connector = $1 and b.result_id = d.result_id and b.state in ('open', 'waiting', 'replay')
    and b.position < d.position
)
order by d.position limit ${LETTERS_MAX}`

/** $2 position, $3 detail */
const REOPEN = `update gradewire.dead_letter set state = 'open', detail = $3, updated_at = clock_timestamp()
where connector = $1 and position = $2`

interface Filed {
  readonly fenced: number
  readonly applied: number
}

type Step = Effect.Effect<number, ProfileStoreError>

/** Files the named results; halves them to find one that is refused. */
const fileResults = (store: StoreParts, epoch: number, results: ReadonlyArray<string>): Step =>
  Effect.gen(function* () {
    const batches = yield* store.batches
    const attempt = store.run<Filed>(batches.statement("release"), [store.connector, epoch, results])
    const outcome = yield* Effect.catchTag(attempt, "RowRefused", (refused) => Effect.succeed(refused))
    if (!(outcome instanceof RowRefused)) {
      if (outcome[0]!.fenced === 0) yield* explainFence(store, epoch, undefined, undefined)
      return outcome[0]!.applied
    }
    if (results.length === 1) {
      yield* store.rows({ text: PARK_HELD, values: [store.connector, epoch, results[0], outcome.detail] })
      return 0
    }
    const middle = Math.ceil(results.length / 2)
    const first = yield* fileResults(store, epoch, results.slice(0, middle))
    return first + (yield* fileResults(store, epoch, results.slice(middle)))
  })

interface Letter extends Row {
  readonly position: string
  readonly type: string
  readonly event: string
}

const replayLetter = (store: StoreParts, epoch: number, letter: Letter): Step =>
  Effect.gen(function* () {
    const batches = yield* store.batches
    const event = `[${letter.event}]`
    const kinds = ["score", "learner", "assessment"].map((kind) =>
      letter.type.startsWith(`gradewire.${kind}.`) ? event : "[]"
    )
    const values = [store.connector, epoch, ...kinds]
    const attempt = store.run<Filed>(batches.statement("replay"), values)
    const outcome = yield* Effect.catchTag(attempt, "RowRefused", (refused) => Effect.succeed(refused))
    if (outcome instanceof RowRefused) {
      yield* store.rows({ text: REOPEN, values: [store.connector, letter.position, outcome.detail] })
      return 0
    }
    if (outcome[0]!.fenced === 0) yield* explainFence(store, epoch, undefined, undefined)
    return outcome[0]!.applied
  })

type Page = Effect.Effect<ReadonlyArray<string>, ProfileStoreError>

/** Held results in turns, from where the last call ended; those of learners who changed since come first. */
const pagesOf = (store: StoreParts): Page => {
  let after = ""
  const read = (text: string, name: string, of: unknown): Page =>
    Effect.map(store.rows<{ result_id: string }>({ name, text, values: [store.connector, of] }), (rows) =>
      rows.map((row) => row.result_id)
    )
  return Effect.gen(function* () {
    if (store.changedLearners.size > 0) {
      const learners = [...store.changedLearners]
      const page = yield* read(OF_LEARNERS, "gradewire_of_learners", learners)
      for (const learner of learners) store.changedLearners.delete(learner)
      if (page.length > 0) return page
    }
    let page = yield* read(PAGE, "gradewire_page", after)
    if (page.length === 0 && after !== "") page = yield* read(PAGE, "gradewire_page", "")
    after = page.length < PAGE_RESULTS ? "" : page.at(-1)!
    return page
  })
}

const replayLetters = (store: StoreParts, epoch: number): Step =>
  Effect.gen(function* () {
    const query = { name: "gradewire_letters", text: LETTERS, values: [store.connector] }
    const letters = yield* store.rows<Letter>(query)
    // The mended cause may be a column that was widened.
    if (letters.length > 0) yield* store.forgetShape
    let released = 0
    for (const letter of letters) released += yield* replayLetter(store, epoch, letter)
    return released
  })

/** Keeps the place where the next look at the held results begins. */
export const releaseHeld = (
  store: StoreParts
): Effect.Effect<(epoch: number) => Effect.Effect<ReleaseOutcome, ProfileStoreError>> =>
  Effect.sync(() => {
    const nextPage = pagesOf(store)
    const filePage = (epoch: number, page: ReadonlyArray<string>): Step =>
      Effect.gen(function* () {
        const batches = yield* store.batches
        const probe = [store.connector, epoch, page]
        const due = yield* store.run<{ result_id: string }>(batches.statement("probe"), probe)
        return due.length === 0
          ? 0
          : yield* fileResults(
              store,
              epoch,
              due.map((row) => row.result_id)
            )
      })
    return (epoch) =>
      Effect.gen(function* () {
        const stored = yield* store.readOffset
        if (Number(stored?.epoch ?? 0) !== epoch) yield* explainFence(store, epoch, undefined, undefined)
        let released = yield* replayLetters(store, epoch)
        for (let pages = 0; pages < PAGES_MAX; pages++) {
          const page = yield* nextPage
          if (page.length === 0) break
          const filed = yield* filePage(epoch, page)
          released += filed
          if (filed === 0) break
        }
        const count = { name: "gradewire_held", text: HELD_COUNT, values: [store.connector] }
        return { released, held: (yield* store.rows<{ held: number }>(count))[0]!.held }
      })
  })
