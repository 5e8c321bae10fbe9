/**
 * What operators do about dead letters: look, ask for another attempt, give up. Over the port alone.
 *
 * - Replaying only marks a letter; the running apply makes the attempt, in order, and its outcome is waited for.
 * - Nothing is removed: a discarded letter stays with who, when and why, and lets the later changes of its result go on.
 */
import { Effect, Schema } from "effect"
import {
  UNRESOLVED,
  type DeadLetter,
  type LastWriter,
  type LetterFilter,
  type LetterState
} from "../../schemas/dead-letter.ts"
import type { Fate } from "../../schemas/failure.ts"
import { monotonicMillis } from "../pipeline/monotonic-millis.ts"
import type { DeadLetterDesk, Decision } from "./DeadLetterDesk.ts"
import type { ProfileStoreError } from "./ProfileStore.ts"

export class DeadLetterUnknown extends Schema.TaggedError<DeadLetterUnknown>()("DeadLetterUnknown", {
  message: Schema.String,
  positions: Schema.Array(Schema.String)
}) {
  readonly fate: Fate = "halt"
  readonly remedy = "gradewire deadletters list --state all: the first column names each letter."
}

/** It is over: filed, or discarded. */
export class DeadLetterSettled extends Schema.TaggedError<DeadLetterSettled>()("DeadLetterSettled", {
  message: Schema.String,
  position: Schema.String,
  state: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.state === "discarded"
      ? "A discarded change is given up for good. To file the result anyway, copy its row again: gradewire snapshot start --table … --where …"
      : "Nothing to do: apply has settled it."
  }
}

/** It cannot be attempted by itself: an earlier change of the same result comes first. */
export class DeadLetterBehind extends Schema.TaggedError<DeadLetterBehind>()("DeadLetterBehind", {
  message: Schema.String,
  position: Schema.String,
  behind: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Decide about the earlier change first, this one follows by itself: gradewire deadletters show ${this.behind}`
  }
}

export class DeadLettersNone extends Schema.TaggedError<DeadLettersNone>()("DeadLettersNone", {
  message: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "gradewire deadletters list shows what is unresolved; name positions, or give --all with filters."
}

export type LettersError =
  | ProfileStoreError
  | DeadLetterUnknown
  | DeadLetterSettled
  | DeadLetterBehind
  | DeadLettersNone

/** What became of a letter. `settled`: filed, held, or outdated by now; `pending`: nobody has attempted it yet. */
export type LetterOutcome = "settled" | "refused" | "pending" | "discarded"

export interface Settlement {
  readonly action: Decision["action"]
  /** False: nothing was changed, this is what would be. */
  readonly executed: boolean
  readonly letters: ReadonlyArray<DeadLetter & { readonly outcome: LetterOutcome | null }>
  /** Letters that the filter meets and that follow by themselves once those before them are decided. */
  readonly following: number
  /** Who applies, as far as the HR database knows; `null`: nobody ever did. */
  readonly writer: LastWriter | null
}

export interface SettleRequest {
  readonly action: Decision["action"]
  readonly by: string
  readonly why: string | null
  /** Named letters, or all that the filter meets. */
  readonly choice: { readonly positions: ReadonlyArray<string> } | { readonly filter: LetterFilter }
  readonly execute: boolean
  /** How long an outcome is waited for, since the last one came. */
  readonly waitMillis: number
}

/** Letters decided about at once. */
export const SETTLE_MAX = 1000

const POLL = "250 millis"
/** A connector that lives writes every few seconds (gradewire.offsets.idle_seconds). */
const IDLE_SECONDS_MAX = 60
/** Enough for a living apply to look at its letters, which it does every second. */
const FIRST_LOOK_MILLIS = 5_000

export const settleLetters = Effect.fnUntraced(function* (
  desk: DeadLetterDesk,
  request: SettleRequest
): Effect.fn.Return<Settlement, LettersError> {
  const { chosen, following } = yield* choose(desk, request)
  const writer = (yield* desk.lastWriter) ?? null
  const { action, execute } = request
  const told = { action, executed: execute, following, writer }
  if (!execute) return { ...told, letters: chosen.map((letter) => ({ ...letter, outcome: null })) }
  const positions = chosen.map(({ position }) => position)
  const changed = new Set(yield* desk.decide({ ...request, positions }))
  const decided = chosen.filter(({ position }) => changed.has(position))
  // Somebody else, or apply itself, was faster.
  if (decided.length === 0) return yield* none(action)
  if (action === "discard") {
    return { ...told, letters: decided.map((letter) => ({ ...letter, outcome: "discarded" })) }
  }
  return { ...told, letters: yield* outcomes(desk, decided, writer, request.waitMillis) }
})

const none = (action: Decision["action"]) =>
  new DeadLettersNone({ message: `No dead letter is there to ${action}` })

interface Chosen {
  readonly chosen: ReadonlyArray<DeadLetter>
  readonly following: number
}

const choose = Effect.fnUntraced(function* (
  desk: DeadLetterDesk,
  { action, choice }: SettleRequest
): Effect.fn.Return<Chosen, LettersError> {
  if ("positions" in choice) return { chosen: yield* named(desk, action, choice.positions), following: 0 }
  const found = yield* desk.list(choice.filter, SETTLE_MAX)
  const canBe = found.filter(({ state }) => isDecidable(action, state))
  const chosen = action === "discard" ? canBe : withoutOthersBefore(canBe)
  if (chosen.length === 0) return yield* none(action)
  return { chosen, following: action === "discard" ? 0 : found.length - chosen.length }
})

const isDecidable = (action: Decision["action"], state: LetterState): boolean =>
  action === "replay" ? state === "open" : UNRESOLVED.includes(state)

/** Those that stand behind no letter but such as are chosen too. Letters come in position order. */
const withoutOthersBefore = (letters: ReadonlyArray<DeadLetter>): ReadonlyArray<DeadLetter> => {
  const taken = new Set<string>()
  return letters.filter(({ behind, position }) => {
    if (behind !== null && !taken.has(behind)) return false
    taken.add(position)
    return true
  })
}

const named = Effect.fnUntraced(function* (
  desk: DeadLetterDesk,
  action: Decision["action"],
  positions: ReadonlyArray<string>
): Effect.fn.Return<ReadonlyArray<DeadLetter>, LettersError> {
  if (positions.length === 0) return yield* none(action)
  const states: ReadonlyArray<LetterState> = [...UNRESOLVED, "done", "discarded"]
  const found = yield* desk.list({ states, positions }, positions.length)
  const known = new Set(found.map(({ position }) => position))
  const unknown = positions.filter((position) => !known.has(position))
  if (unknown.length > 0) {
    return yield* new DeadLetterUnknown({
      message: `No dead letter ${unknown.join(", ")}`,
      positions: unknown
    })
  }
  for (const letter of found) yield* refuseUndecidable(action, letter, known)
  return found
})

const refuseUndecidable = (
  action: Decision["action"],
  { behind, position, state }: DeadLetter,
  chosen: ReadonlySet<string>
): Effect.Effect<void, LettersError> => {
  if (state === "done" || state === "discarded") {
    const message = state === "done" ? "was settled by apply already" : "is discarded already"
    return Effect.fail(
      new DeadLetterSettled({ message: `Dead letter ${position} ${message}`, position, state })
    )
  }
  if (action === "discard") return Effect.void
  if (behind !== null && (state === "waiting" || !chosen.has(behind))) {
    const message = `Dead letter ${position} stands behind an earlier change of the same result`
    return Effect.fail(new DeadLetterBehind({ message, position, behind }))
  }
  if (state === "open") return Effect.void
  const message = `Dead letter ${position} is marked for another attempt already`
  return Effect.fail(new DeadLettersNone({ message }))
}

/** Looks until every letter has its outcome, or nothing more happens. */
const outcomes = Effect.fnUntraced(function* (
  desk: DeadLetterDesk,
  decided: ReadonlyArray<DeadLetter>,
  writer: LastWriter | null,
  waitMillis: number
): Effect.fn.Return<Settlement["letters"], LettersError> {
  const positions = decided.map(({ position }) => position)
  const seemsAlive = writer !== null && writer.idleSeconds < IDLE_SECONDS_MAX
  let until = (yield* monotonicMillis) + (seemsAlive ? waitMillis : Math.min(waitMillis, FIRST_LOOK_MILLIS))
  let pending = positions.length
  while (true) {
    const now = yield* desk.list(
      { states: [...UNRESOLVED, "done", "discarded"], positions },
      positions.length
    )
    const left = now.filter(({ state }) => state === "replay").length
    if (left < pending) until = (yield* monotonicMillis) + waitMillis
    pending = left
    if (pending === 0 || (yield* monotonicMillis) >= until) {
      return now.map((letter) => ({ ...letter, outcome: outcomeOf(letter.state) }))
    }
    yield* Effect.sleep(POLL)
  }
})

const outcomeOf = (state: LetterState): LetterOutcome => {
  if (state === "done") return "settled"
  if (state === "discarded") return "discarded"
  return state === "replay" ? "pending" : "refused"
}
