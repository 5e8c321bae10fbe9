/** Event type codes: mysql-server libs/mysql/binlog/event/binlog_event.h, MariaDB sql/log_event.h. */
export const EventType = {
  Query: 2,
  Stop: 3,
  Rotate: 4,
  IntVar: 5,
  AppendBlock: 9,
  DeleteFile: 11,
  Rand: 13,
  UserVar: 14,
  FormatDescription: 15,
  Xid: 16,
  BeginLoadQuery: 17,
  ExecuteLoadQuery: 18,
  TableMap: 19,
  WriteRowsV1: 23,
  UpdateRowsV1: 24,
  DeleteRowsV1: 25,
  Incident: 26,
  Heartbeat: 27,
  Ignorable: 28,
  RowsQuery: 29,
  WriteRows: 30,
  UpdateRows: 31,
  DeleteRows: 32,
  Gtid: 33,
  AnonymousGtid: 34,
  PreviousGtids: 35,
  TransactionContext: 36,
  ViewChange: 37,
  XaPrepare: 38,
  PartialUpdateRows: 39,
  TransactionPayload: 40,
  HeartbeatV2: 41,
  TaggedGtid: 42,
  AnnotateRows: 160,
  BinlogCheckpoint: 161,
  MariadbGtid: 162,
  MariadbGtidList: 163,
  StartEncryption: 164,
  QueryCompressed: 165,
  WriteRowsCompressedV1: 166,
  UpdateRowsCompressedV1: 167,
  DeleteRowsCompressedV1: 168,
  WriteRowsCompressed: 169,
  UpdateRowsCompressed: 170,
  DeleteRowsCompressed: 171
} as const

/** LOG_EVENT_ARTIFICIAL_F: made up by the dump thread, stands in no file. */
export const ARTIFICIAL = 0x20
/** LOG_EVENT_IGNORABLE_F: a reader that does not know the type may skip it. */
export const IGNORABLE = 0x80
/** LOG_EVENT_BINLOG_IN_USE_F: set in a file's first event while the server writes to the file. */
export const BINLOG_IN_USE = 0x01

/** Events that bear no rows and no bracket. */
export const WITHOUT_ROWS: ReadonlySet<number> = new Set([
  EventType.Stop,
  EventType.IntVar,
  EventType.AppendBlock,
  EventType.DeleteFile,
  EventType.Rand,
  EventType.UserVar,
  EventType.BeginLoadQuery,
  EventType.Ignorable,
  EventType.RowsQuery,
  EventType.PreviousGtids,
  EventType.TransactionContext,
  EventType.ViewChange,
  EventType.AnnotateRows,
  EventType.BinlogCheckpoint,
  EventType.MariadbGtidList,
  EventType.StartEncryption
])
