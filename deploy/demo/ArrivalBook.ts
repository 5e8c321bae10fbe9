/**
 * Which committed changes stand in the profile already, and how long each took.
 *
 * - A change is told apart from others of its result by the mark it left; `null` is a deleted result.
 * - A change that a later one overtook before anybody could see it has no moment of arrival. It counts as arrived once a
 *   change that was committed after it stands there for a while: the source's order is kept. The verdict does not rely on
 *   this; it compares the databases.
 * - Times are `performance.now()` milliseconds of this process, at both ends.
 */

/** `later`: the person is entered during the run; `never`: nobody can be proven. */
export type Expectation = "now" | "later" | "never"
/** Mark as the database prints it, "NULL" for one not yet given, `null` for no row. */
export type ResultState = string | null

export interface Committed {
  readonly ref: string
  readonly state: ResultState
  /** when COMMIT was sent, and when it returned */
  readonly sentAt: number
  readonly returnedAt: number
  readonly expectation: Expectation
  /** 0 where one change of a row is two for the profile: a changed key */
  readonly weight: number
  /** row of a large import */
  readonly bulk: boolean
}

interface Pending extends Committed {
  done: boolean
}

export interface Sample {
  readonly committedAt: number
  readonly visibleAt: number
  readonly bulk: boolean
}

/**
 * From a kill, a restart or a large import until what had piled up meanwhile was through: all that was committed before
 * everything ran again, and then either nothing in flight was old, or the next such pile was through as well.
 */
export interface DisturbedTime {
  readonly from: number
  to: number
}

/** How long an arrival must be past until earlier changes count as overtaken: notifications of one commit come together. */
const OVERTAKEN_AFTER_MS = 500
/** Nothing in flight is older: nothing piles up. */
const CALM_MS = 50
/** Piles that must be through, each what was committed before the one before was. */
const PILES = 2

export class ArrivalBook {
  readonly samples: Array<Sample> = []
  readonly disturbed: Array<DisturbedTime> = []
  /** Every state a result ever had, in order: as committed, and as the profile showed it. */
  readonly committedStates = new Map<string, Array<ResultState>>()
  readonly shownStates = new Map<string, Array<ResultState>>()
  readonly weights = new Map<string, number>()
  written = 0
  applied = 0
  /** changes that were never visible by themselves */
  overtaken = 0
  inFlight = 0
  readonly #later = new Set<string>()
  readonly #pending = new Map<string, Array<Pending>>()
  readonly #queue: Array<Pending> = []
  #head = 0
  readonly #early = new Map<string, Array<{ readonly state: ResultState; readonly at: number }>>()
  readonly #recent: Array<{ readonly sentAt: number; readonly at: number }> = []
  #overtakenBefore = 0
  #pileBefore: number | undefined
  #piles = 0

  committed(change: Committed): void {
    const { ref } = change
    append(this.committedStates, ref, change.state)
    this.weights.set(ref, (this.weights.get(ref) ?? 0) + change.weight)
    this.written += change.weight
    if (change.expectation === "later") this.#later.add(ref)
    if (change.expectation !== "now") return
    const pending: Pending = { ...change, done: false }
    append(this.#pending, ref, pending)
    this.#queue.push(pending)
    this.inFlight += change.weight
    // it may be visible in the profile before the writer hears that its COMMIT is done
    const early = this.#early.get(ref)
    const index = early?.findIndex((arrival) => arrival.state === change.state) ?? -1
    if (early === undefined || index < 0) return
    const [arrival] = early.splice(0, index + 1).slice(-1)
    this.#complete(ref, pending, arrival!.at)
  }

  arrived(ref: string, state: ResultState, at: number): void {
    append(this.shownStates, ref, state)
    const match = this.#pending.get(ref)?.find((pending) => pending.state === state)
    if (match === undefined) append(this.#early, ref, { state, at })
    else this.#complete(ref, match, at)
  }

  /** A kill, a restart or a large import happens now. */
  disturb(at: number): void {
    const last = this.disturbed.at(-1)
    if (last === undefined || last.to !== Infinity) this.disturbed.push({ from: at, to: Infinity })
    this.#pileBefore = undefined
    this.#piles = 0
  }

  /** Nothing has piled up: a disturbance is over. */
  calm(at: number): void {
    const last = this.disturbed.at(-1)
    if (last?.to === Infinity) last.to = at
  }

  /** Since when the disturbance lasts; undefined in calm times. */
  get disturbedSince(): number | undefined {
    const last = this.disturbed.at(-1)
    return last?.to === Infinity ? last.from : undefined
  }

  /** To be called now and then; `running`: whether everything is up, so that a disturbance can end. */
  settle(now: number, running: boolean): void {
    while (this.#recent.length > 0 && this.#recent[0]!.at < now - OVERTAKEN_AFTER_MS)
      this.#overtakenBefore = Math.max(this.#overtakenBefore, this.#recent.shift()!.sentAt)
    for (let index = this.#head; index < this.#queue.length; index++) {
      const pending = this.#queue[index]!
      // commits of several connections return almost in order
      if (pending.returnedAt > this.#overtakenBefore + 1000) break
      if (pending.done || pending.returnedAt >= this.#overtakenBefore) continue
      this.overtaken += pending.weight
      this.#finish(pending)
    }
    if (running) this.#calmDown(now)
  }

  /** When the oldest change in flight was committed. */
  get oldestCommit(): number | undefined {
    while (this.#head < this.#queue.length && this.#queue[this.#head]!.done) this.#head += 1
    return this.#queue[this.#head]?.returnedAt
  }

  /** Results of people who are entered late and whose last state the profile does not show yet. */
  unreleased(): ReadonlyArray<string> {
    return [...this.#later].filter((ref) => {
      const state = this.committedStates.get(ref)!.at(-1)!
      return (this.shownStates.get(ref)?.at(-1) ?? null) !== state
    })
  }

  /** Refs of changes in flight, oldest first. */
  waiting(): ReadonlyArray<string> {
    return [...new Set(this.#queue.slice(this.#head).flatMap(({ done, ref }) => (done ? [] : [ref])))]
  }

  /** Lags in ms of what became visible since `from`, unordered. */
  lagsSince(from: number): ReadonlyArray<number> {
    const lags: Array<number> = []
    for (let index = this.samples.length - 1; index >= 0; index--) {
      const sample = this.samples[index]!
      if (sample.visibleAt < from) break
      lags.push(sample.visibleAt - sample.committedAt)
    }
    return lags
  }

  /** Arrival of `last`, and with it of everything before it of the same result. */
  #complete(ref: string, last: Pending, at: number): void {
    const queue = this.#pending.get(ref)!
    for (const pending of queue.splice(0, queue.indexOf(last) + 1)) {
      const visibleAt = Math.max(at, pending.returnedAt)
      this.samples.push({ committedAt: pending.returnedAt, visibleAt, bulk: pending.bulk })
      pending.done = true
      this.inFlight -= pending.weight
      this.applied += pending.weight
    }
    if (queue.length === 0) this.#pending.delete(ref)
    this.#recent.push({ sentAt: last.sentAt, at })
  }

  #calmDown(now: number): void {
    const last = this.disturbed.at(-1)
    if (last?.to !== Infinity) return
    const oldest = this.oldestCommit ?? now
    if (this.#pileBefore !== undefined && oldest > this.#pileBefore) {
      this.#piles += 1
      this.#pileBefore = now
    }
    this.#pileBefore ??= now
    if (this.#piles >= PILES || (this.#piles > 0 && now - oldest < CALM_MS)) last.to = now
  }

  #finish(pending: Pending): void {
    const queue = this.#pending.get(pending.ref)!
    queue.splice(queue.indexOf(pending), 1)
    if (queue.length === 0) this.#pending.delete(pending.ref)
    pending.done = true
    this.inFlight -= pending.weight
    this.applied += pending.weight
  }
}

const append = <T>(map: Map<string, Array<T>>, key: string, value: T): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** What the profile showed of one result, against what was committed. */
export type History = "in order" | "doubled" | "out of order"

/** A state may be passed over, but none may come twice, come back, or come from nowhere. */
export const judgeHistory = (
  committed: ReadonlyArray<ResultState>,
  shown: ReadonlyArray<ResultState>
): History => {
  let next = 0
  for (const state of shown) {
    const found = committed.indexOf(state, next)
    if (found < 0) return next > 0 && committed[next - 1] === state ? "doubled" : "out of order"
    next = found + 1
  }
  return "in order"
}
