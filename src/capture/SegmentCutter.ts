/**
 * Cuts the run of change events into segments, each naming its first, last and previous position (D3).
 *
 * - Nothing is left behind: what has been added is in a message by the time its transaction is committed and `drain`
 *   is called.
 * - A segment ends at a transaction's end, or holds part of one transaction and nothing else; then it says which part.
 * - What waits here is at most one segment, plus one event (G8).
 */
import type { Anchor } from "../../schemas/anchor.ts"
import type { EventType } from "../../schemas/change-event.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import type { PositionText } from "../../schemas/position.ts"
import type { CheckpointBody } from "../../schemas/snapshot-state.ts"
import type { LogMessage } from "./ChangeLog.ts"
import type { EventSink } from "./encode-rows.ts"

export interface SegmentLimits {
  readonly events: number
  readonly bytes: number
}

/** What every message of this writer has in common. */
export interface WriterIdentity {
  readonly connector: string
  readonly generation: number
  readonly epoch: number
}

interface Pending {
  readonly position: PositionText
  readonly type: EventType
  readonly json: string
  readonly bytes: number
  readonly anchor: Anchor
  readonly time: string
}

const BRACKETS_AND_COMMA = 1

export class SegmentCutter implements EventSink {
  readonly #identity: WriterIdentity
  readonly #limits: SegmentLimits
  #previous: PositionText
  #committedAt: string | null
  #pending: Array<Pending> = []
  #pendingBytes = 0
  #ready: Array<LogMessage> = []
  /** Index in `#pending` where the open transaction starts. */
  #openFrom = 0
  /** Parts of the open transaction that have been cut already. */
  #parts = 0
  #anchor: Anchor
  #time = ""

  /** Changes at or before `last` are in the log. */
  constructor(
    identity: WriterIdentity,
    limits: SegmentLimits,
    last: PositionText,
    anchor: Anchor,
    committedAt: string | null
  ) {
    this.#identity = identity
    this.#limits = limits
    this.#previous = last
    this.#anchor = anchor
    this.#committedAt = committedAt
  }

  get knownUpTo(): PositionText {
    return this.#previous
  }

  /** Position of the last change handed out in a message. */
  get last(): PositionText {
    return this.#previous
  }

  begin(anchor: Anchor, time: string): void {
    this.#anchor = anchor
    this.#time = time
    this.#openFrom = this.#pending.length
    this.#parts = 0
  }

  add(position: PositionText, type: EventType, json: string): void {
    const bytes = Buffer.byteLength(json) + BRACKETS_AND_COMMA
    if (this.#overflows(bytes)) this.#makeRoom(bytes)
    this.#pending.push({ position, type, json, bytes, anchor: this.#anchor, time: this.#time })
    this.#pendingBytes += bytes
  }

  commit(): void {
    // The last part stands alone, so that part numbers speak of one transaction only.
    if (this.#parts > 0) this.#cut(this.#pending.length, true)
    this.#openFrom = this.#pending.length
  }

  /** Messages that can go now. Committed changes never wait here; those of an open transaction do. */
  drain(): ReadonlyArray<LogMessage> {
    if (this.#openFrom > 0) this.#cut(this.#openFrom, false)
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  /**
   * A message without events that moves the log to `last`. Only valid between transactions, after `drain`.
   */
  checkpoint(last: PositionText, anchor: Anchor, body: CheckpointBody): LogMessage {
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

  /** Notes the commit time of a transaction that brought no events. */
  passed(time: string | null): void {
    this.#committedAt = time ?? this.#committedAt
  }

  #overflows(bytes: number): boolean {
    return (
      this.#pending.length > 0 &&
      (this.#pending.length >= this.#limits.events || this.#pendingBytes + bytes > this.#limits.bytes)
    )
  }

  #makeRoom(bytes: number): void {
    if (this.#openFrom > 0) this.#cut(this.#openFrom, false)
    if (this.#overflows(bytes)) this.#cut(this.#pending.length, false, true)
  }

  #cut(end: number, closesParts: boolean, opensPart = false): void {
    const run = this.#pending.slice(0, end)
    this.#pending = this.#pending.slice(end)
    this.#openFrom = 0
    this.#pendingBytes = this.#pending.reduce((sum, event) => sum + event.bytes, 0)
    const [first, last] = [run[0], run.at(-1)]
    if (first === undefined || last === undefined) return
    if (opensPart || closesParts) this.#parts += 1
    this.#committedAt = last.time
    const head: LogHead = {
      ...this.#headBase("segment", last.anchor),
      first: first.position,
      last: last.position,
      count: run.length,
      types: [...new Set(run.map((event) => event.type))].sort(),
      ...(opensPart || closesParts ? { part: this.#parts, partLast: closesParts } : {})
    }
    this.#previous = last.position
    this.#ready.push({ head, body: Buffer.from(`[${run.map((event) => event.json).join(",")}]`) })
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
