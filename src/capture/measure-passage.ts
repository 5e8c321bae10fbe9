/**
 * What lies between where apply stands and where it shall go on: the change events that would come again, or that
 * would never come. Counted by the encoders that publish them, so the figures are those of the real thing.
 */
import { Effect } from "effect"
import { epochMicrosToUtc, type TimeZone } from "../../schemas/civil-time.ts"
import { binlogFileNumber, transactionPrefix, type PositionText } from "../../schemas/position.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import type { FoundPlace, From } from "./binlog-place.ts"
import { ChangeSource, type BeginEvent, type ChangeSourceError, type RowsEvent } from "./ChangeSource.ts"
import { compileRowsEncoder, type EventSink, type TransactionContext } from "./encode-rows.ts"
import { readThrough } from "./read-through.ts"
import { tablePlans } from "./SourceTranslator.ts"

/** Ids named one by one; beyond, only the number grows. */
export const NAMED_RESULTS_MAX = 100

/** What an event is about, as the HR database remembers it. */
export type KeyKind = "result" | "learner" | "assessment"

/**
 * Position of the newest change of each key that took effect or stands in a queue; keys that nothing is known of are
 * left out.
 */
export type Taken<E> = (
  kind: KeyKind,
  keys: ReadonlyArray<string>
) => Effect.Effect<ReadonlyMap<string, PositionText>, E>

export interface Passage {
  readonly direction: "rewind" | "skip" | "none"
  /** Transactions with changes of mapped tables. */
  readonly transactions: number
  readonly events: number
  /** Of these, how many the HR database has taken, so that they are without effect when they come again. */
  readonly alreadyApplied: number
  /** Those that would take effect, or be lost; the rest are raw rows, which nobody applies. */
  readonly notYetApplied: number
  /** Change events by source table. */
  readonly tables: Readonly<Record<string, number>>
  /** Results with a change that the HR database has not taken: what a skip loses. `notApplied` holds the first {@link NAMED_RESULTS_MAX}. */
  readonly notAppliedCount: number
  readonly notApplied: ReadonlyArray<string>
  /** Commit times of the first and the last of these transactions, RFC 3339 UTC. */
  readonly firstAt: string | null
  readonly lastAt: string | null
}

export interface PassageOptions {
  readonly connector: string
  readonly tables: ReadonlyArray<TableConfig>
  readonly zone: TimeZone
}

/** Memory grows with the results that are not applied, one id each. */
export const measurePassage = <E>(
  from: From,
  to: FoundPlace,
  taken: Taken<E>,
  options: PassageOptions
): Effect.Effect<Passage, ChangeSourceError | E, ChangeSource> =>
  Effect.gen(function* () {
    const source = yield* ChangeSource
    const { last } = yield* source.bounds
    const isBack = to.position < from.position
    const [lower, upper] = isBack ? [to, from] : [from, to]
    const count = new PassageCount(lower.position, upper.position, options)
    const judge = Effect.gen(function* () {
      for (const [kind, changes] of count.takeUnjudged()) {
        const keys = [...new Set(changes.map(({ key }) => key))]
        if (keys.length > 0) count.judged(kind, changes, yield* taken(kind, keys))
      }
    })
    if (lower.position !== upper.position) {
      yield* readThrough(
        lower.anchor,
        last,
        (event) => {
          if (event._tag === "Begin") return count.begin(event, from.anchor.timeline)
          if (event._tag === "Rows") count.rows(event)
          return true
        },
        Effect.suspend(() => (count.unjudged < JUDGED_AT_ONCE ? Effect.void : judge))
      )
    }
    yield* judge
    const direction = to.position === from.position ? "none" : isBack ? "rewind" : "skip"
    return { direction, ...count.sum() }
  })

const JUDGED_AT_ONCE = 2_000

interface Change {
  readonly key: string
  readonly position: PositionText
}

class PassageCount {
  readonly #upper: PositionText
  readonly #names: ReadonlyArray<string>
  readonly #encoders: ReadonlyArray<ReturnType<typeof compileRowsEncoder>>
  readonly #counts: Array<number>
  readonly #notApplied = new Set<string>()
  readonly #sink: EventSink
  #unjudged = emptyChanges()
  #context: TransactionContext | undefined
  #isCounted = false
  #table = 0
  #transactions = 0
  #alreadyApplied = 0
  #notYetApplied = 0
  #firstAt: string | null = null
  #lastAt: string | null = null

  constructor(lower: PositionText, upper: PositionText, { connector, tables, zone }: PassageOptions) {
    const plans = tablePlans(tables)
    this.#upper = upper
    this.#names = plans.map((plan) => plan.name)
    this.#encoders = plans.map((plan) => compileRowsEncoder(plan, connector, zone))
    this.#counts = plans.map(() => 0)
    this.#sink = { knownUpTo: lower, add: (position, _type, json) => this.#add(position, json) }
  }

  get unjudged(): number {
    return [...this.#unjudged.values()].reduce((sum, changes) => sum + changes.length, 0)
  }

  takeUnjudged(): ReadonlyMap<KeyKind, ReadonlyArray<Change>> {
    const taken = this.#unjudged
    this.#unjudged = emptyChanges()
    return taken
  }

  judged(kind: KeyKind, changes: ReadonlyArray<Change>, known: ReadonlyMap<string, PositionText>): void {
    for (const { key, position } of changes) {
      if (position <= (known.get(key) ?? "")) {
        this.#alreadyApplied++
        continue
      }
      this.#notYetApplied++
      if (kind === "result") this.#notApplied.add(key)
    }
  }

  /** False behind the upper end. */
  begin(event: BeginEvent, timeline: number): boolean {
    const prefix = transactionPrefix(timeline, binlogFileNumber(event.file) ?? 0, event.position)
    if (prefix > this.#upper) return false
    const time = epochMicrosToUtc(event.committedAtMicros, 0)
    this.#context = { file: event.file, position: event.position, prefix, idPrefix: "", time }
    this.#isCounted = false
    return true
  }

  rows(event: RowsEvent): void {
    this.#table = event.table
    if (this.#context !== undefined) this.#encoders[event.table]!(this.#context, event, this.#sink)
  }

  #add(position: PositionText, json: string): void {
    if (position > this.#upper) return
    this.#counts[this.#table]!++
    if (!this.#isCounted) {
      this.#isCounted = true
      this.#transactions++
      this.#firstAt ??= this.#context!.time
      this.#lastAt = this.#context!.time
    }
    const { data } = JSON.parse(json) as { readonly data: EventKeys }
    // A score names its learner and assessment too: the result comes first.
    if (data.resultId !== undefined) this.#note("result", data.resultId, position)
    else if (data.learnerId !== undefined) this.#note("learner", data.learnerId, position)
    else if (data.assessmentId !== undefined) this.#note("assessment", data.assessmentId, position)
  }

  #note(kind: KeyKind, key: string, position: PositionText): void {
    this.#unjudged.get(kind)!.push({ key, position })
  }

  sum(): Omit<Passage, "direction"> {
    return {
      transactions: this.#transactions,
      events: this.#counts.reduce((sum, count) => sum + count, 0),
      alreadyApplied: this.#alreadyApplied,
      notYetApplied: this.#notYetApplied,
      tables: Object.fromEntries(this.#names.map((name, table) => [name, this.#counts[table]!])),
      notAppliedCount: this.#notApplied.size,
      notApplied: [...this.#notApplied].slice(0, NAMED_RESULTS_MAX),
      firstAt: this.#firstAt,
      lastAt: this.#lastAt
    }
  }
}

interface EventKeys {
  readonly resultId?: string
  readonly learnerId?: string
  readonly assessmentId?: string
}

const emptyChanges = () =>
  new Map<KeyKind, Array<Change>>([
    ["result", []],
    ["learner", []],
    ["assessment", []]
  ])
