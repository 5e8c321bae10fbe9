/**
 * The copy of the source tables beside the stream: what to read next, what the stream has made obsolete, what may leave
 * (D5). Pure but for its own memory.
 *
 * - A chunk row leaves only once the stream has been read to the chunk's high mark, and only if the stream did not touch
 *   its key since the chunk was asked for: what the stream brought is newer or the same (G2).
 * - Progress moves with the checkpoint behind the rows, so that a crash repeats a chunk at most (G1).
 * - One chunk is held at a time (G8).
 */
import type { TableConfig } from "../../schemas/table-config.ts"
import { binlogFileNumber } from "../../schemas/position.ts"
import { KEYS_MAX } from "../../schemas/snapshot-command.ts"
import type { RevokedRow, SnapshotState, TableSnapshot } from "../../schemas/snapshot-state.ts"
import type { RowImage, RowsEvent, Value } from "./ChangeSource.ts"
import { sameImage } from "./encode-rows.ts"
import { keyText, splitKeyText } from "./field-text.ts"
import { isOpen } from "./snapshot-commands.ts"
import type { ChunkRequest, SnapshotChunk } from "./SnapshotSource.ts"
import type { TablePlan } from "./table-plan.ts"

/** Directories first: a score that arrives before its learner would be held for nothing. */
const ORDER: Readonly<Record<TableConfig["as"], number>> = { learner: 0, assessment: 1, score: 2, row: 3 }

/**
 * State of a connector that begins, or whose mapping changed: a table that is not listed yet is to be copied. One that is
 * mapped no longer is forgotten, because what changes meanwhile is not seen: mapped again, it is copied again.
 */
export const withNewTables = (
  known: SnapshotState | undefined,
  tables: ReadonlyArray<Pick<TableConfig, "table" | "as">>,
  state: "waiting" | "done"
): SnapshotState => {
  const kept = (known?.tables ?? []).filter((entry) => tables.some(({ table }) => entry.table === table))
  const added = tables
    .filter(({ table }) => !kept.some((entry) => entry.table === table))
    .toSorted((a, b) => ORDER[a.as] - ORDER[b.as])
    .map(({ table }): TableSnapshot => ({ table, state, after: null, where: null, rows: 0, estimate: null }))
  return { paused: known?.paused ?? false, tables: [...kept, ...added] }
}

/** Rows that may leave, all of one table. */
export interface CopiedRows {
  /** Index among the mapped tables. */
  readonly table: number
  readonly images: ReadonlyArray<RowImage>
  /** Rows that are not there any more: their keys, and whose they were. */
  readonly revoked: ReadonlyArray<RowImage>
}

interface Window {
  readonly index: number
  readonly plan: TablePlan
  readonly touched: Set<string>
  readonly revoke: ReadonlyArray<RevokedRow> | undefined
  chunk: SnapshotChunk | undefined
}

interface Place {
  readonly file: string
  readonly position: number
}

export class SnapshotRun {
  readonly #plans: ReadonlyArray<TablePlan>
  #state: SnapshotState
  #window: Window | undefined

  constructor(plans: ReadonlyArray<TablePlan>, state: SnapshotState) {
    this.#plans = plans
    this.#state = state
  }

  get state(): SnapshotState {
    return this.#state
  }

  /** An operator's command changed it. A chunk of a table that is not copied any more, or anew, is let go. */
  set state(state: SnapshotState) {
    this.#state = state
    const open = this.#window?.plan.name
    if (open === undefined) return
    if (!state.tables.some((each) => each.table === open && isOpen(each))) this.#window = undefined
  }

  /** What a copy of a table asks for, wherever it begins; `undefined` where the table is not mapped. */
  requestFor(table: string): Pick<ChunkRequest, "table" | "key"> | undefined {
    const plan = this.#plans[this.#indexOf(table)]
    if (plan === undefined) return undefined
    return { table: plan.wanted, key: plan.key.map((column) => plan.wanted.columns[column]!) }
  }

  /** The next chunk to ask for, which opens the window; `undefined` while one is open or nothing is to be copied. */
  begin(rowsMax: number, processed: ChunkRequest["processed"]): ChunkRequest | undefined {
    if (this.#window !== undefined || this.#state.paused) return undefined
    const entry = this.#state.tables.find((each) => isOpen(each) && this.#indexOf(each.table) >= 0)
    if (entry === undefined) return undefined
    const index = this.#indexOf(entry.table)
    const plan = this.#plans[index]!
    this.#window = { index, plan, touched: new Set(), revoke: entry.revoke, chunk: undefined }
    return {
      ...this.requestFor(entry.table)!,
      after: entry.after ?? undefined,
      where: entry.where ?? undefined,
      // In one chunk: that a row is not there is known at its end alone.
      rowsMax: entry.revoke === undefined ? rowsMax : 2 * KEYS_MAX,
      processed
    }
  }

  /**
   * The stream brought rows of a table; those in the window are obsolete. A row whose mapped columns stayed as they were
   * makes no event, so the copy is all that will ever bring it.
   */
  touch(rows: RowsEvent): void {
    const window = this.#window
    if (window === undefined || rows.table !== window.index) return
    const count = (rows.after ?? rows.before ?? []).length
    for (let row = 0; row < count; row++) {
      const [before, after] = [rows.before?.[row], rows.after?.[row]]
      if (before !== undefined && after !== undefined && sameImage(before, after)) continue
      for (const image of [before, after]) {
        const key = image && keyText(window.plan.key, image)
        if (key !== undefined) window.touched.add(key)
      }
    }
  }

  arrived(chunk: SnapshotChunk): void {
    if (this.#window !== undefined) this.#window.chunk = chunk
  }

  /** The rows of the open window once the stream has been read to its high mark; closes it and moves progress on. */
  settle(reached: Place): CopiedRows | undefined {
    const window = this.#window
    if (window?.chunk === undefined || isBefore(reached, window.chunk.high)) return undefined
    const { chunk, plan, index, revoke, touched } = window
    this.#window = undefined
    this.#advance(plan.name, chunk)
    if (revoke === undefined) {
      const images = chunk.rows.filter((image) => !touched.has(keyText(plan.key, image) ?? ""))
      return { table: index, images, revoked: [] }
    }
    const there = new Set(chunk.rows.map((image) => keyText(plan.key, image)))
    const gone = revoke.filter(({ key }) => !there.has(key) && !touched.has(key))
    return { table: index, images: [], revoked: gone.flatMap((row) => revokedImage(plan, row) ?? []) }
  }

  /** Notes the server's estimate of the table that is being copied. */
  estimated(table: string, rows: number | undefined): void {
    this.#update(table, (entry) => ({ ...entry, estimate: rows ?? null }))
  }

  #advance(table: string, chunk: SnapshotChunk): void {
    this.#update(table, (entry) => ({
      ...entry,
      state: chunk.isEnd ? "done" : "running",
      after: chunk.isEnd ? null : (chunk.last ?? entry.after),
      rows: entry.rows + chunk.rows.length
    }))
  }

  #update(table: string, change: (entry: TableSnapshot) => TableSnapshot): void {
    const first = this.#state.tables.findIndex((entry) => entry.table === table && isOpen(entry))
    this.#state = {
      ...this.#state,
      tables: this.#state.tables.map((entry, index) => (index === first ? change(entry) : entry))
    }
  }

  #indexOf(table: string): number {
    return this.#plans.findIndex(({ name }) => name === table)
  }
}

/** As a delete would show the row: its key and whose it was. Nothing else is known, and nothing else is needed. */
const revokedImage = (plan: TablePlan, { key, learner }: RevokedRow): readonly [RowImage] | undefined => {
  const values = splitKeyText(key, plan.key.length)
  if (values === undefined) return undefined
  const image = plan.wanted.columns.map((): Value => undefined)
  const whose = plan.groups.flatMap(({ fields }) => fields).find(({ path }) => path === "learner.id")
  if (whose !== undefined) image[whose.column] = learner
  plan.key.forEach((column, at) => {
    image[column] = values[at]!
  })
  return [image]
}

/** File names end in a number that outgrows six digits; the bases are equal on one server. */
const isBefore = (a: Place, b: Place): boolean => {
  const [x, y] = [binlogFileNumber(a.file) ?? 0, binlogFileNumber(b.file) ?? 0]
  return x < y || (x === y && a.position < b.position)
}
