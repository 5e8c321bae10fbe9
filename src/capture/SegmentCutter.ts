/**
 * Cuts the run of change events into segments, each naming its first, last and previous position (D3).
 *
 * - Nothing is left behind: what has been added is in a message by the time its transaction is committed and `drain`
 *   is called.
 * - A segment ends at a transaction's end, or holds part of one transaction and nothing else; then it says which part.
 * - What waits here is at most one segment, plus one event (G8).
 */
import type { Anchor } from "../../schemas/anchor.ts"
import { proofOf, type Captured } from "../../schemas/captured.ts"
import type { EventType } from "../../schemas/change-event.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import type { PositionText } from "../../schemas/position.ts"
import type { CheckpointBody, SnapshotState } from "../../schemas/snapshot-state.ts"
import type { CaptureRecord } from "./CaptureRecord.ts"
import type { LogMessage } from "./ChangeLog.ts"
import type { EventSink } from "./encode-rows.ts"
import { FailoverDiffers } from "./history-errors.ts"
import { inPieces } from "./in-pieces.ts"

export interface SegmentLimits {
  readonly events: number
  readonly bytes: number
  /** Larger bodies, which only a single change can have, leave in pieces; `undefined`: they leave as they are. */
  readonly pieceBytes?: number | undefined
}

/** What every message of this writer has in common. */
export interface WriterIdentity {
  readonly connector: string
  readonly generation: number
  readonly epoch: number
}

/** Consecutive events that wait, all of committed transactions or all of the open one. */
interface Run {
  count: number
  /** In the buffer; each event has one byte in front of it, for a bracket or a comma. */
  bytes: number
  first: PositionText
  last: PositionText
  types: Array<EventType>
  /** Of the transaction of its last event. */
  anchor: Anchor
  time: string
}

const COMMA = 0x2c
const OPENING = 0x5b
const CLOSING = 0x5d
/** Bytes of one UTF-16 unit in UTF-8, at most. */
const UTF8_BYTES_MAX = 3
const BUFFER_BYTES_MIN = 16 * 1024

export class SegmentCutter implements EventSink {
  readonly #identity: WriterIdentity
  readonly #limits: SegmentLimits
  #previous: PositionText
  #committedAt: string | null
  /**
   * Text of the events that wait, in UTF-8: those of committed transactions, then those of the open one. One encoding
   * for each event as it comes: a joined text is of two-byte characters as soon as one of its names is Chinese, and
   * five times slower to encode.
   */
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES_MIN)
  #closed: Run
  #open: Run
  #ready: Array<LogMessage> = []
  /** Parts of the open transaction that have been cut already. */
  #parts = 0
  #anchor: Anchor
  #time = ""
  readonly #record: CaptureRecord
  /** Of the last message handed out. */
  #captured: Captured | undefined
  /** GTID of the source's transaction that is open; null where there is none: a copy's rows, a server without GTIDs. */
  #gtid: string | null = null
  /** Changes of the open transaction that the log holds from another server, and the last of them. */
  #known: { left: number; readonly proof: string } | undefined
  #lastProof: { readonly type: EventType; readonly json: string } | undefined

  /** Changes at or before `last` are in the log. */
  constructor(
    identity: WriterIdentity,
    limits: SegmentLimits,
    record: CaptureRecord,
    last: PositionText,
    anchor: Anchor,
    committedAt: string | null
  ) {
    this.#identity = identity
    this.#limits = limits
    this.#record = record
    this.#previous = last
    this.#anchor = anchor
    this.#committedAt = committedAt
    this.#closed = emptyRun(anchor)
    this.#open = emptyRun(anchor)
  }

  get knownUpTo(): PositionText {
    return this.#previous
  }

  /** Position of the last change handed out in a message. */
  get last(): PositionText {
    return this.#previous
  }

  /** @param gtid of a transaction of the source, where it has one */
  begin(anchor: Anchor, time: string, gtid: string | null): void {
    this.#anchor = anchor
    this.#time = time
    this.#gtid = gtid
    this.#close()
    this.#parts = 0
  }

  /** The open transaction's first changes are in the log, read from another server: they leave no trace here. */
  skip(changes: number, proof: string): void {
    this.#known = { left: changes, proof }
  }

  add(position: PositionText, type: EventType, json: string): void {
    if (this.#known !== undefined) return this.#pass(type, json)
    const at = this.#closed.bytes + this.#open.bytes
    this.#ensure(at, json.length)
    const bytes = this.#buffer.write(json, at + 1) + 1
    this.#buffer[at] = COMMA
    if (this.#overflows(bytes)) this.#makeRoom(bytes)
    const open = this.#open
    if (open.count === 0) open.first = position
    if (!open.types.includes(type)) open.types.push(type)
    open.last = position
    open.anchor = this.#anchor
    open.time = this.#time
    open.count++
    open.bytes += bytes
    this.#lastProof = { type, json }
  }

  #pass(type: EventType, json: string): void {
    const known = this.#known!
    known.left--
    if (known.left > 0) return
    if (proofOf(type, json) !== known.proof) throw differs(this.#gtid ?? "", "other rows")
    this.#known = undefined
  }

  /** @throws FailoverDiffers */
  commit(): void {
    if (this.#known !== undefined) throw differs(this.#gtid ?? "", "fewer rows")
    // The last part stands alone, so that part numbers speak of one transaction only.
    if (this.#parts > 0) this.#cutOpen(true, 0)
    this.#close()
  }

  /** Messages that can go now. Committed changes never wait here; those of an open transaction do. */
  drain(): ReadonlyArray<LogMessage> {
    this.#cutClosed(0)
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  /**
   * A message without events that moves the log to `last`. Only valid between transactions, after `drain`.
   */
  checkpoint(last: PositionText, anchor: Anchor, snapshot: SnapshotState): LogMessage {
    const captured = this.#record.atCheckpoint()
    const body: CheckpointBody = captured === undefined ? { snapshot } : { snapshot, captured }
    this.#captured = captured === undefined ? undefined : { ...captured, gtids: "" }
    const head: LogHead = {
      ...this.#headBase("checkpoint", anchor),
      first: last,
      last,
      count: 0,
      types: []
    }
    this.#previous = last
    this.#anchor = anchor
    return { head, body: Buffer.from(JSON.stringify(body)) }
  }

  /** Everything that the source committed until this time is in the messages handed out so far, or brought no events. */
  passed(time: string | null): void {
    this.#committedAt = time ?? this.#committedAt
  }

  /** That time; null: not known yet. */
  get committedAt(): string | null {
    return this.#committedAt
  }

  #overflows(bytes: number): boolean {
    const count = this.#closed.count + this.#open.count
    const held = this.#closed.bytes + this.#open.bytes
    return count > 0 && (count >= this.#limits.events || held + bytes > this.#limits.bytes)
  }

  /** @param bytes of the event that stands in the buffer behind everything else and does not count yet */
  #makeRoom(bytes: number): void {
    this.#cutClosed(bytes)
    if (this.#overflows(bytes)) this.#cutOpen(false, bytes)
  }

  #cutClosed(bytesBehind: number): void {
    if (this.#closed.count > 0) this.#cut(this.#closed, this.#open.bytes + bytesBehind, {})
    this.#closed = emptyRun(this.#anchor)
  }

  /** Only where no committed events wait. */
  #cutOpen(isLast: boolean, bytesBehind: number): void {
    if (this.#open.count > 0) {
      this.#parts += 1
      if (!isLast && this.#gtid !== null) {
        const { type, json } = this.#lastProof!
        this.#record.partLeft(this.#gtid, this.#open.count, proofOf(type, json))
      }
      this.#cut(this.#open, bytesBehind, { part: this.#parts, partLast: isLast })
    }
    this.#open = emptyRun(this.#anchor)
  }

  /** Makes a message of the run at the buffer's front; the bytes behind it move to the front. */
  #cut(run: Run, bytesBehind: number, part: Pick<LogHead, "part" | "partLast">): void {
    this.#committedAt = run.time
    const captured = this.#record.atSegment()
    const head: LogHead = {
      ...this.#headBase("segment", run.anchor),
      ...(captured === undefined ? {} : { captured }),
      first: run.first,
      last: run.last,
      count: run.count,
      types: run.types.sort(),
      ...part
    }
    const body = Buffer.allocUnsafeSlow(run.bytes + 1)
    this.#buffer.copy(body, 0, 0, run.bytes)
    body[0] = OPENING
    body[run.bytes] = CLOSING
    this.#buffer.copyWithin(0, run.bytes, run.bytes + bytesBehind)
    this.#previous = run.last
    this.#ready.push(...inPieces({ head, body }, this.#limits.pieceBytes, this.#captured))
    this.#captured = captured
  }

  /** The open transaction's events count as committed. */
  #close(): void {
    const [closed, open] = [this.#closed, this.#open]
    if (open.count === 0) return
    for (const type of closed.types) if (!open.types.includes(type)) open.types.push(type)
    if (closed.count > 0) open.first = closed.first
    open.count += closed.count
    open.bytes += closed.bytes
    this.#closed = open
    this.#open = emptyRun(this.#anchor)
  }

  /** Room for one more event; grows by doubling, and forgets a giant's size once it is gone (G8). */
  #ensure(held: number, length: number): void {
    const needed = held + 1 + length * UTF8_BYTES_MAX
    const isHuge = held === 0 && this.#buffer.length > 4 * this.#limits.bytes
    if (needed <= this.#buffer.length && !isHuge) return
    const grown = Buffer.allocUnsafeSlow(
      Math.max(needed, isHuge ? BUFFER_BYTES_MIN : 2 * this.#buffer.length)
    )
    this.#buffer.copy(grown, 0, 0, held)
    this.#buffer = grown
  }

  #headBase(kind: LogHead["kind"], anchor: Anchor) {
    return {
      version: 1 as const,
      kind,
      ...this.#identity,
      previous: this.#previous,
      anchor,
      committedAt: this.#committedAt
    }
  }
}

const differs = (gtid: string, what: string): FailoverDiffers =>
  new FailoverDiffers({
    message: `transaction ${gtid} has ${what} here than on the server from which its first changes were captured`,
    gtid
  })

const emptyRun = (anchor: Anchor): Run => ({
  count: 0,
  bytes: 0,
  first: "",
  last: "",
  types: [],
  anchor,
  time: ""
})
