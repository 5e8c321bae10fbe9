/**
 * Carries the book of alerts over restarts and from one process to the next, where it can be stored.
 *
 * - What this process did not speak for a moment ago is read first: another one may have told it, or its end may be untold.
 * - A notice counts as told once a receiver took it, so that a process that dies before that leaves it to the next; to receivers
 *   that had not taken it by then the next one tells it by itself.
 * - A store that does not answer makes nobody wait: the book goes on from memory, and is stored when it answers again.
 */
import { Effect, Semaphore } from "effect"
import { alertKey, type AlertBook } from "./AlertBook.ts"
import type { AlertState, AlertStates } from "./AlertStates.ts"
import type { Reading } from "./readings.ts"

const PATIENCE = "5 seconds"

/** Ends with the process that raises it, and each one is news. */
const OF_ONE_PROCESS: ReadonlySet<string> = new Set(["GradewireFenced"])

const same = (a: AlertState | undefined, b: AlertState): boolean =>
  a?.sinceMillis === b.sinceMillis &&
  a.toldMillis === b.toldMillis &&
  a.text === b.text &&
  a.over === b.over &&
  a.owedTo.join("\n") === b.owedTo.join("\n")

export class AlertMemory {
  readonly #states: AlertStates
  readonly #book: AlertBook
  readonly #turn = Semaphore.makeUnsafe(1)
  /** As it is stored, by key; only of what this process speaks for. */
  readonly #stored = new Map<string, AlertState>()
  #spokenFor: ReadonlySet<string> = new Set()
  #answers = true

  constructor(states: AlertStates, book: AlertBook) {
    this.#states = states
    this.#book = book
  }

  /** Before the book looks: brings in what was stored about readings that are new to this process. */
  recall(readings: ReadonlyArray<Reading>): Effect.Effect<void> {
    const keys = new Set(readings.map(alertKey))
    for (const key of this.#stored.keys()) if (!keys.has(key)) this.#stored.delete(key)
    const known = this.#spokenFor
    this.#spokenFor = new Set([...keys].filter((key) => known.has(key)))
    if (keys.size === this.#spokenFor.size) return Effect.void
    return this.#ask(
      Effect.map(this.#states.read, (found) => {
        const news = found.filter((state) => keys.has(alertKey(state)) && !known.has(alertKey(state)))
        for (const state of news) this.#stored.set(alertKey(state), state)
        this.#book.adopt(news)
        this.#spokenFor = keys
      })
    )
  }

  /** Stores what has changed since it was last stored. */
  keep(): Effect.Effect<void> {
    return this.#turn.withPermit(Effect.suspend(() => this.#storeChanges()))
  }

  #storeChanges(): Effect.Effect<void> {
    const wanted = new Map(
      this.#book
        .states()
        .filter((state) => this.#spokenFor.has(alertKey(state)) && !OF_ONE_PROCESS.has(state.alert))
        .map((state) => [alertKey(state), state] as const)
    )
    const kept = [...wanted].filter(([key, state]) => !same(this.#stored.get(key), state))
    const gone = [...this.#stored].filter(([key]) => !wanted.has(key))
    if (kept.length === 0 && gone.length === 0) return Effect.void
    const change = { kept: kept.map(([, state]) => state), gone: gone.map(([, state]) => state) }
    return this.#ask(
      Effect.map(this.#states.write(change), () => {
        for (const [key, state] of kept) this.#stored.set(key, state)
        for (const [key] of gone) this.#stored.delete(key)
      })
    )
  }

  /** One line when the store no longer answers, one when it does again. */
  #ask(question: Effect.Effect<void, { readonly _tag: string; readonly message: string }>) {
    return question.pipe(
      Effect.timeoutOrElse({
        duration: PATIENCE,
        orElse: () => Effect.fail({ _tag: "Timeout", message: "no answer" })
      }),
      Effect.andThen(() => {
        const answered = this.#answers
        this.#answers = true
        return answered ? Effect.void : Effect.logInfo("what was said about alerts is stored again")
      }),
      Effect.catch(({ _tag: tag, message: reason }) => {
        const answered = this.#answers
        this.#answers = false
        return answered
          ? Effect.logWarning("what is said about alerts is kept in memory only", { tag, reason })
          : Effect.void
      })
    )
  }
}
