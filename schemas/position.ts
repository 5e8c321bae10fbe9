/**
 * A place in one connector's history of changes. Positions of one connector are totally ordered (D4):
 * timeline, binlog file number, offset of the transaction's first byte, ordinal of the change inside it.
 *
 * The text form has fixed width, so that text order is history order in JavaScript, PostgreSQL (`COLLATE "C"`),
 * MySQL (`ascii_bin`) and the change log:
 *
 *X *     => "0001-0000000123-00000004567890-0000000033554434"
 *   { timeline: 1, file: 7, transaction: 4, ordinal: 0 }   "everything before the transaction at byte 4 of file 7"
 *     => "0001-0000000007-00000000000004-0000000000000000"
 *
 * An ordinal is `2^44 + rowsEvent * 2^24 + row * 2 + half`: the 1-based index of the rows event in its transaction,
 * counting events of unmapped tables too so that a changed mapping moves nothing; the 0-based row in that event; and 1
 * for the second event of a row whose key changed. Ordinals below 2^44 belong to rows copied by a snapshot between the
 * transaction that ends at that byte and the one that starts there.
 */

export interface Position {
  /** One server history; +1 after a failover to another server. 1..9999. */
  readonly timeline: number
  /** Number behind the dot of the binlog's file name. */
  readonly file: number
  /** Byte offset of the transaction's first event in that file. */
  readonly transaction: number
  /** 0 = before the first change of the transaction. */
  readonly ordinal: number
}

/** Text form of a {@link Position}; compare with `<`, `>` and `===`. */
export type PositionText = string

const WIDTHS = [4, 10, 14, 16] as const
const SHAPE = /^(\d{4})-(\d{10})-(\d{14})-(\d{16})$/

/** Rows one event may hold before ordinals would run into the next event's. */
export const ROWS_PER_EVENT_MAX = 2 ** 23

const ORDINALS_PER_EVENT = 2 ** 24

/** Ordinals below this one are a snapshot's. */
export const SNAPSHOT_ORDINALS = 2 ** 44

/** Before every change there is. */
export const START: PositionText = "0000-0000000000-00000000000000-0000000000000000"

/** @param rowsEvent 1-based @param row 0-based @param half 0, or 1 for the second event of one row */
export const ordinalOf = (rowsEvent: number, row: number, half: 0 | 1): number =>
  SNAPSHOT_ORDINALS + rowsEvent * ORDINALS_PER_EVENT + row * 2 + half

/** The part that all positions of one transaction share, ending in "-". */
export const transactionPrefix = (timeline: number, file: number, transaction: number): string =>
  `${pad(timeline, WIDTHS[0])}-${pad(file, WIDTHS[1])}-${pad(transaction, WIDTHS[2])}-`

/** Position text from {@link transactionPrefix} and an ordinal; the hot path's way. */
export const positionIn = (prefix: string, ordinal: number): PositionText => prefix + pad(ordinal, WIDTHS[3])

export const formatPosition = (position: Position): PositionText =>
  positionIn(transactionPrefix(position.timeline, position.file, position.transaction), position.ordinal)

/** `undefined` where the text is no position. */
export const parsePosition = (text: string): Position | undefined => {
  const parts = SHAPE.exec(text)
  if (parts === null) return undefined
  const [timeline, file, transaction, ordinal] = parts.slice(1).map(Number)
  if (!Number.isSafeInteger(ordinal)) return undefined
  return { timeline: timeline!, file: file!, transaction: transaction!, ordinal: ordinal! }
}

/**
 * Number of a binlog file, from its name: `mysql-bin.000123` => 123. The server counts up past six digits
 * (`binlog.1000000`), so file names are never compared as text.
 */
export const binlogFileNumber = (file: string): number | undefined => {
  const digits = /\.(\d+)$/.exec(file)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const ZEROS = "0000000000000000"

const pad = (value: number, width: number): string => {
  const text = String(value)
  return text.length >= width ? text : ZEROS.slice(0, width - text.length) + text
}
