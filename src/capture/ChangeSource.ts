/**
 * Port: the training database's binlog as a stream of decoded facts, in commit order.
 *
 * - Nothing is skipped: what cannot be decoded or proven contiguous is an error, after which the reader is dead (G3).
 * - Only wanted columns of wanted tables leave the adapter (G9).
 * - At most `bytesMax` raw bytes wait unread; beyond that the adapter stops reading from the network (G8).
 */
import { Context, Schema, type Effect, type Scope } from "effect"
import type { Anchor } from "../../schemas/anchor.ts"
import type { Captured } from "../../schemas/captured.ts"
import type { Fate } from "../../schemas/failure.ts"
import type { PositionText } from "../../schemas/position.ts"
import type { GtidSet } from "../../schemas/GtidSet.ts"
import type { HistoryError } from "./history-errors.ts"

/**
 * One column's value as it leaves the decoder:
 * - `number` integers of up to 32 bits, YEAR, BIT(1..32)
 * - `string` everything else: BIGINT and BIT(33..64) in decimal digits, DECIMAL with all its digits, FLOAT (shortest
 *   float32 text) and DOUBLE, text in Unicode, ENUM label, SET labels joined by ",", binary as base64,
 *   DATE `2026-11-22`, TIME `-12:00:00.5`, DATETIME `2026-11-22T08:00:00.123` (no zone), TIMESTAMP the same with `Z`.
 *   The type depends on the column alone, never on the value. Zero dates stay text: `0000-00-00T00:00:00`.
 * - `null` SQL NULL
 * - `undefined` the column is absent from this row image
 */
export type Value = string | number | null | undefined

/** Values in the order of the wanted columns. */
export type RowImage = ReadonlyArray<Value>

/** Which table, as an index into the wanted tables, and one image per row. */
export interface RowsEvent {
  readonly _tag: "Rows"
  readonly table: number
  readonly change: "insert" | "update" | "delete"
  /** 1-based index of this rows event in its transaction, unmapped tables counted. */
  readonly index: number
  /** Present for update and delete. */
  readonly before: ReadonlyArray<RowImage> | undefined
  /** Present for insert and update. */
  readonly after: ReadonlyArray<RowImage> | undefined
}

/** First byte of a transaction that is older than what follows: one that waits for its outcome (XA). */
export interface ResumePlace {
  readonly file: string
  readonly position: number
  readonly gtid: string | null
}

export interface BeginEvent {
  readonly _tag: "Begin"
  /** Binlog file name and byte offset of the transaction's first event. */
  readonly file: string
  readonly position: number
  readonly gtid: string | null
  /** Where reading must begin to see this again; undefined: here. */
  readonly resumeFrom?: ResumePlace | undefined
  /** Source commit time in µs since 1970 UTC; whole seconds where the server logs no more (MariaDB, MySQL 5.7). */
  readonly committedAtMicros: number
}

export interface CommitEvent {
  readonly _tag: "Commit"
  readonly file: string
  /** First byte after the transaction. */
  readonly position: number
  /** Transactions since the commit before this one that left nothing else. */
  readonly passed?: GtidSet
  /** Its rows wait for the outcome of an XA transaction, which another transaction brings: read again, it must not be missed. */
  readonly waits?: boolean
}

/** Bytes without transactions between two of them: a new file, its header events. `position` is the place behind. */
export interface RotatedEvent {
  readonly _tag: "Rotated"
  readonly file: string
  readonly position: number
  /** As in {@link BeginEvent}. */
  readonly resumeFrom?: ResumePlace | undefined
}

export type SourceEvent = BeginEvent | RowsEvent | CommitEvent | RotatedEvent

/** Everything that was waiting, at most one chunk's worth of raw bytes. `bytes` counts raw binlog bytes. */
export interface SourceChunk {
  readonly events: ReadonlyArray<SourceEvent>
  readonly bytes: number
  /** The server has just said that there is nothing more: all that it had committed has been handed out by now. */
  readonly isAll?: boolean
}

/** Schema and table as the server spells them, and the columns wanted of it. */
export interface WantedTable {
  readonly schema: string
  readonly table: string
  readonly columns: ReadonlyArray<string>
  /** What columns hold that the binlog shows as bytes, by name as in `columns`. The source finds out what is not said. */
  readonly columnTypes?: Readonly<Record<string, ColumnTypeName>>
  /** Indexes of the columns that identify a row, in `columns`. */
  readonly key?: ReadonlyArray<number>
}

/** `binary` are bytes whatever the source thinks. */
export type ColumnTypeName = "uuid" | "inet4" | "inet6" | "vector" | "binary"

/** `first`: byte 4 of the oldest binlog file the server has; `last`: its current end. */
export interface SourceBounds {
  readonly server: string
  readonly first: { readonly file: string; readonly position: number }
  readonly last: { readonly file: string; readonly position: number }
}

/** Where reading is to go on, and what is known of the history before it. */
export interface ResumePoint {
  readonly anchor: Anchor
  /** Transactions that need not be read again; absent where it is not known. */
  readonly captured?: Captured | undefined
  /** When the last of them was committed on the source, RFC 3339 UTC; null before the first. */
  readonly committedAt?: string | null
  /** Rows at or before this position are in the log: they need not fit the mapping of today. */
  readonly knownUpTo?: PositionText
  /** Reading begins at a place that was chosen, not reached: what was prepared before it is not known. */
  readonly isFirst?: boolean
  /** After a failover: everything captured stands before this place of the new server's binlog. */
  readonly end?: { readonly file: string; readonly position: number }
}

export interface SourceReader {
  /** Waits for at least one event, or for the server's word that it has none. Fails once and for good. */
  readonly next: Effect.Effect<SourceChunk, ChangeSourceError>
}

/** The connection broke, timed out, or the server went away or said nothing for too long. */
export class SourceConnectionLost extends Schema.TaggedError<SourceConnectionLost>()("SourceConnectionLost", {
  message: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Nothing to do if it passes by itself; else check that the training database runs and is reachable."
}

/** The training database took longer over one statement of a comparison than it was given. */
export class SourceSilent extends Schema.TaggedError<SourceSilent>()("SourceSilent", {
  message: Schema.String,
  seconds: Schema.Number
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "SHOW PROCESSLIST on the training database says what it waits for. Then gradewire verify --config FILE --resume goes on at the last stored place; reconcile.answerSeconds lets it wait longer."
}

/** The server refused the account. */
export class SourceAccessDenied extends Schema.TaggedError<SourceAccessDenied>()("SourceAccessDenied", {
  message: Schema.String,
  user: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '${this.user}'@'%'; and check the password file.`
  }
}

/** Another client reads this server's binlog under the same server_id; the server serves only the later one. */
export class ServerIdTaken extends Schema.TaggedError<ServerIdTaken>()("ServerIdTaken", {
  message: Schema.String,
  serverId: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Another replica or connector uses server_id ${this.serverId} (SHOW REPLICAS; on MariaDB SHOW SLAVE HOSTS). Stop it, or give this connector a number of its own in source.serverId.`
  }
}

/** An event or a column that cannot be decoded with certainty; the offset stays before its transaction. */
export class Undecodable extends Schema.TaggedError<Undecodable>()("Undecodable", {
  message: Schema.String,
  file: Schema.String,
  position: Schema.Number,
  /** What it was: `event type 39`, `lms.exam.extra JSON`. */
  what: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

/** A mapped table lost, renamed or retyped a mapped column, or was dropped or truncated. */
export class SchemaDrift extends Schema.TaggedError<SchemaDrift>()("SchemaDrift", {
  message: Schema.String,
  table: Schema.String,
  /** Mapped columns that are gone or replaced; empty where the table itself was emptied, dropped, renamed or replaced. */
  columns: Schema.Array(Schema.String),
  /** `FILE:POSITION` of a statement that an operator may accept. */
  statement: Schema.optionalKey(Schema.String)
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    if (this.statement === undefined) {
      return "Adapt the mapping of this table in the configuration to its new shape, then start again."
    }
    const otherwise =
      this.columns.length === 0
        ? ""
        : "Adapt the mapping of this table in the configuration to its new shape. "
    return `${otherwise}If this was meant, put acceptedStatements: ["${this.statement}"] under source in the configuration and start again; profiles keep what they have, so copy the table anew afterwards: gradewire snapshot start --table ${this.table}. Else restore the table first.`
  }
}

/** The server's settings make a correct stream impossible. */
export class SourceMisconfigured extends Schema.TaggedError<SourceMisconfigured>()("SourceMisconfigured", {
  message: Schema.String,
  setting: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

export type ChangeSourceError =
  | SourceConnectionLost
  | SourceSilent
  | SourceAccessDenied
  | HistoryError
  | ServerIdTaken
  | Undecodable
  | SchemaDrift
  | SourceMisconfigured

export class ChangeSource extends Context.Service<
  ChangeSource,
  {
    /** Who the server is and what it still has. */
    readonly bounds: Effect.Effect<SourceBounds, ChangeSourceError>
    /**
     * The same point on the server that answers now, with `captured` found out where it was not known. On another server
     * than the anchor's it is a place of that one, on the next timeline, before everything that is not captured; fails
     * where that cannot be proven.
     */
    readonly locate: (from: ResumePoint) => Effect.Effect<ResumePoint, ChangeSourceError>
    /**
     * Reads from the anchor on, its transaction included; what is captured already comes without its rows. A new reader
     * is a new connection; closing the scope ends it. Fails where the anchor's GTID or server is not what is found.
     */
    readonly open: (from: ResumePoint) => Effect.Effect<SourceReader, ChangeSourceError, Scope.Scope>
  }
>()("gradewire/capture/ChangeSource") {}
