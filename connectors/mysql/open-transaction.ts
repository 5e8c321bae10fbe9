/**
 * Events of the transaction that is being read.
 *
 * The server writes a transaction to the binlog when it commits, so holding a small one back until its end costs no
 * time, and lets a ROLLBACK or ROLLBACK TO inside of it take rows back that must never leave. A large one is let go
 * before its end to keep memory flat (G8).
 */
import type { BeginEvent, RowsEvent, SourceEvent } from "../../src/capture/ChangeSource.ts"

export const HELD_BYTES_MAX = 256 * 1024

export class OpenTransaction {
  readonly begin: BeginEvent
  /** BEGIN or its like was seen: the next statement does not end the transaction. */
  bracketed: boolean
  /** Between XA START and XA PREPARE: nothing may leave before its fate is known. */
  xa = false
  /** The log holds it whole: its rows are passed over. */
  isCaptured = false
  /** Ends in XA PREPARE and its rows wait for an outcome. */
  waits = false
  /** GTID of the XA PREPARE whose outcome it brings. */
  settles: string | null = null
  /** Rows events so far, unmapped tables counted. */
  rowsEvents = 0
  /** Whether Begin has left already. */
  released = false
  heldBytes = 0
  private held: Array<RowsEvent> = []
  private releasedCount = 0
  private readonly savepoints: Array<{ readonly name: string; readonly at: number }> = []

  constructor(begin: BeginEvent, bracketed: boolean) {
    this.begin = begin
    this.bracketed = bracketed
  }

  get rows(): number {
    return this.releasedCount + this.held.length
  }

  add(event: RowsEvent, bytes: number): void {
    this.held.push(event)
    this.heldBytes += bytes
  }

  /** Everything that is held, for whoever knows later whether it may leave. */
  takeHeld(): ReadonlyArray<RowsEvent> {
    const { held } = this
    this.held = []
    this.heldBytes = 0
    return held
  }

  /** Rows of the XA transaction that commits here. */
  adopt(rows: ReadonlyArray<RowsEvent>): void {
    for (const row of rows) this.held.push(row)
  }

  savepoint(name: string): void {
    this.savepoints.push({ name, at: this.rows })
  }

  /** Rows taken back, or undefined where some have left already. */
  rollbackTo(name: string): ReadonlyArray<RowsEvent> | undefined {
    const found = this.savepoints.findLast((savepoint) => savepoint.name === name)
    return this.takeBack(found?.at ?? 0)
  }

  rollback(): ReadonlyArray<RowsEvent> | undefined {
    return this.takeBack(0)
  }

  private takeBack(at: number): ReadonlyArray<RowsEvent> | undefined {
    if (at < this.releasedCount) return undefined
    return this.held.splice(at - this.releasedCount)
  }

  /** Moves what is held to `out`, Begin first. */
  release(out: Array<SourceEvent>): void {
    if (!this.released) out.push(this.begin)
    this.released = true
    for (const event of this.held) out.push(event)
    this.releasedCount += this.held.length
    this.held = []
    this.heldBytes = 0
  }
}
