/** Reads packets of a made-up binlog of one file, as the driver would hand them on. */
import type { TransactionReader } from "../../../connectors/mysql/TransactionReader.ts"
import type { RowsEvent, SourceEvent } from "../../../src/capture/ChangeSource.ts"
import { FILE, formatDescription, readerOf, rotate, tableMap } from "./binlog-bytes.ts"

/** What every stream begins with: the file's name and its format, with checksums. */
export const HEAD = [rotate(FILE, 4), formatDescription(true)]
export const EXAM = tableMap(1, "exam", ["id", "score"])

export const push = (
  reader: TransactionReader,
  packets: ReadonlyArray<Buffer>
): ReadonlyArray<SourceEvent> => {
  for (const packet of packets) reader.push(packet)
  return reader.drain()
}

export const read = (...packets: ReadonlyArray<Buffer>): ReadonlyArray<SourceEvent> =>
  push(readerOf(), [...HEAD, ...packets])

/** Rows behind their changes. */
export const images = (events: ReadonlyArray<SourceEvent>) =>
  events.filter((event): event is RowsEvent => event._tag === "Rows").flatMap((event) => event.after!)

/** What the reader throws; undefined: nothing. */
export const failureOf = (packets: ReadonlyArray<Buffer>, reader = readerOf()): unknown => {
  try {
    push(reader, [...HEAD, ...packets])
  } catch (error) {
    return error
  }
  return undefined
}
