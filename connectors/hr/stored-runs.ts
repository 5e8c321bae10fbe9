/** Runs of a comparison as the HR database keeps them, the same on every kind of server. Pure. */
import { Effect, Result, Schema } from "effect"
import {
  DAMAGE_KINDS,
  ReconciliationRun,
  RunOrigin,
  RunScope,
  TableRun,
  type DifferenceKind
} from "../../schemas/reconciliation.ts"
import {
  ReconcileRunning,
  ReconcileTakenOver,
  ReconcileUnknown,
  type ListedRun,
  type StoredDifference
} from "../../src/reconcile/RunStore.ts"

export interface RunRow {
  readonly run: string
  readonly state: string
  readonly by_whom: string
  /** JSON text. */
  readonly scope: string
  readonly tables: string
  /** Null in rows of older versions. */
  readonly origin: string | null
  /** RFC 3339. */
  readonly started_at: string
  readonly finished_at: string | null
}

export interface DifferenceRow {
  readonly table_name: string
  readonly row_id: string
  readonly kind: string
  readonly fields: string
  readonly position: string | null
  readonly learner_id: string | null
  readonly repaired_at: string | null
  readonly repaired_by: string | null
}

const decodeScope = Schema.decodeUnknownResult(Schema.fromJsonString(RunScope))
const decodeTables = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Array(TableRun)))
const decodeOrigin = Schema.decodeUnknownResult(Schema.fromJsonString(RunOrigin))
const decodeRun = Schema.decodeUnknownResult(ReconciliationRun)

/** Fails where the row was written by a program that knows more. */
export const runOf = (row: RunRow): Result.Result<ReconciliationRun, ReconcileUnknown> => {
  const [scope, tables] = [decodeScope(row.scope), decodeTables(row.tables)]
  const unreadable = () => new ReconcileUnknown({ message: `run ${row.run} was stored by another version` })
  if (Result.isFailure(scope) || Result.isFailure(tables)) return Result.fail(unreadable())
  return Result.mapError(
    decodeRun({
      run: row.run,
      state: row.state,
      by: row.by_whom,
      scope: scope.success,
      tables: tables.success,
      origin: row.origin === null ? null : Result.getOrNull(decodeOrigin(row.origin)),
      startedAt: row.started_at,
      finishedAt: row.finished_at
    }),
    unreadable
  )
}

export interface ListedRow extends RunRow {
  readonly open: string | number
}

export const listedRunOf = (row: ListedRow): Result.Result<ListedRun, ReconcileUnknown> =>
  Result.map(runOf(row), (run) => ({ ...run, open: Number(row.open) }))

/** Kinds that a repair can mend, as a list of SQL. */
export const DAMAGE_LIST = DAMAGE_KINDS.map((kind) => `'${kind}'`).join(", ")

export const differenceOf = (row: DifferenceRow): StoredDifference => ({
  table: row.table_name,
  id: row.row_id,
  kind: row.kind as DifferenceKind,
  fields: row.fields === "" ? [] : row.fields.split(","),
  position: row.position,
  learner: row.learner_id,
  repairedAt: row.repaired_at,
  repairedBy: row.repaired_by
})

/** Seconds of silence after which a run's process counts as gone. */
export const SILENT_SECONDS = 60

export interface Active {
  readonly run: string
  readonly holder: string
}

export const refuseSecond = (active: Active | undefined) =>
  active === undefined
    ? Effect.void
    : Effect.fail(
        new ReconcileRunning({ message: `run ${active.run} is being compared or mended already`, ...active })
      )

export const takenOver = (run: string): ReconcileTakenOver =>
  new ReconcileTakenOver({ message: `run ${run} is another process's by now`, run })

export const noneEnded = (): ReconcileUnknown =>
  new ReconcileUnknown({ message: "there is no run that did not end" })

/** What one call removes at most: the rest is removed after the next run. */
export const RETIRED = { runs: 200, rowsAtOnce: 5000, batches: 20 } as const

/** Rows that no run has any more, until none is left or it was enough. @param remove answers how many it removed */
export const removeInBatches = <E>(remove: Effect.Effect<number, E>): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    for (let batch = 0; batch < RETIRED.batches; batch++) {
      if ((yield* remove) < RETIRED.rowsAtOnce) return
    }
  })

/**
 * Condition of runs `r` that may go. @param old condition of `r`'s age · @param whole that a run compared everything
 *
 * The run goes before its rows: what is half removed is not shown as a run.
 */
export const retiring = (
  tables: { readonly run: string; readonly diff: string },
  old: string,
  whole: (run: string) => string
): string => {
  const newer = (condition: string) => `exists (select 1 from ${tables.run} n
  where n.connector = r.connector and n.state = 'done' and n.started_at > r.started_at and ${condition})`
  return `r.active is null and ${old}
  and ${newer(`(${whole("n")}) = (${whole("r")})`)}
  and (${newer(whole("n"))} or not exists (select 1 from ${tables.diff} d
  where d.connector = r.connector and d.run = r.run and d.repaired_at is null and d.kind in (${DAMAGE_LIST})))`
}
