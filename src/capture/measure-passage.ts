/**
 * What lies between where apply stands and where it shall go on: the change events that would come again, or that
 * would never come. Counted by the encoders that publish them, so the figures are those of the real thing.
 */
import { Effect } from "effect"
import { epochMicrosToUtc, type TimeZone } from "../../schemas/civil-time.ts"
import type { TableConfig } from "../../schemas/connector-config.ts"
import { binlogFileNumber, transactionPrefix, type PositionText } from "../../schemas/position.ts"
import type { FoundPlace, From } from "./binlog-place.ts"
import { ChangeSource, type BeginEvent, type ChangeSourceError } from "./ChangeSource.ts"
import { compileRowsEncoder, type EventSink, type TransactionContext } from "./encode-rows.ts"
import { readThrough } from "./read-through.ts"
import { tablePlans } from "./SourceTranslator.ts"

/** Ids named one by one; beyond, only the number grows. */
export const NAMED_RESULTS_MAX = 1000

export interface Passage {
  readonly direction: "rewind" | "skip" | "none"
  /** Transactions with changes of mapped tables. */
  readonly transactions: number
  /** Change events by source table. */
  readonly events: Readonly<Record<string, number>>
  /** Score results that they concern; `results` holds the first {@link NAMED_RESULTS_MAX} ids. */
  readonly resultCount: number
  readonly results: ReadonlyArray<string>
  /** Commit times of the first and the last of these transactions, RFC 3339 UTC. */
  readonly firstAt: string | null
  readonly lastAt: string | null
}

export interface PassageOptions {
  readonly connector: string
  readonly tables: ReadonlyArray<TableConfig>
  readonly zone: TimeZone
}

/** Memory grows with the results in between, one id each. */
export const measurePassage = (
  from: From,
  to: FoundPlace,
  options: PassageOptions
): Effect.Effect<Passage, ChangeSourceError, ChangeSource> =>
  Effect.gen(function* () {
    const source = yield* ChangeSource
    const { last } = yield* source.bounds
    const isBack = to.position < from.position
    const [lower, upper] = isBack ? [to, from] : [from, to]
    const count = new PassageCount(lower.position, upper.position, options)
    if (lower.position !== upper.position) {
      yield* readThrough(lower.anchor, last, (event) => {
        if (event._tag === "Begin") return count.begin(event, from.anchor.timeline)
        if (event._tag === "Rows") count.rows(event)
        return true
      })
    }
    const direction = to.position === from.position ? "none" : isBack ? "rewind" : "skip"
    return { direction, ...count.sum() }
  })

class PassageCount {
  readonly #upper: PositionText
  readonly #names: ReadonlyArray<string>
  readonly #encoders: ReadonlyArray<ReturnType<typeof compileRowsEncoder>>
  readonly #counts: Array<number>
  readonly #results = new Set<string>()
  readonly #sink: EventSink
  #context: TransactionContext | undefined
  #isCounted = false
  #table = 0
  #transactions = 0
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

  /** False behind the upper end. */
  begin(event: BeginEvent, timeline: number): boolean {
    const prefix = transactionPrefix(timeline, binlogFileNumber(event.file) ?? 0, event.position)
    if (prefix > this.#upper) return false
    const time = epochMicrosToUtc(event.committedAtMicros, 0)
    this.#context = { file: event.file, position: event.position, prefix, idPrefix: "", time }
    this.#isCounted = false
    return true
  }

  rows(event: Parameters<ReturnType<typeof compileRowsEncoder>>[1]): void {
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
    const { data } = JSON.parse(json) as { readonly data: { readonly resultId?: string } }
    if (data.resultId !== undefined) this.#results.add(data.resultId)
  }

  sum(): Omit<Passage, "direction"> {
    return {
      transactions: this.#transactions,
      events: Object.fromEntries(this.#names.map((name, table) => [name, this.#counts[table]!])),
      resultCount: this.#results.size,
      results: [...this.#results].slice(0, NAMED_RESULTS_MAX),
      firstAt: this.#firstAt,
      lastAt: this.#lastAt
    }
  }
}
