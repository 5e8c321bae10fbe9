/** Held results and dead letters on MySQL and MariaDB; what is done with them is in ../release-held.ts. */
import { Effect } from "effect"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { RowRefused, type ProfileStoreError, type ReleaseOutcome } from "../../../src/apply/ProfileStore.ts"
import { LETTERS_MAX, PAGE_RESULTS, releaseHeldFrom, type HeldRow } from "../release-held.ts"
import { explainFence } from "../store-verdicts.ts"
import { FENCE, lockOffset } from "./decide-sql.ts"
import { completed, readHeld } from "./held-changes.ts"
import { literal } from "./sql-text.ts"
import type { StoreParts } from "./store-parts.ts"

const NOW = "utc_timestamp(6)"
const HELD = "`gradewire`.`held_change`"
const DEAD = "`gradewire`.`dead_letter`"

/** What somebody put aside waits for nothing. */
const WAITING = `not exists (
  select 1 from \`gradewire\`.\`ignored_change\` i
  where i.connector = h.connector and i.result_id = h.result_id and i.at >= h.held_at)`

const page = (
  connector: string,
  after: string,
  isParked: boolean
): string => `select result_id, learner_id, ${WAITING} as is_waiting from ${HELD} h
where connector = ${literal(connector)} and is_parked = ${isParked ? 1 : 0} and result_id > ${literal(after)}
order by result_id limit ${PAGE_RESULTS}`

const ofLearners = (
  connector: string,
  learners: ReadonlyArray<string>
): string => `select result_id, learner_id, 1 as is_waiting from ${HELD} h
where connector = ${literal(connector)} and learner_id in (${learners.map(literal).join(", ")}) and ${WAITING}
order by result_id limit ${PAGE_RESULTS}`

/** The held change becomes a dead letter. */
const parkHeld = (
  connector: string,
  lane: number,
  epoch: number,
  result: string,
  detail: string
): ReadonlyArray<string> => {
  const here = `h.connector = ${literal(connector)} and h.result_id = ${literal(result)} and ${FENCE} = 1`
  const word = (path: string) => `json_unquote(json_extract(h.event, '${path}'))`
  return [
    ...lockOffset(connector, lane, epoch, undefined),
    `insert into ${DEAD} (connector, position, result_id, type, event_id, event, reason, detail, state, at, updated_at)
select h.connector, h.position, h.result_id, ${word("$.type")}, ${word("$.id")}, h.event, 'REFUSED', ${literal(detail)}, 'open', ${NOW}, ${NOW}
from ${HELD} h where ${here}
on duplicate key update state = 'open', detail = ${literal(detail)}, updated_at = ${NOW}`,
    `delete h from ${HELD} h where ${here}`,
    "commit"
  ]
}

/** Behind a position: letters to be replayed, and those that no longer wait for another one; the first of each result. */
const lettersAfter = (
  connector: string,
  position: string
): string => `select d.position, d.event from ${DEAD} d
where d.connector = ${literal(connector)} and d.position > ${literal(position)}
  and d.state in ('replay', 'waiting') and not exists (
  select 1 from ${DEAD} b
  where b.connector = ${literal(connector)} and b.result_id = d.result_id
    and b.state in ('open', 'waiting', 'replay') and b.position < d.position
)
order by d.position limit ${LETTERS_MAX}`

const reopen = (connector: string, position: string, detail: string): string => `update ${DEAD}
set state = 'open', detail = ${literal(detail)}, updated_at = ${NOW}
where connector = ${literal(connector)} and position = ${literal(position)} and state in ('replay', 'waiting')`

interface Filed {
  readonly fenced: string | number
  readonly applied: string | number
  readonly letters?: string | number
}

/** Files changes under the epoch; the refusal is an answer. */
const attempt = (
  store: StoreParts,
  epoch: number,
  stored: ReadonlyArray<ChangeEvent>,
  letters?: ReadonlyArray<string>
): Effect.Effect<number | RowRefused, ProfileStoreError> =>
  Effect.gen(function* () {
    const scripts = yield* store.scripts
    const changes = store.canonical(stored)
    const refusal = scripts.refusalOf(changes)
    if (refusal !== null)
      return new RowRefused({ message: "a value cannot be converted", code: "CONVERSION", detail: refusal })
    const script = store.script<Filed>(scripts.batch(epoch, changes, undefined, letters))
    const outcome = yield* Effect.catchTag(script, "RowRefused", (refused) => Effect.succeed(refused))
    if (outcome instanceof RowRefused) return outcome
    // Somebody has discarded it since it was read.
    if (letters !== undefined && Number(outcome[0]!.letters) < letters.length) return 0
    if (Number(outcome[0]!.fenced) === 0) yield* explainFence(store, epoch, undefined, undefined)
    return Number(outcome[0]!.applied)
  })

interface Letter {
  readonly position: string
  readonly event: string
}

const resultIds = (rows: ReadonlyArray<{ readonly result_id: string }>): ReadonlyArray<string> =>
  rows.map((row) => row.result_id)

export const releaseHeld = (
  store: StoreParts
): ((epoch: number) => Effect.Effect<ReleaseOutcome, ProfileStoreError>) => {
  const { connector } = store
  const held = (text: string) => store.rows<HeldRow>(text)
  return releaseHeldFrom<Letter>({
    ...store,
    heldAfter: (result, isParked) => held(page(connector, result, isParked)),
    heldOfLearners: (learners) => held(ofLearners(connector, learners)),
    due: (_, results) =>
      Effect.flatMap(store.scripts, (scripts) =>
        Effect.map(store.script<{ result_id: string }>(scripts.probe(results)), resultIds)
      ),
    file: (epoch, results) =>
      Effect.flatMap(readHeld(store, results), (changes) => attempt(store, epoch, changes)),
    parkHeld: (epoch, result, detail) =>
      store.script(parkHeld(connector, store.lane.lane, epoch, result, detail)),
    lettersAfter: (position) => store.rows<Letter>(lettersAfter(connector, position)),
    changeOf: ({ event }) => JSON.parse(event) as ChangeEvent,
    fileLetter: (epoch, letter) =>
      Effect.flatMap(completed(store, [JSON.parse(letter.event) as ChangeEvent]), (changes) =>
        attempt(store, epoch, changes, [letter.position])
      ),
    reopen: (letter, detail) => store.rows(reopen(connector, letter.position, detail))
  })
}
