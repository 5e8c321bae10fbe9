/**
 * From packets to the port's events: the pure heart of the MySQL source, without clock or network.
 *
 * Invariants: rows leave only inside of a Begin and, unless their transaction is large, only once it is committed;
 * rolled-back rows never leave; what cannot be understood throws and leaves the reader dead (G3); a run of
 * transactions without wanted rows shrinks to its last one.
 */
import type {
  BeginEvent,
  CommitEvent,
  RotatedEvent,
  SourceEvent,
  WantedTable
} from "../../src/capture/ChangeSource.ts"
import { ByteCursor } from "./binlog/byte-cursor.ts"
import { damaged, DecodeFailure } from "./binlog/decode-failure.ts"
import { HEADER_LENGTH, type BinlogEvent } from "./binlog/event.ts"
import { EventType, IGNORABLE, WITHOUT_ROWS } from "./binlog/event-type.ts"
import { readGtid, readMariadbGtid, readTaggedGtid, type GtidFacts } from "./binlog/gtid-event.ts"
import { readQuery } from "./binlog/query-event.ts"
import { decodeRows, rowsKind, type RowsKind } from "./binlog/rows-event.ts"
import { statementMeaning } from "./binlog/statement.ts"
import { currentRows } from "./binlog/system-versioning.ts"
import { readTransactionPayload } from "./binlog/transaction-payload.ts"
import type { DisguisedColumns } from "./DisguisedColumns.ts"
import { EventFramer } from "./event-framer.ts"
import { HELD_BYTES_MAX, OpenTransaction } from "./open-transaction.ts"
import {
  endlessRefusal,
  rollbackRefusal,
  statementRefusal,
  twoPhaseRefusal,
  xaSizeRefusal
} from "./refusals.ts"
import { asSourceError } from "./source-error.ts"
import { TableRegistry } from "./table-registry.ts"

export interface ReaderSettings {
  readonly tables: ReadonlyArray<WantedTable>
  readonly charsetOf: (collation: number) => string | undefined
  readonly mariadb: boolean
  /** MariaDB: the column that ends a row's life, where the table is system-versioned. */
  readonly rowEndOf?: (schema: string, table: string) => string | undefined
  readonly disguises?: DisguisedColumns
  /** First byte of the first transaction to read. Events of the file before it are stepped over. */
  readonly file: string
  readonly position: number
  /** Where the server starts to send: `position`, or 4 where the dump command cannot express it. */
  readonly sentFrom: number
  /** A compressed transaction or XA transaction may take this many bytes. */
  readonly largestBytes: number
  /** Tables whose engine cannot roll back. */
  readonly nonTransactional: ReadonlySet<number>
  /** `file:position` of statements that may empty, drop or rename a wanted table. */
  readonly acceptedStatements: ReadonlySet<string>
}

export class TransactionReader {
  /** GTID of the first transaction that was read; undefined before it. */
  firstGtid: string | null | undefined = undefined
  /** The server said that it has nothing more to send right now. */
  idle = false
  private readonly settings: ReaderSettings
  private readonly framer: EventFramer
  private readonly tables: TableRegistry
  private out: Array<SourceEvent> = []
  private open: OpenTransaction | undefined = undefined
  private rotated = false
  private reached: boolean

  constructor(settings: ReaderSettings) {
    this.settings = settings
    this.framer = new EventFramer(settings.file, settings.sentFrom)
    const { disguises } = settings
    this.tables = new TableRegistry(settings.tables, {
      ...settings,
      ...(disguises === undefined ? {} : { disguiseOf: disguises.typeOf })
    })
    this.reached = settings.sentFrom === settings.position
  }

  /** One packet's event. Throws a ChangeSourceError. */
  push(bytes: Buffer): void {
    const at = this.framer.position
    try {
      const framed = this.framer.frame(bytes)
      this.idle = framed === undefined
      if (framed !== undefined) this.accept(framed.event, framed.start, framed.end)
    } catch (error) {
      throw asSourceError(error, this.framer.file, at)
    }
  }

  /** What it knows of the tables is not certain any more: nothing may be pushed before the server was asked. */
  get isStale(): boolean {
    return this.settings.disguises?.staleFrom !== undefined
  }

  /** Everything that may leave. */
  drain(): ReadonlyArray<SourceEvent> {
    const events = this.out
    if (events.length > 0) this.out = []
    return events
  }

  private accept(event: BinlogEvent, start: number, end: number): void {
    if (event.type === EventType.Rotate || event.type === EventType.FormatDescription) {
      return this.newFile(event, start, end)
    }
    if (!this.reached) {
      if (start < this.settings.position) return
      this.reached = true
    }
    this.read(event, start, end)
  }

  private newFile(event: BinlogEvent, start: number, end: number): void {
    if (event.type === EventType.Rotate) {
      this.rotated ||= this.framer.file !== this.settings.file
      this.tables.forget()
    }
    if (end === start || event.type === EventType.Rotate) return
    // A transaction cannot span files: the server died while it wrote this one, and rolled it back.
    this.abandon()
    if (!this.rotated) return
    // Without this an idle server's stored position would stay in a file that gets purged.
    this.emitRotated(start)
  }

  private read(event: BinlogEvent, start: number, end: number): void {
    const rowsOf = rowsKind(event.type)
    if (rowsOf !== undefined) return this.rows(rowsOf, event)
    switch (event.type) {
      case EventType.TableMap:
        this.settings.disguises?.reached(this.framer.file, start)
        return this.tables.learn(event.bytes, HEADER_LENGTH, event.bodyEnd)
      case EventType.Gtid:
        return this.beginWith(readGtid(event, false), start)
      case EventType.AnonymousGtid:
        return this.beginWith(readGtid(event, true), start)
      case EventType.TaggedGtid:
        return this.beginWith(readTaggedGtid(event), start)
      case EventType.MariadbGtid:
        return this.beginWith(readMariadbGtid(event), start)
      case EventType.Query:
      case EventType.QueryCompressed:
      case EventType.ExecuteLoadQuery:
        return this.statement(event, start, end)
      case EventType.Xid:
        return this.commit(end)
      case EventType.XaPrepare:
        return this.xaPrepare(event, end)
      case EventType.TransactionPayload:
        for (const inner of readTransactionPayload(event, this.settings.largestBytes))
          this.read(inner, start, end)
        return
      case EventType.Incident:
        throw new DecodeFailure(
          "INCIDENT_EVENT",
          "the server reports that it lost events here",
          "The binlog has a hole at this place, see the server's error log. Start over from a copy of the tables."
        )
      default:
        if (WITHOUT_ROWS.has(event.type) || (event.flags & IGNORABLE) !== 0) return this.passed(end)
        throw new DecodeFailure(
          `event type ${event.type}`,
          `event type ${event.type} is not known and the server does not allow to ignore it`,
          "Switch the server's feature that writes it off, or upgrade gradewire; then start again."
        )
    }
  }

  /** Bytes without a transaction count as read: whoever waits for the end of the binlog would wait for ever. */
  private passed(end: number): void {
    if (this.open === undefined) this.emitRotated(end)
  }

  private beginWith(facts: GtidFacts, start: number): void {
    this.abandon()
    this.firstGtid ??= facts.gtid
    this.open = new OpenTransaction(
      {
        _tag: "Begin",
        file: this.framer.file,
        position: start,
        gtid: facts.gtid,
        committedAtMicros: facts.committedAtMicros
      },
      facts.begins
    )
    this.open.xa = facts.xaPrepared
  }

  /** A transaction without a GTID event before it: MySQL 5.6 and older. */
  private beginWithout(event: BinlogEvent, start: number): OpenTransaction {
    this.beginWith(
      { gtid: null, committedAtMicros: event.timestamp * 1e6, begins: false, xaPrepared: false },
      start
    )
    return this.open!
  }

  private rows(rowsOf: RowsKind, event: BinlogEvent): void {
    const open = this.open
    if (open === undefined) throw damaged("rows event", "rows outside of a transaction")
    open.rowsEvents++
    const found = this.tables.find(event.bytes, HEADER_LENGTH)
    if (found === undefined) return
    const decoded = decodeRows(
      rowsOf,
      found.decoder,
      event.bytes,
      HEADER_LENGTH,
      event.bodyEnd,
      this.settings.largestBytes
    )
    const runs = found.decoder.isVersioned
      ? currentRows(rowsOf.change, decoded)
      : [{ change: rowsOf.change, ...decoded }]
    runs.forEach((rows, run) => {
      if (run > 0) open.rowsEvents++
      open.add({ _tag: "Rows", table: found.table, index: open.rowsEvents, ...rows }, event.size)
    })
    if (open.heldBytes <= HELD_BYTES_MAX) return
    if (!open.xa) open.release(this.out)
    else if (open.heldBytes > this.settings.largestBytes) throw xaSizeRefusal(this.settings.largestBytes)
  }

  private statement(event: BinlogEvent, start: number, end: number): void {
    const query = readQuery(event, this.settings.charsetOf, this.settings.largestBytes)
    if (this.settings.disguises?.passed(query.text, query.schema, this.framer.file, start) === true)
      this.tables.forgetDecoders()
    const meaning = statementMeaning(query.text, query.schema, this.settings.tables)
    const open = this.open ?? this.beginWithout(event, start)
    const refusal = statementRefusal(meaning, open.begin, this.settings.acceptedStatements)
    if (refusal !== undefined) throw refusal
    switch (meaning._tag) {
      case "Begin":
      case "CreateWithRows":
        open.bracketed = true
        return
      case "XaStart":
        open.bracketed = true
        open.xa = true
        return
      case "XaEnd":
        return
      case "Commit":
      case "XaCommit":
        return this.commit(end)
      case "Rollback":
      case "XaRollback":
        this.takenBack(open.rollback())
        return this.commit(end)
      case "Savepoint":
        return open.savepoint(meaning.name)
      case "RollbackTo":
        return this.takenBack(open.rollbackTo(meaning.name))
      default:
        if (!open.bracketed) this.commit(end)
    }
  }

  private takenBack(rows: ReturnType<OpenTransaction["rollback"]>): void {
    if (rows !== undefined && rows.every((event) => !this.settings.nonTransactional.has(event.table))) return
    throw rollbackRefusal(rows === undefined)
  }

  private xaPrepare(event: BinlogEvent, end: number): void {
    const onePhase =
      new ByteCursor(event.bytes, HEADER_LENGTH, event.bodyEnd, "XA_PREPARE_LOG_EVENT").u8() !== 0
    if (!onePhase && (this.open?.rows ?? 0) > 0) throw twoPhaseRefusal()
    this.commit(end)
  }

  private commit(end: number): void {
    const open = this.open
    if (open === undefined) throw damaged("commit", "a commit outside of a transaction")
    this.open = undefined
    if (!open.released && open.rows === 0) return this.emitEmpty(open.begin, end)
    open.release(this.out)
    this.out.push({ _tag: "Commit", file: this.framer.file, position: end })
  }

  /** Replaces its predecessor where nobody has fetched that yet. */
  private emitRotated(position: number): void {
    const rotated: RotatedEvent = { _tag: "Rotated", file: this.framer.file, position }
    const last = this.out.length - 1
    if (this.out[last]?._tag === "Rotated") this.out[last] = rotated
    else this.out.push(rotated)
  }

  /** Replaces an empty transaction that nobody has fetched yet. */
  private emitEmpty(begin: BeginEvent, end: number): void {
    const commit: CommitEvent = { _tag: "Commit", file: this.framer.file, position: end }
    const last = this.out.length
    if (last >= 2 && this.out[last - 1]!._tag === "Commit" && this.out[last - 2]!._tag === "Begin") {
      this.out[last - 2] = begin
      this.out[last - 1] = commit
    } else this.out.push(begin, commit)
  }

  private abandon(): void {
    const open = this.open
    this.open = undefined
    if (open?.released === true) throw endlessRefusal(open.begin)
  }
}
