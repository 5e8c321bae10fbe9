/**
 * Mends what a run found, never by writing to the profile: rows are read from the source again and travel as copies through
 * the change log and the guard, so that a live change always wins (D5). What the source has no more is revoked the same
 * way, and only where somebody says so.
 *
 * A copy's position is behind all that was read of the stream, so it also wins against a profile row that was edited by
 * hand after the last change. Only a guard that stands beyond everything that was ever applied would not let it pass; such
 * a guard is set back to where apply is.
 */
import { Clock, Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import type { DamageKind } from "../../schemas/reconciliation.ts"
import { isDamage } from "./differences.ts"
import { ProfileView } from "./ProfileView.ts"
import { RowSender } from "./RowSender.ts"
import { RunStore, type StoredDifference } from "./RunStore.ts"
import { SourceRows } from "./SourceRows.ts"

export interface RepairOptions {
  readonly run: string
  readonly kinds: ReadonlyArray<DamageKind>
  /** `print`: what is stored; `look`: what still differs now; `execute`: and mend it. */
  readonly mode: "print" | "look" | "execute"
  /** Why extra rows are to be revoked; `undefined`: they are left. */
  readonly revokeReason: string | undefined
  readonly by: string
  /** How long to wait until the rows of one batch are right. */
  readonly waitMillis: number
  /** Called after each batch. */
  readonly watch: (table: string, rows: number) => Effect.Effect<void>
}

/** What becomes of one row. */
export interface RepairStep {
  readonly table: string
  readonly id: string
  readonly kind: string
  readonly fields: ReadonlyArray<string>
  /** `left`: an extra row that nobody said to revoke. */
  readonly action: "copy" | "revoke" | "left"
  /** `right`: it does not differ any more; `sent`: but it differs still. */
  readonly outcome: "planned" | "differs" | "right" | "mended" | "sent"
}

type Needs = RunStore | SourceRows | ProfileView | RowSender

/** Rows in one command to capture. */
export const BATCH_ROWS = 500
const LOOK_MILLIS = 300

export const repair = Effect.fnUntraced(function* (
  options: RepairOptions
): Effect.fn.Return<ReadonlyArray<RepairStep>, Failure, Needs> {
  const store = yield* RunStore
  const { tables } = yield* store.read(options.run)
  const steps: Array<RepairStep> = []
  for (const { table } of tables) {
    let after: string | undefined
    while (true) {
      const filter = { kinds: options.kinds, isOpen: true, table, after }
      const page = yield* store.differences(options.run, filter, BATCH_ROWS)
      if (page.length === 0) break
      after = page.at(-1)!.id
      steps.push(...(yield* repairBatch(options, table, page)))
      yield* options.watch(table, steps.length)
    }
  }
  return steps
})

const actionOf = ({ kind }: StoredDifference, { revokeReason }: RepairOptions): RepairStep["action"] =>
  kind !== "extra" ? "copy" : revokeReason === undefined ? "left" : "revoke"

const repairBatch = Effect.fnUntraced(function* (
  options: RepairOptions,
  table: string,
  page: ReadonlyArray<StoredDifference>
): Effect.fn.Return<ReadonlyArray<RepairStep>, Failure, Needs> {
  const step = (row: StoredDifference, outcome: RepairStep["outcome"]): RepairStep => ({
    table,
    id: row.id,
    kind: row.kind,
    fields: row.fields,
    action: actionOf(row, options),
    outcome
  })
  if (options.mode === "print") return page.map((row) => step(row, "planned"))
  const differing = yield* stillDiffering(
    table,
    page.map(({ id }) => id)
  )
  if (options.mode === "look") {
    return page.map((row) => step(row, differing.has(row.id) ? "differs" : "right"))
  }
  const wanted = page.filter((row) => differing.has(row.id) && actionOf(row, options) !== "left")
  const left = yield* mend(options, table, wanted)
  const settled = page.filter(
    ({ id }) => !left.has(id) && (!differing.has(id) || wanted.some((row) => row.id === id))
  )
  const store = yield* RunStore
  const by = options.revokeReason === undefined ? options.by : `${options.by}: ${options.revokeReason}`
  yield* store.repaired(
    options.run,
    table,
    settled.map(({ id }) => id),
    by
  )
  return page.map((row) => {
    if (!differing.has(row.id)) return step(row, "right")
    if (!wanted.includes(row)) return step(row, "differs")
    return step(row, left.has(row.id) ? "sent" : "mended")
  })
})

/** Sends the rows, and gives back those that differ still when time is up. */
const mend = Effect.fnUntraced(function* (
  options: RepairOptions,
  table: string,
  rows: ReadonlyArray<StoredDifference>
): Effect.fn.Return<ReadonlySet<string>, Failure, Needs> {
  if (rows.length === 0) return new Set<string>()
  const store = yield* RunStore
  const sender = yield* RowSender
  const ids = rows.map(({ id }) => id)
  yield* store.lowerGuards(table, ids)
  const gone = rows.filter((row) => actionOf(row, options) === "revoke")
  const copied = rows.filter((row) => actionOf(row, options) === "copy")
  if (copied.length > 0) {
    yield* sender.copy(
      table,
      copied.map(({ id }) => id)
    )
  }
  if (gone.length > 0) yield* sender.revoke(table, gone)
  const deadline = (yield* Clock.currentTimeMillis) + options.waitMillis
  let left = yield* stillDiffering(table, ids)
  while (left.size > 0 && (yield* Clock.currentTimeMillis) < deadline) {
    yield* Effect.sleep(LOOK_MILLIS)
    left = yield* stillDiffering(table, [...left])
  }
  return left
})

/** A row that changes just now may be among them. */
const stillDiffering = Effect.fnUntraced(function* (
  table: string,
  ids: ReadonlyArray<string>
): Effect.fn.Return<ReadonlySet<string>, Failure, SourceRows | ProfileView> {
  const source = yield* SourceRows
  const profile = yield* ProfileView
  const { rows } = yield* source.find(table, ids)
  const there = new Set(rows.map(({ id }) => id))
  const { differing } = yield* profile.compare(table, rows)
  const extra = yield* profile.standing(
    table,
    ids.filter((id) => !there.has(id))
  )
  return new Set([...differing.filter(isDamage), ...extra].map(({ id }) => id))
})
