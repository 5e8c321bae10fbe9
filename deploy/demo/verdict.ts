/** What the demo found out, as one value: the comparison, the histories, the latencies. Pure. */
import { type ArrivalBook, type DisturbedTime, judgeHistory, type Sample } from "./ArrivalBook.ts"
import type { Comparison, Difference, Fault } from "./compare-databases.ts"
import { type Percentiles, percentiles } from "./figures.ts"

export interface Verdict {
  readonly source: string
  readonly seed: number
  /** committed score changes; = applied + heldChanges where nothing is wrong */
  readonly written: number
  readonly applied: number
  /** results that wait for their person, and the changes those had */
  readonly held: number
  readonly heldChanges: number
  readonly heldBy: Readonly<Record<string, number>>
  /** results filed once their person had been entered */
  readonly released: number
  /** results */
  readonly lost: number
  readonly doubled: number
  readonly wrong: number
  readonly phantom: number
  /** right rows in the profile, and what the ledger calls recorded */
  readonly filed: number
  readonly ledger: number
  readonly rolledBack: number
  readonly latencyMs: Percentiles | null
  readonly latencyWithRestartsMs: Percentiles | null
  readonly latencyOfImportsMs: Percentiles | null
  readonly unmeasured: number
  readonly rate: { readonly asked: number; readonly achieved: number }
  readonly kills: number
  readonly natsRestarts: number
  readonly unexpectedExits: number
  readonly peakMemoryMiB: number | null
  readonly load: number
  readonly complaints: ReadonlyArray<string>
  readonly differences: ReadonlyArray<Difference>
  readonly passed: boolean
}

export interface Findings {
  readonly comparison: Comparison
  readonly book: ArrivalBook
  /** refs that stand in the training database now */
  readonly sourceRefs: ReadonlySet<string>
  /** results of people who were entered late */
  readonly released: number
  /** whatever else went wrong: drain, exits, stop */
  readonly complaints: ReadonlyArray<string>
}

type Told =
  | "source"
  | "seed"
  | "rate"
  | "kills"
  | "natsRestarts"
  | "unexpectedExits"
  | "peakMemoryMiB"
  | "load"

export const reachVerdict = (
  { book, comparison, complaints, released, sourceRefs }: Findings,
  told: Pick<Verdict, Told | "rolledBack">
): Verdict => {
  const differences = [...comparison.differences, ...judgeHistories(book)]
  const bad = new Set(differences.map(({ ref }) => ref))
  let applied = 0
  let heldChanges = 0
  for (const [ref, weight] of book.weights) {
    if (comparison.heldRefs.has(ref)) heldChanges += weight
    else if (!bad.has(ref)) applied += weight
  }
  const number = (fault: Fault): number =>
    new Set(differences.flatMap((difference) => (difference.fault === fault ? [difference.ref] : []))).size
  const own = judgeOwnBook(book, sourceRefs)
  const all = [...complaints, ...own]
  return {
    ...told,
    written: book.written,
    applied,
    held: comparison.heldRefs.size,
    heldChanges,
    heldBy: Object.fromEntries(comparison.heldBy),
    released,
    lost: number("lost"),
    doubled: number("doubled"),
    wrong: number("wrong"),
    phantom: number("phantom"),
    filed: comparison.filed,
    ledger: comparison.ledger,
    latencyMs:
      percentiles(
        lags(book.samples.filter((sample) => !sample.bulk && !isDisturbed(sample, book.disturbed)))
      ) ?? null,
    latencyWithRestartsMs: percentiles(lags(book.samples)) ?? null,
    latencyOfImportsMs: percentiles(lags(book.samples.filter(({ bulk }) => bulk))) ?? null,
    unmeasured: book.overtaken,
    complaints: all,
    differences,
    passed: differences.length === 0 && all.length === 0
  }
}

const lags = (samples: ReadonlyArray<Sample>): ReadonlyArray<number> =>
  samples.map(({ committedAt, visibleAt }) => visibleAt - committedAt)

const isDisturbed = (sample: Sample, disturbed: ReadonlyArray<DisturbedTime>): boolean =>
  disturbed.some(({ from, to }) => sample.visibleAt >= from && sample.committedAt <= to)

/** What the profile showed in between: a change that took effect twice or went back leaves no trace in its last state. */
const judgeHistories = (book: ArrivalBook): ReadonlyArray<Difference> => {
  const differences: Array<Difference> = []
  for (const [ref, shown] of book.shownStates) {
    const history = judgeHistory(book.committedStates.get(ref) ?? [], shown)
    if (history === "doubled") differences.push({ fault: "doubled", ref, what: "a change took effect twice" })
    else if (history === "out of order")
      differences.push({
        fault: "wrong",
        ref,
        what: "the profile showed a state out of order, or one never committed"
      })
  }
  return differences
}

/** The demo must be right about itself, or its verdict means nothing. */
const judgeOwnBook = (book: ArrivalBook, sourceRefs: ReadonlySet<string>): ReadonlyArray<string> => {
  let live = 0
  let astray = 0
  for (const [ref, states] of book.committedStates) {
    if (states.at(-1) === null) continue
    live += 1
    if (!sourceRefs.has(ref)) astray += 1
  }
  if (live === sourceRefs.size && astray === 0) return []
  return [`the demo wrote ${live} results that should stand, the training database has ${sourceRefs.size}`]
}
