/**
 * Files held results whose person is proven by now, and dead letters that get another attempt; the same on every server.
 *
 * - Nothing tells us when HR hires somebody, so held results are looked at again, a page a call, in turns that
 *   remember where the last one ended: the cost of a call does not grow with the queue, and a new score waits for one
 *   page at most.
 * - Results of accounts that are no employees are parked: nothing but keys of their own, a link or another configuration
 *   makes them anybody's. They are looked at when apply begins, when their learner's keys come, and else hardly ever, so
 *   that their number costs nobody anything.
 * - Where most of a page could be filed, the next one is filed without a look before: HR has entered many at once.
 * - A result that its target refuses goes to the dead letters alone; the others are filed.
 */
import { Effect } from "effect"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { laneOfText, type Lane } from "../../schemas/lane.ts"
import type { ProfileStoreError, ReleaseOutcome, RowRefused } from "../../src/apply/ProfileStore.ts"
import type { CheckScore } from "../../src/apply/score-checks.ts"
import { monotonicMillis } from "../../src/pipeline/monotonic-millis.ts"
import { laneOfEvent } from "../../src/apply/route-events.ts"
import { CHANGED_LEARNERS_MAX, explainFence } from "./store-verdicts.ts"
import type { OffsetRow } from "./stored-rows.ts"

/** Held results looked at together, and filed in one transaction. */
export const PAGE_RESULTS = 1000
/** So many of one page are not filed by chance. */
const MANY = 50
/** Nothing that happens to a parked result is missed for longer, whatever was not noticed. */
const PARKED_MILLIS = 600_000
/** Dead letters one call attempts. */
export const LETTERS_MAX = 100

type Asked<A> = Effect.Effect<A, ProfileStoreError>
type Results = ReadonlyArray<string>

export interface HeldRow {
  readonly result_id: string
  readonly learner_id: string | null
  /** Not put aside by somebody. */
  readonly is_waiting: boolean | number | string
}

interface Positioned {
  readonly position: string
}

/** What one kind of server does for it. Results by id, pages in the order of ids. */
export interface HeldQueue<Letter extends Positioned> {
  readonly connector: string
  /** Whose results and letters are looked at. */
  readonly lane: Lane
  readonly readOffset: Asked<OffsetRow | undefined>
  /** Learners whose keys came or changed and whose held results were not looked at since; emptied here. */
  readonly changedLearners: Set<string>
  /** What is known of the tables' shape may be old: it is read again. */
  readonly forgetShape: Effect.Effect<void>
  /** Those of accounts that are no employees, or the others. */
  readonly heldAfter: (result: string, isParked: boolean) => Asked<ReadonlyArray<HeldRow>>
  readonly heldOfLearners: (learners: Results) => Asked<ReadonlyArray<HeldRow>>
  /** Those about which something can be done now. */
  readonly due: (epoch: number, results: Results) => Asked<Results>
  /** How many were filed, in one transaction; the refusal is an answer. */
  readonly file: (epoch: number, results: Results) => Asked<number | RowRefused>
  readonly parkHeld: (epoch: number, result: string, detail: string) => Asked<unknown>
  /** Behind a position: letters to be replayed, and those that no longer wait for another one; the first of each result. */
  readonly lettersAfter: (position: string) => Asked<ReadonlyArray<Letter>>
  readonly changeOf: (letter: Letter) => ChangeEvent
  readonly fileLetter: (epoch: number, letter: Letter) => Asked<number | RowRefused>
  readonly checkScore: CheckScore
  readonly reopen: (letter: Letter, detail: string) => Asked<unknown>
}

/** Files the named results; halves them to find one that is refused. */
const fileResults = <L extends Positioned>(
  queue: HeldQueue<L>,
  epoch: number,
  results: Results
): Asked<number> =>
  Effect.gen(function* () {
    const outcome = yield* queue.file(epoch, results)
    if (typeof outcome === "number") return outcome
    if (results.length === 1) {
      yield* queue.parkHeld(epoch, results[0]!, outcome.detail)
      return 0
    }
    const middle = Math.ceil(results.length / 2)
    const first = yield* fileResults(queue, epoch, results.slice(0, middle))
    return first + (yield* fileResults(queue, epoch, results.slice(middle)))
  })

/** Servers answer booleans as `true`, `1` or `"1"`. */
const isWaiting = ({ is_waiting: is }: HeldRow): boolean => is === true || Number(is) === 1

const isOwn = ({ lane, lanes }: Lane, { learner_id: learner, result_id: result }: HeldRow): boolean =>
  lanes === 1 || laneOfText(learner ?? result, lanes) === lane

interface Page {
  readonly results: Results
  /** The parked ones are being looked through: the next page is due at once. */
  readonly more: boolean
}

/** A turn through all parked results, whenever something about them may have changed unseen. */
class ParkedTurn {
  /** Where it is; `undefined`: none is under way. The first one is because the configuration may be another. */
  after: string | undefined = ""
  endedMillis = 0

  begin(): void {
    this.after ??= ""
  }
}

/** Held results in turns, from where the last call ended; those of learners who changed since come first. */
const pagesOf = <L extends Positioned>({
  changedLearners,
  heldAfter,
  heldOfLearners,
  lane
}: HeldQueue<L>): Asked<Page> => {
  let after = ""
  const parked = new ParkedTurn()
  const own = (page: ReadonlyArray<HeldRow>): Results =>
    page.flatMap((row) => (isWaiting(row) && isOwn(lane, row) ? [row.result_id] : []))
  /** Other lanes' results are passed over, a few pages of them at most. */
  const nextOwn = Effect.gen(function* () {
    for (let pages = 0; pages <= lane.lanes; pages++) {
      const from = after
      const page = yield* heldAfter(from, false)
      after = page.length < PAGE_RESULTS ? "" : page.at(-1)!.result_id
      const results = own(page)
      if (results.length > 0 || (from === "" && after === "")) return results
    }
    return []
  })
  const nextParked = Effect.fnUntraced(function* (from: string) {
    const page = yield* heldAfter(from, true)
    parked.after = page.length < PAGE_RESULTS ? undefined : page.at(-1)!.result_id
    if (parked.after === undefined) parked.endedMillis = yield* monotonicMillis
    return own(page)
  })
  return Effect.gen(function* () {
    if (changedLearners.size > 0) {
      const learners = [...changedLearners]
      const page = yield* heldOfLearners(learners)
      for (const learner of learners) changedLearners.delete(learner)
      // What is not on the page the others' turn comes to, but not to the parked ones among it.
      if (page.length === PAGE_RESULTS || learners.length >= CHANGED_LEARNERS_MAX) parked.begin()
      const results = own(page)
      if (results.length > 0) return { results, more: false }
    }
    if (parked.after === undefined && (yield* monotonicMillis) - parked.endedMillis > PARKED_MILLIS)
      parked.begin()
    if (parked.after !== undefined) {
      const results = yield* nextParked(parked.after)
      if (results.length > 0) return { results, more: true }
    }
    return { results: yield* nextOwn, more: false }
  })
}

/** Letters that are for every lane are the first one's. */
const isOwnLetter = ({ lane, lanes }: Lane, change: ChangeEvent): boolean => {
  const owner = laneOfEvent(change, { lanes, learnerTables: new Set() })
  return (owner === "every" ? 0 : owner) === lane
}

/** Up to {@link LETTERS_MAX} of this lane's letters, from the oldest on. */
const ownLetters = <L extends Positioned>({
  changeOf,
  lane,
  lettersAfter
}: HeldQueue<L>): Asked<ReadonlyArray<L>> =>
  Effect.gen(function* () {
    let page = yield* lettersAfter("")
    if (lane.lanes === 1) return page
    while (true) {
      const own = page.filter((letter) => isOwnLetter(lane, changeOf(letter)))
      if (own.length > 0 || page.length < LETTERS_MAX) return own
      page = yield* lettersAfter(page.at(-1)!.position)
    }
  })

const replayLetters = <L extends Positioned>(queue: HeldQueue<L>, epoch: number): Asked<number> =>
  Effect.gen(function* () {
    const letters = yield* ownLetters(queue)
    // The mended cause may be a column that was widened.
    if (letters.length > 0) yield* queue.forgetShape
    let released = 0
    for (const letter of letters) {
      // The check may have been changed since; a later change that waited was never checked.
      const wrong = queue.checkScore(queue.changeOf(letter))
      const outcome = wrong ?? (yield* queue.fileLetter(epoch, letter))
      if (typeof outcome === "number") released += outcome
      else yield* queue.reopen(letter, outcome.detail)
    }
    return released
  })

/** Keeps the place where the next look at the held results begins. */
export const releaseHeldFrom = <L extends Positioned>(
  queue: HeldQueue<L>
): ((epoch: number) => Asked<ReleaseOutcome>) => {
  const nextPage = pagesOf(queue)
  let mostAreDue = false
  return (epoch) =>
    Effect.gen(function* () {
      const stored = yield* queue.readOffset
      if (Number(stored?.epoch ?? 0) !== epoch) yield* explainFence(queue, epoch, undefined, undefined)
      const letters = yield* replayLetters(queue, epoch)
      const { more, results: page } = yield* nextPage
      const due = mostAreDue || page.length === 0 ? page : yield* queue.due(epoch, page)
      const filed = due.length === 0 ? 0 : yield* fileResults(queue, epoch, due)
      mostAreDue = filed > MANY && 2 * filed > page.length
      return { released: letters + filed, more: more || filed > 0 }
    })
}
