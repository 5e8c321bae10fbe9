/**
 * Turns chunks of the source into messages for the log. Pure but for its own memory; no I/O.
 *
 * `reached` is everything that has been read and committed, whether or not it brought events.
 */
import type { Anchor } from "../../schemas/anchor.ts"
import type { TableConfig } from "../../schemas/table-config.ts"
import { epochMicrosToUtc, type TimeZone } from "../../schemas/civil-time.ts"
import {
  binlogFileNumber,
  positionIn,
  SNAPSHOT_ORDINALS,
  transactionPrefix,
  type PositionText
} from "../../schemas/position.ts"
import type { SnapshotState } from "../../schemas/snapshot-state.ts"
import type { LogMessage } from "./ChangeLog.ts"
import {
  Undecodable,
  type BeginEvent,
  type CommitEvent,
  type ResumePoint,
  type SourceChunk,
  type SourceEvent
} from "./ChangeSource.ts"
import { CaptureRecord } from "./CaptureRecord.ts"
import { compileRowsEncoder, type RowsEncoder, type TransactionContext } from "./encode-rows.ts"
import { positionAt, type ResumePlan } from "./resume-plan.ts"
import { SegmentCutter, type SegmentLimits } from "./SegmentCutter.ts"
import { SnapshotRun, type CopiedRows } from "./SnapshotRun.ts"
import type { ChunkRequest, SnapshotChunk } from "./SnapshotSource.ts"
import { planTable, type TablePlan } from "./table-plan.ts"

const MICROSECOND_DIGITS = 6
const MICROS_PER_SECOND = 1_000_000

export interface TranslatorOptions {
  readonly connector: string
  readonly tables: ReadonlyArray<TableConfig>
  readonly zone: TimeZone
  readonly limits: SegmentLimits
}

/** Everything that has been read and committed: where in the binlog, as a position, and how to come back. */
interface Reached {
  readonly file: string
  readonly byte: number
  readonly position: PositionText
  readonly anchor: Anchor
}

export class SourceTranslator {
  readonly #cutter: SegmentCutter
  readonly #record: CaptureRecord
  readonly #snapshot: SnapshotRun
  readonly #encoders: ReadonlyArray<RowsEncoder>
  readonly #identity: { readonly server: string; readonly timeline: number }
  #transaction: TransactionContext | undefined
  #anchor: Anchor
  /** Of the last transaction that began. */
  #gtid: string | null
  #reached: Reached
  /** Behind the last transaction that was read, header events after it left out. */
  #transactionEnd: ChunkRequest["processed"]

  /** @param from the plan's anchor, with what is known about it */
  constructor(options: TranslatorOptions, plan: ResumePlan, snapshot: SnapshotState, from?: ResumePoint) {
    const plans = tablePlans(options.tables)
    const identity = { connector: options.connector, generation: plan.generation, epoch: plan.epoch }
    const { anchor, committedAt, previous } = plan
    this.#record = new CaptureRecord(from?.captured)
    this.#cutter = new SegmentCutter(identity, options.limits, this.#record, previous, anchor, committedAt)
    this.#encoders = plans.map((table) => compileRowsEncoder(table, options.connector, options.zone))
    this.#snapshot = new SnapshotRun(plans, snapshot)
    this.#identity = { server: plan.anchor.server, timeline: plan.anchor.timeline }
    this.#anchor = plan.anchor
    this.#gtid = plan.anchor.gtid
    this.#reached = {
      file: plan.anchor.file,
      byte: plan.anchor.position,
      position: plan.last,
      anchor: plan.anchor
    }
    const { file, position } = from?.end ?? anchor
    this.#transactionEnd = { file, position, gtid: anchor.gtid, server: anchor.server }
  }

  /** True where transactions have been read that the log does not know of yet. */
  get isBehind(): boolean {
    return this.#reached.position > this.#cutter.last && this.#transaction === undefined
  }

  /** True where a {@link stateCheckpoint} is to name the captured transactions in full, and may stand. */
  get needsCheckpoint(): boolean {
    return this.#record.isLong && this.isInGap
  }

  get snapshot(): SnapshotState {
    return this.#snapshot.state
  }

  /** An operator's command changed it; {@link stateCheckpoint} makes that last. */
  set snapshot(state: SnapshotState) {
    this.#snapshot.state = state
  }

  /** See SnapshotRun. */
  requestFor(table: string): Pick<ChunkRequest, "table" | "key"> | undefined {
    return this.#snapshot.requestFor(table)
  }

  /** False inside of a transaction, and after a restart until the stream is back where the log ends. */
  get isInGap(): boolean {
    return this.#transaction === undefined && this.#gapPosition() !== undefined
  }

  /**
   * A checkpoint that moves nothing but the state of the copy. It needs a position of its own, or readers would take it
   * for known: one in the gap behind the last transaction. Only where {@link isInGap}.
   */
  stateCheckpoint(): LogMessage {
    return this.#checkpointAt(this.#gapPosition() ?? this.#reached.position)
  }

  /** Everything that the source committed until then has been read; null: not known. */
  get readUntil(): string | null {
    return this.#cutter.committedAt
  }

  /**
   * The source has nothing more at this moment. A checkpoint takes that word along, so that everybody behind knows how
   * old the newest thing is while nothing changes; `undefined` where none can be made here.
   *
   * @param time RFC 3339 UTC
   */
  quiet(time: string): LogMessage | undefined {
    if (this.#transaction !== undefined) return undefined
    this.#cutter.passed(time)
    return this.isInGap ? this.stateCheckpoint() : undefined
  }

  #gapPosition(): PositionText | undefined {
    const { last } = this.#cutter
    if (this.#reached.position > last) return this.#reached.position
    const ordinal = Number(last.slice(last.lastIndexOf("-") + 1)) + 1
    const isInGap = last.startsWith(this.#reachedPrefix()) && ordinal < SNAPSHOT_ORDINALS
    return isInGap ? positionIn(this.#reachedPrefix(), ordinal) : undefined
  }

  #reachedPrefix(): string {
    const { file, byte } = this.#reached
    return transactionPrefix(this.#identity.timeline, binlogFileNumber(file) ?? 0, byte)
  }

  /** Moves the log to everything read so far. Only between transactions and after `translate`. */
  checkpoint(): LogMessage {
    return this.#checkpointAt(this.#reached.position)
  }

  /** What the snapshot wants to read next; opens its window, from which on the stream is watched. */
  nextChunk(rowsMax: number): ChunkRequest | undefined {
    // After a restart the stream first brings again what the log has already: a chunk asked for before that could be
    // older than the log, and changes that leave no trace now must not cost it rows.
    if (!this.isInGap) return undefined
    return this.#snapshot.begin(rowsMax, this.#transactionEnd)
  }

  chunkArrived(table: string, chunk: SnapshotChunk, estimate: number | undefined): void {
    if (estimate !== undefined) this.#snapshot.estimated(table, estimate)
    this.#snapshot.arrived(chunk)
  }

  /**
   * Messages with the rows of the snapshot's chunk, and the checkpoint that ends it, once the stream has come far
   * enough. They stand between the last transaction read and the next one.
   *
   * @param time when the rows were read, RFC 3339 UTC
   */
  copyChunk(time: string): ReadonlyArray<LogMessage> {
    if (this.#transaction !== undefined) return []
    const { file, byte } = this.#reached
    const copied = this.#snapshot.settle({ file, position: byte })
    return copied === undefined ? [] : this.#copy(copied, time)
  }

  #copy({ table, images, revoked }: CopiedRows, time: string): ReadonlyArray<LogMessage> {
    const { file, byte, anchor } = this.#reached
    const prefix = this.#reachedPrefix()
    // Several chunks may follow one transaction, and a restart may fall between them.
    const copiedFrom = this.#cutter.last.startsWith(prefix)
      ? Number(this.#cutter.last.slice(prefix.length)) + 1
      : 1
    const transaction = { file, position: byte, prefix, idPrefix: `copy:${prefix}`, time, copiedFrom }
    const rows = { _tag: "Rows", table, index: 0 } as const
    this.#cutter.begin(anchor, time, null)
    const encode = this.#encoders[table]!
    if (revoked.length > 0) {
      encode(transaction, { ...rows, change: "delete", before: revoked, after: undefined }, this.#cutter)
    }
    encode(transaction, { ...rows, change: "insert", before: undefined, after: images }, this.#cutter)
    this.#cutter.commit()
    const messages = this.#cutter.drain()
    return [...messages, this.#checkpointAt(positionIn(prefix, copiedFrom + images.length + revoked.length))]
  }

  #checkpointAt(position: PositionText): LogMessage {
    return this.#cutter.checkpoint(position, this.#reached.anchor, this.#snapshot.state)
  }

  /** @throws Undecodable */
  translate(chunk: SourceChunk): ReadonlyArray<LogMessage> {
    for (const event of chunk.events) this.#take(event)
    return this.#cutter.drain()
  }

  #take(event: SourceEvent): void {
    switch (event._tag) {
      case "Begin":
        return this.#begin(event)
      case "Rows":
        this.#snapshot.touch(event)
        return this.#encoders[event.table]!(this.#transaction!, event, this.#cutter)
      case "Commit": {
        this.#record.committed(this.#gtid, event)
        this.#cutter.commit()
        this.#cutter.passed(this.#transaction?.time ?? null)
        this.#transaction = undefined
        this.#reach(event.file, event.position)
        return this.#ended(event)
      }
      case "Rotated": {
        // Whatever was in the old file is known: an idle connector must not need it for ever.
        if (event.file !== this.#anchor.file) {
          const here = { file: event.file, position: event.position, gtid: null }
          this.#anchor = { ...this.#identity, ...(event.resumeFrom ?? here) }
        }
        this.#reach(event.file, event.position)
        return
      }
    }
  }

  /** Never back: after a failover everything captured counts as brought, and stands further on than the first commits. */
  #ended({ file, position }: CommitEvent): void {
    const gtid = this.#gtid
    const end = { ...this.#transactionEnd, file, position, gtid }
    const place = (at: ChunkRequest["processed"]) => positionAt({ ...this.#identity, ...at })
    if (place(end) >= place(this.#transactionEnd)) this.#transactionEnd = end
  }

  #reach(file: string, byte: number): void {
    const position = positionAt({ ...this.#identity, file, position: byte })
    this.#reached = { file, byte, position, anchor: this.#anchor }
  }

  #begin(event: BeginEvent): void {
    const { timeline } = this.#identity
    const file = binlogFileNumber(event.file)
    if (file === undefined) throw unnumbered(event)
    const here = { file: event.file, position: event.position, gtid: event.gtid }
    this.#anchor = { ...this.#identity, ...(event.resumeFrom ?? here) }
    this.#gtid = event.gtid
    const time = commitTime(event.committedAtMicros)
    this.#transaction = {
      file: event.file,
      position: event.position,
      prefix: transactionPrefix(timeline, file, event.position),
      idPrefix: JSON.stringify(`${event.gtid ?? `${event.file}:${event.position}`}#`).slice(1, -1),
      time
    }
    this.#cutter.begin(this.#anchor, time, event.gtid)
    const partial = this.#record.partialOf(event.gtid)
    // On the server that it was read from, positions tell what is known, whatever happened to the mapping.
    const isInside = this.#cutter.last >= positionIn(this.#transaction.prefix, SNAPSHOT_ORDINALS)
    if (partial !== undefined && !isInside) this.#cutter.skip(partial.changes, partial.proof)
  }
}

/** The wanted tables' plans, in the order of the configuration. */
export const tablePlans = (tables: ReadonlyArray<TableConfig>): ReadonlyArray<TablePlan> =>
  tables.map(planTable)

/** Digits that the server did not log are not invented: MariaDB and MySQL 5.7 log whole seconds. */
const commitTime = (micros: number): string =>
  epochMicrosToUtc(micros, micros % MICROS_PER_SECOND === 0 ? 0 : MICROSECOND_DIGITS)

const unnumbered = (event: BeginEvent): Undecodable =>
  new Undecodable({
    message: "The binlog file's name does not end in a number, so positions in it cannot be ordered",
    file: event.file,
    position: event.position,
    what: `binlog file name ${event.file}`,
    fix: "Set log_bin to a base name; the server appends the number."
  })
