/**
 * Compares the mapped rows of the training database with what the HR database holds, row by row.
 *
 * - The source's rows in the order of their key, a chunk at a time: what is not in the profile as it should be.
 * - Then the ledger's ids, and the ids that rows of the target name: what the source has no more.
 * - A row that differs is only suspected; `settle.ts` decides. Progress is stored when no suspect is open, so that a run
 *   which is gone on with loses none.
 * - At most one chunk and `suspectsMax` ids are in memory (G8); nothing is written but the run itself.
 */
import { Clock, Effect } from "effect"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import type { Failure } from "../../schemas/failure.ts"
import type { ReconciliationRun, TableRun } from "../../schemas/reconciliation.ts"
import { comparedRows, comparedTexts, nextRows, obstacleOf } from "./compared-page.ts"
import type { Difference } from "./differences.ts"
import { ProfileView, type IdPage, type ProfileScope } from "./ProfileView.ts"
import { RunStore } from "./RunStore.ts"
import { settle } from "./settle.ts"
import { addUp, type CountedRows } from "./sums.ts"
import { SourceRows, type SourceMark, type SourceScope } from "./SourceRows.ts"

export interface VerifyOptions {
  /** Each row through the stream's decoder and encoder, even where the databases could do without. */
  readonly isDeep: boolean
  readonly rowsMax: number
  readonly rowsPerSecond: number | undefined
  readonly suspectsMax: number
  /** How long apply, and rows that keep changing, are waited for. */
  readonly waitMillis: number
  readonly source: SourceScope
  readonly profile: ProfileScope
  /** Called after each chunk. */
  readonly watch: (run: ReconciliationRun, table: TableRun) => Effect.Effect<void>
}

type Needs = SourceRows | ProfileView | RunStore
type Step<A> = Effect.Effect<A, Failure, Needs>

const MICROS_PER_MILLI = 1000
const SAVE_MILLIS = 1000
/** Once apply was waited for in vain, each further look waits no longer than this. */
const IMPATIENT_MILLIS = 1000

export const utcNow = Effect.map(Clock.currentTimeMillis, (millis) =>
  epochMicrosToUtc(millis * MICROS_PER_MILLI, 3)
)

export const verify = Effect.fnUntraced(function* (
  started: ReconciliationRun,
  options: VerifyOptions
): Effect.fn.Return<ReconciliationRun, Failure, Needs> {
  const store = yield* RunStore
  const verifier = new Verifier(started, options)
  const tables = Effect.forEach(
    started.tables.filter(({ phase }) => phase !== "done"),
    ({ table }) => verifier.table(table),
    { discard: true }
  )
  // At once, so that it can be gone on with: its place is the last one that was stored.
  yield* Effect.onError(tables, () =>
    Effect.ignore(
      store.save({ ...verifier.saved, state: "failed" }, verifier.saved.tables[0]?.table ?? "", [])
    )
  )
  const done = { ...verifier.run, state: "done" as const, finishedAt: yield* utcNow }
  yield* store.save(done, done.tables.at(-1)?.table ?? "", [])
  return done
})

class Verifier {
  run: ReconciliationRun
  /** As it is stored: nothing before its places is open. */
  saved: ReconciliationRun
  private readonly options: VerifyOptions
  private suspects = new Map<string, SourceMark>()
  /** In which chunk each of them was met. */
  private chunks = new Map<string, number>()
  private savedAt = 0
  private patienceMillis: number

  constructor(run: ReconciliationRun, options: VerifyOptions) {
    this.run = run
    this.saved = run
    this.options = options
    this.patienceMillis = options.waitMillis
  }

  table(name: string): Step<void> {
    return Effect.gen({ self: this }, function* () {
      const startedAt = this.at(name).startedAt ?? (yield* utcNow)
      this.update(name, { startedAt })
      if (this.at(name).phase === "source") yield* this.forward(name)
      if (this.at(name).phase === "ledger") yield* this.backward(name, "ledger")
      if (this.at(name).phase === "target") yield* this.backward(name, "target")
    })
  }

  private forward(name: string): Step<void> {
    return Effect.gen({ self: this }, function* () {
      const { isDeep, rowsMax, source: scope } = this.options
      const obstacle = isDeep ? "--deep asked for it" : yield* obstacleOf(name)
      const because = obstacle ?? null
      this.update(name, { compared: { how: because === null ? "in-database" : "by-gradewire", because } })
      const compared = obstacle === undefined ? comparedTexts : comparedRows
      let after = this.at(name).after ?? undefined
      let rows = rowsMax
      let isEnd = false
      while (!isEnd) {
        const begun = yield* Clock.currentTimeMillis
        const page = yield* compared({ table: name, after, rowsMax: rows, scope })
        rows = nextRows(rows, (yield* Clock.currentTimeMillis) - begun, rowsMax)
        for (const id of page.different) this.suspect(name, id, page.high)
        yield* this.addUp(name, [{ kind: "equal", ...page.equal }])
        isEnd = page.isEnd
        after = page.last ?? after
        yield* this.chunk(name, begun, "rows", page.rows, {
          phase: isEnd ? "ledger" : "source",
          after: isEnd || after === undefined ? null : [...after],
          from: this.at(name).from ?? placeText(page.high),
          upTo: placeText(page.high)
        })
      }
    })
  }

  private backward(name: string, phase: "ledger" | "target"): Step<void> {
    return Effect.gen({ self: this }, function* () {
      const source = yield* SourceRows
      const profile = yield* ProfileView
      const { profile: scope, rowsMax } = this.options
      let after = this.at(name).after?.[0]
      let isEnd = false
      while (!isEnd) {
        const begun = yield* Clock.currentTimeMillis
        const page: IdPage =
          phase === "ledger"
            ? yield* profile.filed(name, after, rowsMax, scope)
            : yield* profile.strays(name, after, rowsMax, scope)
        if (page.ids.length > 0) {
          const absent = yield* source.absent(name, page.ids)
          for (const id of absent.ids) this.suspect(name, id, absent.high)
        }
        isEnd = page.isEnd
        after = page.ids.at(-1) ?? after
        const next = phase === "ledger" ? ("target" as const) : ("done" as const)
        yield* this.chunk(name, begun, "reverseRows", page.ids.length, {
          phase: isEnd ? next : phase,
          after: isEnd || after === undefined ? null : [after]
        })
      }
    })
  }

  private suspect(name: string, id: string, high: SourceMark): void {
    this.suspects.set(id, high)
    this.chunks.set(id, this.at(name).chunks)
  }

  /** Books a chunk, settles suspects where it is time, and keeps to the pace. */
  private chunk(
    name: string,
    begun: number,
    counter: "rows" | "reverseRows",
    rows: number,
    place: Partial<TableRun>
  ): Step<void> {
    return Effect.gen({ self: this }, function* () {
      const before = this.at(name)
      this.update(name, {
        ...place,
        [counter]: before[counter] + rows,
        chunks: before.chunks + (rows === 0 && before.chunks > 0 ? 0 : 1)
      })
      const isOver = this.at(name).phase !== before.phase
      if (this.suspects.size >= this.options.suspectsMax || isOver) yield* this.settle(name)
      const now = yield* Clock.currentTimeMillis
      this.update(name, {
        millis: before.millis + (now - begun),
        finishedAt: this.at(name).phase === "done" ? yield* utcNow : null
      })
      if (this.suspects.size === 0 && (isOver || now - this.savedAt >= SAVE_MILLIS)) {
        yield* this.save(name, [])
      }
      yield* this.options.watch(this.run, this.at(name))
      const { rowsPerSecond } = this.options
      if (rowsPerSecond === undefined) return
      const due = begun + Math.ceil((rows * 1000) / rowsPerSecond)
      if (due > now) yield* Effect.sleep(due - now)
    })
  }

  private settle(name: string): Step<void> {
    return Effect.gen({ self: this }, function* () {
      if (this.suspects.size === 0) return
      const { counted, differences, isBehind, upTo } = yield* settle(name, this.suspects, this.patienceMillis)
      if (isBehind) this.patienceMillis = Math.min(this.patienceMillis, IMPATIENT_MILLIS)
      yield* this.addUp(name, counted)
      const met = new Set(differences.filter(isFinding).map(({ id }) => this.chunks.get(id)))
      this.suspects = new Map()
      this.chunks = new Map()
      const { diffChunks, kinds, skipped } = this.at(name)
      const byKind: Record<string, number> = { ...kinds }
      for (const { kind } of differences) byKind[kind] = (byKind[kind] ?? 0) + 1
      this.update(name, {
        kinds: byKind,
        diffChunks: diffChunks + met.size,
        skipped: skipped + (isBehind ? 1 : 0),
        ...(upTo === undefined ? {} : { upTo: placeText(upTo) })
      })
      yield* this.save(name, differences)
    })
  }

  private addUp(name: string, counted: ReadonlyArray<CountedRows>): Step<void> {
    return Effect.gen({ self: this }, function* () {
      const columns = yield* (yield* ProfileView).summed(name)
      if (columns.length > 0) this.update(name, { sums: addUp(this.at(name).sums ?? [], columns, counted) })
    })
  }

  private save(name: string, differences: ReadonlyArray<Difference>): Step<void> {
    return Effect.gen({ self: this }, function* () {
      const store = yield* RunStore
      yield* store.save(this.run, name, differences)
      this.saved = this.run
      this.savedAt = yield* Clock.currentTimeMillis
    })
  }

  private at(name: string): TableRun {
    return this.run.tables.find(({ table }) => table === name)!
  }

  private update(name: string, change: Partial<TableRun>): void {
    const tables = this.run.tables.map((entry) => (entry.table === name ? { ...entry, ...change } : entry))
    this.run = { ...this.run, tables }
  }
}

/** Queues are no damage. */
const isFinding = ({ kind }: Difference): boolean => kind !== "held" && kind !== "dead"

const placeText = ({ file, position, server }: SourceMark): string => `${server} ${file}:${position}`

/** A run that has not begun. */
export const newRun = (
  run: string,
  by: string,
  startedAt: string,
  tables: ReadonlyArray<string>,
  scope: ReconciliationRun["scope"],
  origin: ReconciliationRun["origin"]
): ReconciliationRun => ({
  run,
  by,
  scope,
  origin,
  startedAt,
  state: "running",
  finishedAt: null,
  tables: tables.map((table) => ({
    table,
    phase: "source",
    after: null,
    startedAt: null,
    finishedAt: null,
    millis: 0,
    rows: 0,
    reverseRows: 0,
    chunks: 0,
    diffChunks: 0,
    skipped: 0,
    errors: 0,
    kinds: {},
    from: null,
    upTo: null
  }))
})
