/**
 * From packets to the port's events: the pure heart of the MySQL source, without clock or network.
 *
 * Invariants: rows leave only inside of a Begin and, unless their transaction is large, only once it is committed;
 * rolled-back rows never leave; what cannot be understood throws and leaves the reader dead (G3); a run of
 * transactions without wanted rows shrinks to its last one.
 */
import type { BeginEvent, CommitEvent, RowsEvent, SourceEvent } from "../../src/capture/ChangeSource.ts"
import { CapturedTransactions } from "./CapturedTransactions.ts"
import { damaged } from "./binlog/decode-failure.ts"
import type { BinlogEvent } from "./binlog/event.ts"
import { EventType, IGNORABLE, WITHOUT_ROWS } from "./binlog/event-type.ts"
import { factsWithoutGtid, readGtidFacts, type GtidFacts } from "./binlog/gtid-event.ts"
import { readQuery } from "./binlog/query-event.ts"
import { rowsKind, type RowsKind } from "./binlog/rows-event.ts"
import { statementMeaning } from "./binlog/statement.ts"
import { readTransactionPayload } from "./binlog/transaction-payload.ts"
import { EventFramer } from "./event-framer.ts"
import { EventRun } from "./EventRun.ts"
import { MappedRows } from "./MappedRows.ts"
import { HELD_BYTES_MAX, OpenTransaction } from "./open-transaction.ts"
import { PreparedTransactions, readXaPrepare } from "./PreparedTransactions.ts"
import {
  endlessRefusal,
  incidentRefusal,
  rollbackRefusal,
  statementRefusal,
  unknownEventRefusal,
  unknownXaRefusal
} from "./refusals.ts"
import type { ReaderSettings } from "./reader-settings.ts"
import { statementNotice, type NoticedStatement, type SourceNotice } from "./shape-notice.ts"
import { asSourceError } from "./source-error.ts"

export class TransactionReader {
  /** GTID of the first transaction that was read; undefined before it. */
  firstGtid: string | null | undefined = undefined
  /** The server said that it has nothing more to send right now. */
  idle = false
  private readonly settings: ReaderSettings
  private readonly framer: EventFramer
  private readonly mapped: MappedRows
  private readonly events = new EventRun()
  private open: OpenTransaction | undefined = undefined
  private rotated = false
  private readonly prepared: PreparedTransactions
  private notices: Array<SourceNotice> = []
  private sawForeignStatement = false
  private reached: boolean
  private readonly captured: CapturedTransactions

  constructor(settings: ReaderSettings) {
    this.settings = settings
    this.framer = new EventFramer(settings.file, settings.sentFrom)
    this.mapped = new MappedRows(settings)
    this.reached = settings.sentFrom === settings.position
    this.captured = new CapturedTransactions(settings)
    this.prepared = new PreparedTransactions(settings.largestBytes)
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
    return this.events.drain()
  }

  /** What happened to mapped tables since the last call. */
  takeNotices(): ReadonlyArray<SourceNotice> {
    const { notices } = this
    if (notices.length > 0) this.notices = []
    return notices
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
      this.mapped.forget()
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
        return this.tableMap(event)
      case EventType.Gtid:
      case EventType.AnonymousGtid:
      case EventType.TaggedGtid:
      case EventType.MariadbGtid:
        return this.beginWith(readGtidFacts(event)!, start)
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
        throw incidentRefusal()
      default:
        if (WITHOUT_ROWS.has(event.type) || (event.flags & IGNORABLE) !== 0) return this.passed(end)
        throw unknownEventRefusal(event.type)
    }
  }

  /** Bytes without a transaction count as read: whoever waits for the end of the binlog would wait for ever. */
  private passed(end: number): void {
    if (this.open === undefined) this.emitRotated(end)
  }

  private beginWith(facts: GtidFacts, start: number): void {
    this.abandon()
    this.firstGtid ??= facts.gtid
    // MariaDB's sets cannot leave one out that waits: rows behind XA PREPARE are always read, their outcome decides.
    const isCaptured = this.captured.has(facts.gtid) && !facts.xaPrepared
    this.open = new OpenTransaction(
      {
        _tag: "Begin",
        file: this.framer.file,
        position: start,
        gtid: facts.gtid,
        resumeFrom: this.prepared.resumeFrom,
        committedAtMicros: facts.committedAtMicros
      },
      facts.begins
    )
    this.open.xa = facts.xaPrepared
    this.open.isCaptured = isCaptured
  }

  /** A transaction without a GTID event before it: MySQL 5.6 and older. */
  private beginWithout(event: BinlogEvent, start: number): OpenTransaction {
    this.beginWith(factsWithoutGtid(event), start)
    return this.open!
  }

  private tableMap(event: BinlogEvent): void {
    const notice = this.mapped.learn(event, this.open?.isCaptured === true ? undefined : this.open?.begin)
    if (notice !== undefined) this.notices.push(notice)
  }

  private rows(rowsOf: RowsKind, event: BinlogEvent): void {
    const open = this.open
    if (open === undefined) throw damaged("rows event", "rows outside of a transaction")
    if (open.isCaptured) open.rowsEvents++
    else this.mapped.read(rowsOf, event, open)
    if (open.heldBytes <= HELD_BYTES_MAX) return
    if (!open.xa) open.release(this.events.out)
    else this.prepared.makeRoom(open.heldBytes)
  }

  private statement(event: BinlogEvent, start: number, end: number): void {
    const query = readQuery(event, this.settings.charsetOf, this.settings.largestBytes)
    if (this.settings.disguises?.passed(query.text, query.schema, this.framer.file, start) === true)
      this.mapped.forgetDecoders()
    const meaning = statementMeaning(query.text, query.schema, this.settings.tables)
    const open = this.open ?? this.beginWithout(event, start)
    const refusal = open.isCaptured
      ? undefined
      : statementRefusal(meaning, open.begin, this.settings.acceptedStatements)
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
        return this.commit(end)
      case "XaCommit":
        return this.xaCommit(meaning.xid, open, end)
      case "Rollback":
        this.takenBack(open.rollback())
        return this.commit(end)
      case "XaRollback":
        this.takenBack(open.rollback())
        this.takenBack(this.settle(meaning.xid, open))
        return this.commit(end)
      case "Savepoint":
        return open.savepoint(meaning.name)
      case "RollbackTo":
        return this.takenBack(open.rollbackTo(meaning.name))
      case "Alters":
      case "ChangesOthers":
        this.notice(meaning, open.begin)
        break
      default:
    }
    if (!open.bracketed) this.commit(end)
  }

  private notice(meaning: NoticedStatement, begin: BeginEvent): void {
    if (meaning._tag === "ChangesOthers") {
      if (this.sawForeignStatement || this.settings.tables.length === 0) return
      this.sawForeignStatement = true
    }
    this.notices.push(statementNotice(meaning, begin))
  }

  private takenBack(rows: ReturnType<OpenTransaction["rollback"]>): void {
    if (rows !== undefined && rows.every((event) => !this.settings.nonTransactional.has(event.table))) return
    throw rollbackRefusal(rows === undefined)
  }

  private xaPrepare(event: BinlogEvent, end: number): void {
    const { onePhase, xid } = readXaPrepare(event)
    const { open } = this
    if (!onePhase && open !== undefined) {
      const bytes = open.heldBytes
      const rows = open.takeHeld()
      open.waits = rows.length > 0
      this.prepared.hold(xid, { begin: open.begin, rows, bytes })
    }
    this.commit(end)
  }

  private xaCommit(xid: string, open: OpenTransaction, end: number): void {
    const { isFirstStart = false, acceptedStatements } = this.settings
    const isAccepted = acceptedStatements.has(`${open.begin.file}:${open.begin.position}`)
    if (isFirstStart && !isAccepted && !this.prepared.knows(xid)) throw unknownXaRefusal(open.begin)
    const rows = this.settle(xid, open)
    if (!open.isCaptured) open.adopt(rows)
    this.commit(end)
  }

  /** Rows of a prepared transaction whose outcome has come. */
  private settle(xid: string, open: OpenTransaction): ReadonlyArray<RowsEvent> {
    const ended = this.prepared.end(xid)
    open.settles = ended?.begin.gtid ?? null
    return ended?.rows ?? []
  }

  private commit(end: number): void {
    const open = this.open
    if (open === undefined) throw damaged("commit", "a commit outside of a transaction")
    this.open = undefined
    const place = { file: this.framer.file, position: end }
    const commit: CommitEvent = { _tag: "Commit", ...place, ...this.captured.ended(open) }
    if (!open.released && open.rows === 0) return this.events.empty(open.begin, commit)
    open.release(this.events.out)
    this.events.out.push(commit)
  }

  private emitRotated(position: number): void {
    const { resumeFrom } = this.prepared
    this.events.rotated({ _tag: "Rotated", file: this.framer.file, position, resumeFrom })
  }

  private abandon(): void {
    const open = this.open
    this.open = undefined
    if (open?.released === true) throw endlessRefusal(open.begin)
  }
}
