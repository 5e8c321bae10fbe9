/** Held results and dead letters on PostgreSQL; what is done with them is in ../release-held.ts. */
import { Effect } from "effect"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { RowRefused, type ProfileStoreError, type ReleaseOutcome } from "../../../src/apply/ProfileStore.ts"
import { LETTERS_MAX, PAGE_RESULTS, releaseHeldFrom, type HeldRow } from "../release-held.ts"
import { explainFence } from "../store-verdicts.ts"
import type { Row } from "./postgres-client.ts"
import type { PreparedStatement } from "./prepared-batches.ts"
import type { StoreParts } from "./store-parts.ts"

/** What somebody put aside waits for nothing. */
const WAITING = `not exists (
  select from gradewire.ignored_change i
  where i.connector = h.connector and i.result_id = h.result_id and i.at >= h.held_at)`

/**
 * Compared as a pair, because of `connector = $1` alone the planner expects few rows of a table that nobody analysed yet,
 * and sorts the whole queue for each page. Each of the two conditions has an index of its own.
 */
const page = (which: string): string => `select h.result_id, h.learner_id, ${WAITING} as is_waiting from (
  select connector, result_id, learner_id, held_at from gradewire.held_change
  where (connector, result_id) > ($1, $2) and ${which} order by connector, result_id limit ${PAGE_RESULTS}
) h where h.connector = $1 order by h.result_id`

const PAGE = page("reason <> 'UNQUALIFIED'")
const PARKED = page("reason = 'UNQUALIFIED'")

const OF_LEARNERS = `select result_id, learner_id, true as is_waiting from gradewire.held_change h
where connector = $1 and learner_id = any($2::text[]) and ${WAITING} order by result_id limit ${PAGE_RESULTS}`

/** $2 epoch, $3 result, $4 detail: the held change becomes a dead letter. */
const parkHeld = (lane: number): string => `with fence as materialized (
  select 1 from gradewire.apply_offset where connector = $1 and lane = ${lane} and epoch = $2::bigint for update
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

/** Behind $2: letters an operator asked to replay, and those that no longer wait for another one; the first of each result. */
const LETTERS = `select d.position, d.type, d.event::text as event
from gradewire.dead_letter d
where d.connector = $1 and d.position > $2 and (d.state = 'replay' or d.state = 'waiting') and not exists (
  select from gradewire.dead_letter b
  where b.connector = $1 and b.result_id = d.result_id and b.state in ('open', 'waiting', 'replay')
    and b.position < d.position
)
order by d.position limit ${LETTERS_MAX}`

/** $2 position, $3 detail */
const REOPEN = `update gradewire.dead_letter set state = 'open', detail = $3, updated_at = clock_timestamp()
where connector = $1 and position = $2 and state in ('replay', 'waiting')`

interface Filed {
  readonly fenced: number
  readonly applied: number
  readonly letters: number
}

/** Files changes under the epoch; the refusal is an answer. */
const attempt = (
  store: StoreParts,
  epoch: number,
  statement: PreparedStatement,
  values: ReadonlyArray<unknown>,
  isReplay = false
): Effect.Effect<number | RowRefused, ProfileStoreError> =>
  Effect.gen(function* () {
    const run = store.run<Filed>(statement, [store.connector, epoch, ...values])
    const outcome = yield* Effect.catchTag(run, "RowRefused", (refused) => Effect.succeed(refused))
    if (outcome instanceof RowRefused) return outcome
    // Somebody has discarded it since it was read.
    if (isReplay && outcome[0]!.letters === 0) return 0
    if (outcome[0]!.fenced === 0) yield* explainFence(store, epoch, undefined, undefined)
    return outcome[0]!.applied
  })

interface Letter extends Row {
  readonly position: string
  readonly type: string
  readonly event: string
}

/** JSON arrays of scores, learners and assessments. */
const kindsOf = (change: ChangeEvent): ReadonlyArray<string> =>
  ["score", "learner", "assessment"].map((kind) =>
    change.type.startsWith(`gradewire.${kind}.`) ? JSON.stringify([change]) : "[]"
  )

const resultIds = (rows: ReadonlyArray<{ readonly result_id: string }>): ReadonlyArray<string> =>
  rows.map((row) => row.result_id)

export const releaseHeld = (
  store: StoreParts
): ((epoch: number) => Effect.Effect<ReleaseOutcome, ProfileStoreError>) => {
  const { batches, connector } = store
  const held = (name: string, text: string, of: unknown) =>
    store.rows<HeldRow>({ name, text, values: [connector, of] })
  return releaseHeldFrom<Letter>({
    ...store,
    heldAfter: (result, isParked) =>
      isParked ? held("gradewire_parked", PARKED, result) : held("gradewire_page", PAGE, result),
    heldOfLearners: (learners) => held("gradewire_of_learners", OF_LEARNERS, learners),
    due: (epoch, results) =>
      Effect.flatMap(batches, (prepared) =>
        Effect.map(
          store.run<{ result_id: string }>(prepared.statement("probe"), [connector, epoch, results]),
          resultIds
        )
      ),
    file: (epoch, results) =>
      Effect.flatMap(batches, (prepared) => attempt(store, epoch, prepared.statement("release"), [results])),
    parkHeld: (epoch, result, detail) =>
      store.rows({ text: parkHeld(store.lane.lane), values: [connector, epoch, result, detail] }),
    lettersAfter: (position) =>
      store.rows<Letter>({ name: "gradewire_letters", text: LETTERS, values: [connector, position] }),
    changeOf: ({ event }) => JSON.parse(event) as ChangeEvent,
    fileLetter: (epoch, letter) =>
      Effect.flatMap(batches, (prepared) =>
        attempt(
          store,
          epoch,
          prepared.statement("replay"),
          [...kindsOf(store.canonical([JSON.parse(letter.event) as ChangeEvent])[0]!), letter.position],
          true
        )
      ),
    reopen: (letter, detail) => store.rows({ text: REOPEN, values: [connector, letter.position, detail] })
  })
}
