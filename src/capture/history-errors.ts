/**
 * The history that was read does not go on where it should: another server, a reset or restored one, or one whose binlog
 * does not reach back. Each halts capture before anything is skipped (G3).
 */
import { Schema } from "effect"
import type { Fate } from "../../schemas/failure.ts"

/** How an operator goes on behind a break that cannot be mended. @param place see placeOf in schemas/anchor.ts */
const acceptBreak = (place: string): string =>
  `If what is missing cannot be had any more, put acceptedBreaks: ["${place}"] under source in the configuration and start again: gradewire goes on at the present end of the binlog, on a new timeline, and copies every mapped table anew. Rows that were deleted in between stay in the profiles until you reconcile.`

const PLACE = {
  message: Schema.String,
  /** Where reading was to go on: `FILE:POSITION@SERVER`. */
  place: Schema.String
}

/** The binlog no longer holds what is needed (1236, ER_MASTER_FATAL_ERROR_READING_BINLOG). */
export class PositionPurged extends Schema.TaggedError<PositionPurged>()("PositionPurged", PLACE) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `The changes between the stored place and the oldest binlog are gone from the log. Put the binlog files back from a backup, or point source.host to a server that still has them. ${acceptBreak(this.place)}`
  }
}

/** What stands at the stored place of this server is not what was read there before. */
export class BinlogMismatch extends Schema.TaggedError<BinlogMismatch>()("BinlogMismatch", {
  ...PLACE,
  expected: Schema.String,
  found: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `The server was restored from a backup and has written other transactions since, or it is a copy with the same identity. Point source.host to the server that was read before, or to a replica of it. ${acceptBreak(this.place)}`
  }
}

/** The whole binlog of this server is younger than what was read of it. */
export class BinlogReset extends Schema.TaggedError<BinlogReset>()("BinlogReset", PLACE) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Somebody ran RESET BINARY LOGS AND GTIDS (RESET MASTER) on the server, or removed its binlog files; what was written between the stored place and the reset is gone from the log. ${acceptBreak(this.place)}`
  }
}

/** This server's binlog ends before the place that was read. */
export class BinlogShortened extends Schema.TaggedError<BinlogShortened>()("BinlogShortened", PLACE) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `The server was restored from a backup that is older than what was read, or lost the end of its binlog in a crash (sync_binlog is not 1). Profiles hold changes that it does not know. Restore it to the later state, or point source.host to a replica that has it. ${acceptBreak(this.place)}`
  }
}

/** Another server, and nothing that could prove that it has the same history. */
export class SourceForeign extends Schema.TaggedError<SourceForeign>()("SourceForeign", {
  ...PLACE,
  expected: Schema.String,
  found: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Point source.host back to ${this.expected}. Capture follows a failover by GTID only: gtid_mode = ON on both servers (MariaDB always has them), and the change log's last checkpoint at hand. ${acceptBreak(this.place)}`
  }
}

/** The new server lacks transactions that were captured from the old one. */
export class FailoverLostTail extends Schema.TaggedError<FailoverLostTail>()("FailoverLostTail", {
  ...PLACE,
  server: Schema.String,
  /** GTIDs, shortened. */
  missing: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `The failover lost transactions that profiles hold already. Apply them to the new server from the old one's binlog (mysqlbinlog --include-gtids='${this.missing}' FILE | mysql; MariaDB: mariadb-binlog), then start again: gradewire goes on by itself. If source.host points to the old server by mistake, point it to the new one. ${acceptBreak(this.place)}`
  }
}

/** The same, on a server that is a replica still and may receive them yet. */
export class FailoverBehind extends Schema.TaggedError<FailoverBehind>()("FailoverBehind", {
  ...PLACE,
  server: Schema.String,
  missing: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "The server at source.host is a replica that has not applied yet what was captured. Nothing to do while it catches up; if it lasts, look at SHOW REPLICA STATUS there."
}

/** A transaction that was captured in part is another one on the new server. */
export class FailoverDiffers extends Schema.TaggedError<FailoverDiffers>()("FailoverDiffers", {
  message: Schema.String,
  gtid: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "The new server logged the rows of this transaction in another order or filtered some of them (a table without primary key, a replication filter, another mapping). Point source.host to another replica, or put the mapping back that was in force when the failover happened, and start again."
}

export type HistoryError =
  | PositionPurged
  | BinlogMismatch
  | BinlogReset
  | BinlogShortened
  | SourceForeign
  | FailoverLostTail
  | FailoverBehind
  | FailoverDiffers
