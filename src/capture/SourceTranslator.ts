/**
 * Turns chunks of the source into messages for the log. Pure but for its own memory; no I/O.
 *
 * `reached` is everything that has been read and committed, whether or not it brought events.
 */
import type { Anchor } from "../../schemas/anchor.ts"
import type { TableConfig } from "../../schemas/connector-config.ts"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import { binlogFileNumber, transactionPrefix, type PositionText } from "../../schemas/position.ts"
import type { LogMessage } from "./ChangeLog.ts"
import { Undecodable, type BeginEvent, type SourceChunk, type SourceEvent } from "./ChangeSource.ts"
import { compileRowsEncoder, type RowsEncoder, type TransactionContext } from "./encode-rows.ts"
import { positionAt, type ResumePlan } from "./resume-plan.ts"
import { SegmentCutter, type SegmentLimits } from "./SegmentCutter.ts"
import { planTable, type TablePlan } from "./table-plan.ts"

const MICROSECOND_DIGITS = 6
const MICROS_PER_SECOND = 1_000_000

export interface TranslatorOptions {
  readonly connector: string
  readonly tables: ReadonlyArray<TableConfig>
  readonly zoneMinutes: number
  readonly limits: SegmentLimits
}

export class SourceTranslator {
  readonly #cutter: SegmentCutter
  readonly #encoders: ReadonlyArray<RowsEncoder>
  readonly #identity: { readonly server: string; readonly timeline: number }
  #transaction: TransactionContext | undefined
  #anchor: Anchor
  #reached: { readonly position: PositionText; readonly anchor: Anchor }

  constructor(options: TranslatorOptions, plan: ResumePlan) {
    const identity = { connector: options.connector, generation: plan.generation, epoch: plan.epoch }
    this.#cutter = new SegmentCutter(identity, options.limits, plan.previous, plan.anchor, plan.committedAt)
    this.#encoders = tablePlans(options.tables).map((table) =>
      compileRowsEncoder(table, options.connector, options.zoneMinutes)
    )
    this.#identity = { server: plan.anchor.server, timeline: plan.anchor.timeline }
    this.#anchor = plan.anchor
    this.#reached = { position: plan.last, anchor: plan.anchor }
  }

  /** True where transactions have been read that the log does not know of yet. */
  get isBehind(): boolean {
    return this.#reached.position > this.#cutter.last && this.#transaction === undefined
  }

  /** Moves the log to everything read so far. Only between transactions and after `translate`. */
  checkpoint(): LogMessage {
    return this.#cutter.checkpoint(this.#reached.position, this.#reached.anchor)
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
        return this.#encoders[event.table]!(this.#transaction!, event, this.#cutter)
      case "Commit": {
        this.#cutter.commit()
        this.#cutter.passed(this.#transaction?.time ?? null)
        this.#transaction = undefined
        this.#reached = {
          position: positionAt({ ...this.#identity, file: event.file, position: event.position }),
          anchor: this.#anchor
        }
        return
      }
      case "Rotated": {
        // Whatever was in the old file is known: an idle connector must not need it for ever.
        this.#anchor = { ...this.#identity, file: event.file, position: event.position, gtid: null }
        this.#reached = { position: positionAt(this.#anchor), anchor: this.#anchor }
        return
      }
      case "SchemaChange":
        return
    }
  }

  #begin(event: BeginEvent): void {
    const { timeline } = this.#identity
    const file = binlogFileNumber(event.file)
    if (file === undefined) throw unnumbered(event)
    this.#anchor = { ...this.#identity, file: event.file, position: event.position, gtid: event.gtid }
    const time = commitTime(event.committedAtMicros)
    this.#transaction = {
      file: event.file,
      position: event.position,
      prefix: transactionPrefix(timeline, file, event.position),
      idPrefix: JSON.stringify(`${event.gtid ?? `${event.file}:${event.position}`}#`).slice(1, -1),
      time
    }
    this.#cutter.begin(this.#anchor, time)
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
