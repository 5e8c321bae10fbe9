/**
 * XA transactions between XA PREPARE and their outcome, which the binlog tells as transactions of their own: the rows
 * stand behind the first, their commit in the second, maybe long after and from another session.
 *
 * Invariants: rows leave at the place of the commit, or never; as long as one waits, reading must be able to begin again
 * at its XA PREPARE (`resumeFrom`); what waits is bounded together (G8).
 */
import type { BeginEvent, RowsEvent } from "../../src/capture/ChangeSource.ts"
import { ByteCursor } from "./binlog/byte-cursor.ts"
import { HEADER_LENGTH, type BinlogEvent } from "./binlog/event.ts"
import { xaSizeRefusal } from "./refusals.ts"

export interface Prepared {
  readonly begin: BeginEvent
  readonly rows: ReadonlyArray<RowsEvent>
  readonly bytes: number
}

export interface XaPrepare {
  readonly xid: string
  readonly onePhase: boolean
}

/** The identifier as both servers write it into XA COMMIT and XA ROLLBACK, in lower case. */
export const readXaPrepare = (event: BinlogEvent): XaPrepare => {
  const cursor = new ByteCursor(event.bytes, HEADER_LENGTH, event.bodyEnd, "XA_PREPARE_LOG_EVENT")
  const onePhase = cursor.u8() !== 0
  const format = cursor.u32()
  const [globalLength, branchLength] = [cursor.u32(), cursor.u32()]
  const [global, branch] = [cursor.take(globalLength), cursor.take(branchLength)]
  return { onePhase, xid: `x'${global.toString("hex")}',x'${branch.toString("hex")}',${format}` }
}

export class PreparedTransactions {
  #waiting = new Map<string, Prepared>()
  /** Prepared without rows of ours. */
  #others = new Set<string>()
  #bytes = 0
  readonly #bytesMax: number

  /** @param bytesMax of all rows that wait, and of those of one that is not prepared yet */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Throws where so many bytes more would not fit. */
  makeRoom(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) throw xaSizeRefusal(this.#bytesMax)
  }

  /** Where the oldest one that waits begins. */
  get resumeFrom(): Pick<BeginEvent, "file" | "position" | "gtid"> | undefined {
    for (const { begin } of this.#waiting.values()) {
      return { file: begin.file, position: begin.position, gtid: begin.gtid }
    }
    return undefined
  }

  hold(xid: string, prepared: Prepared): void {
    if (prepared.rows.length === 0) {
      this.#others.add(xid)
      return
    }
    this.makeRoom(prepared.bytes)
    this.#waiting.set(xid, prepared)
    this.#bytes += prepared.bytes
  }

  /** Whether its XA PREPARE was read. */
  knows(xid: string): boolean {
    return this.#waiting.has(xid) || this.#others.has(xid)
  }

  /** Ends it; its rows, for the caller to let go or to forget. */
  end(xid: string): Prepared | undefined {
    const found = this.#waiting.get(xid)
    this.#waiting.delete(xid)
    this.#others.delete(xid)
    this.#bytes -= found?.bytes ?? 0
    return found
  }
}
