/**
 * A training database in memory: tables, and the binlog that their transactions leave.
 *
 * It is honest about what makes a copy beside a stream hard: a transaction is sent to the readers of the binlog before
 * SELECT sees it. What the binlog holds becomes visible only by {@link MemoryTrainingServer.showNext}, in commit order;
 * a transaction that wants a row of one that is not visible yet waits for it, as for a lock.
 */
import { Effect, Latch } from "effect"

export type MemoryRow = Readonly<Record<string, string | number | null>>

/** `update` has both images, `insert` only `after`, `delete` only `before`. */
export interface RowChange {
  readonly before: MemoryRow | undefined
  readonly after: MemoryRow | undefined
}

/** One rows event: rows of one table, changed in one way. */
export interface RowsWritten {
  readonly table: string
  readonly change: "insert" | "update" | "delete"
  readonly rows: ReadonlyArray<RowChange>
}

export interface BinlogTransaction {
  readonly position: number
  /** First byte behind it. */
  readonly end: number
  readonly gtid: string | null
  readonly committedAtMicros: number
  readonly events: ReadonlyArray<RowsWritten>
}

export interface BinlogFile {
  readonly number: number
  /** In bytes; grows. */
  size: number
  readonly transactions: Array<BinlogTransaction>
}

export type MemoryTables = Map<string, Map<string, MemoryRow>>

export interface Place {
  readonly file: string
  readonly position: number
}

export const FILE_START = 4
export const HEADER_END = 157
const ROTATE_BYTES = 44

export interface MemoryServerOptions {
  /** Key columns of each table. */
  readonly keys: Readonly<Record<string, ReadonlyArray<string>>>
  readonly hasGtids: boolean
  readonly nowMicros: () => number
}

export class MemoryTrainingServer {
  /** What is committed; `visible` lags behind it. */
  current: MemoryTables = new Map()
  visible: MemoryTables = new Map()
  files: Array<BinlogFile> = [{ number: 1, size: HEADER_END, transactions: [] }]
  isDown = false
  /** Whether a chunk waits for what its reader has seen already; false breaks the port's contract. */
  waitsForVisibility = true
  readonly options: MemoryServerOptions
  #uuid = "c0ffee00-0000-4000-8000-000000000000"
  #committed = 0
  #hidden: Array<{ readonly place: Place; readonly events: ReadonlyArray<RowsWritten> }> = []
  #changed = Latch.makeUnsafe(false)
  /** +1 whenever all connections break. */
  #era = 0

  constructor(options: MemoryServerOptions) {
    this.options = options
    for (const table of Object.keys(options.keys)) {
      this.current.set(table, new Map())
      this.visible.set(table, new Map())
    }
  }

  get identity(): string {
    return `mysql:${this.#uuid}`
  }

  get nextChange(): Effect.Effect<void> {
    return Effect.suspend(() => this.#changed.await)
  }

  get era(): number {
    return this.#era
  }

  get end(): Place {
    const last = this.files.at(-1)!
    return { file: fileName(last.number), position: last.size }
  }

  get hiddenCount(): number {
    return this.#hidden.length
  }

  /** Key of a row as text, parts joined as in the event contract. */
  keyOf(table: string, row: MemoryRow): string {
    const parts = this.options.keys[table]!.map((column) => String(row[column]))
    return parts.length === 1
      ? parts[0]!
      : parts.map((part) => part.replaceAll(/[\\,]/g, String.raw`\$&`)).join(",")
  }

  /** Writes one transaction to the binlog; SELECT sees it later. */
  commit(events: ReadonlyArray<RowsWritten>): BinlogTransaction {
    if (this.#touchesHidden(events)) this.showAll()
    const file = this.files.at(-1)!
    this.#committed += 1
    const rows = events.reduce((sum, event) => sum + event.rows.length, 0)
    const transaction: BinlogTransaction = {
      position: file.size,
      end: file.size + 100 + events.length * 60 + rows * 40,
      gtid: this.options.hasGtids ? `${this.#uuid}:${this.#committed}` : null,
      committedAtMicros: this.options.nowMicros(),
      events
    }
    file.transactions.push(transaction)
    file.size = transaction.end
    this.#write(this.current, events)
    this.#hidden.push({ place: this.end, events })
    this.#notify()
    return transaction
  }

  /** The oldest transaction that is in the binlog but not visible yet becomes visible. */
  showNext(): void {
    const next = this.#hidden.shift()
    if (next === undefined) return
    this.#write(this.visible, next.events)
    this.#notify()
  }

  showAll(): void {
    while (this.#hidden.length > 0) this.showNext()
  }

  rotate(): void {
    const last = this.files.at(-1)!
    last.size += ROTATE_BYTES
    this.files.push({ number: last.number + 1, size: HEADER_END, transactions: [] })
    this.#notify()
  }

  /** PURGE BINARY LOGS TO the file of that number; the last file always stays. */
  purgeTo(number: number): void {
    this.files = this.files.filter((file, index) => file.number >= number || index === this.files.length - 1)
    this.breakConnections()
  }

  /** RESET BINARY LOGS AND GTIDS: the first file's name again, other content; tables stay. */
  reset(): void {
    this.showAll()
    this.files = [{ number: 1, size: HEADER_END, transactions: [] }]
    this.#uuid = this.#uuid.slice(0, -1) + String(Number(this.#uuid.at(-1)) + 1)
    this.breakConnections()
  }

  setDown(isDown: boolean): void {
    this.isDown = isDown
    this.breakConnections()
  }

  breakConnections(): void {
    this.#era += 1
    this.#notify()
  }

  /** True where everything at or before the place is visible. */
  shows(place: Place): boolean {
    return !this.#hidden.some((hidden) => !isBehind(hidden.place, place))
  }

  #touchesHidden(events: ReadonlyArray<RowsWritten>): boolean {
    const touched = this.#keysOf(events)
    return this.#hidden.some((hidden) => [...this.#keysOf(hidden.events)].some((key) => touched.has(key)))
  }

  #keysOf(events: ReadonlyArray<RowsWritten>): Set<string> {
    const keys = new Set<string>()
    for (const { table, rows } of events) {
      for (const { before, after } of rows) {
        if (before !== undefined) keys.add(`${table}:${this.keyOf(table, before)}`)
        if (after !== undefined) keys.add(`${table}:${this.keyOf(table, after)}`)
      }
    }
    return keys
  }

  #write(tables: MemoryTables, events: ReadonlyArray<RowsWritten>): void {
    for (const { table, rows } of events) {
      const content = tables.get(table)!
      for (const { before, after } of rows) {
        if (before !== undefined) content.delete(this.keyOf(table, before))
        if (after !== undefined) content.set(this.keyOf(table, after), after)
      }
    }
  }

  #notify(): void {
    const changed = this.#changed
    this.#changed = Latch.makeUnsafe(false)
    changed.openUnsafe()
  }
}

export const fileName = (number: number): string => `binlog.${String(number).padStart(6, "0")}`

export const fileNumber = (name: string): number => Number(name.slice(name.indexOf(".") + 1))

const isBehind = (a: Place, b: Place): boolean =>
  fileNumber(a.file) > fileNumber(b.file) || (a.file === b.file && a.position > b.position)
