/** The pure decoder's failures, with their place in the binlog, as errors of the port. */
import {
  SchemaDrift,
  SourceMisconfigured,
  Undecodable,
  type ChangeSourceError
} from "../../src/capture/ChangeSource.ts"
import { PositionPurged, SourceForeign } from "../../src/capture/history-errors.ts"
import { DecodeFailure } from "./binlog/decode-failure.ts"
import { NamelessTable } from "./binlog/row-decoder.ts"

const DAMAGED_FIX =
  "Compare with `mysqlbinlog --verify-binlog-checksum` on the server; if it reads the file, report this message."

/** @param file and `position`: first byte of the event that failed */
export const asSourceError = (error: unknown, file: string, position: number): ChangeSourceError => {
  if (error instanceof DecodeFailure) {
    return new Undecodable({
      message: `${file}:${position}: ${error.message}`,
      file,
      position,
      what: error.what,
      fix: error.fix
    })
  }
  if (error instanceof NamelessTable) {
    return new SourceMisconfigured({
      message: `${file}:${position}: ${error.message} (binlog_row_metadata is not FULL)`,
      setting: "binlog_row_metadata",
      fix: "SET PERSIST binlog_row_metadata = FULL; on MariaDB: SET GLOBAL binlog_row_metadata = FULL; and binlog_row_metadata = FULL under [mysqld] in my.cnf. Rows written before that stay unreadable: start over from a copy of the tables."
    })
  }
  if (isSourceError(error)) return error
  // Generated decoders meet damaged bytes as TypeError or RangeError; their text holds no values but ours.
  return new Undecodable({
    message: `${file}:${position}: the event cannot be read (${error instanceof Error ? error.name : "unknown"})`,
    file,
    position,
    what: "damaged event",
    fix: DAMAGED_FIX
  })
}

const OWN = [Undecodable, SchemaDrift, SourceMisconfigured, SourceForeign, PositionPurged]

const isSourceError = (error: unknown): error is ChangeSourceError =>
  OWN.some((known) => error instanceof known)
