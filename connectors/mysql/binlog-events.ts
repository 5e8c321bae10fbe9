/** Places of a binlog, and a look at the events between two of them through the server's own eyes. */
import { Effect } from "effect"
import { binlogFileNumber } from "../../schemas/position.ts"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import type { SqlConnection, SqlRow } from "./sql-connection.ts"

export interface BinlogPlace {
  readonly file: string
  readonly position: number
}

export const isBefore = (a: BinlogPlace, b: BinlogPlace): boolean => {
  const [x, y] = [binlogFileNumber(a.file) ?? 0, binlogFileNumber(b.file) ?? 0]
  return x < y || (x === y && a.position < b.position)
}

/** `SHOW MASTER STATUS` until 8.0, `SHOW BINARY LOG STATUS` from 8.2 on. */
export const endOfBinlog = (sql: SqlConnection): Effect.Effect<BinlogPlace, ChangeSourceError> =>
  sql.query("SHOW BINARY LOG STATUS").pipe(
    Effect.catch(() => sql.query("SHOW MASTER STATUS")),
    Effect.map(([row]: ReadonlyArray<SqlRow>) => ({
      file: String(row?.["File"]),
      position: Number(row?.["Position"])
    }))
  )

export interface ShownEvent extends BinlogPlace {
  readonly type: string
  /** Of a statement: ``use `schema`; text``. */
  readonly text: string
}

const EVENTS_PAGE = 500

/** Whether `meets` holds for an event of MariaDB's binlog that starts in [from, to); stops at the first. */
export const someEvent = Effect.fnUntraced(function* (
  sql: SqlConnection,
  from: BinlogPlace,
  to: BinlogPlace,
  meets: (event: ShownEvent) => boolean
): Effect.fn.Return<boolean, ChangeSourceError> {
  let place = from
  let isSeen = false
  while (isBefore(place, to)) {
    const events: ReadonlyArray<ReadonlyArray<string | null>> = yield* sql.texts(
      `SHOW BINLOG EVENTS IN '${place.file}' FROM ${place.position} LIMIT ${EVENTS_PAGE}`
    )
    for (const [file, start, type, , , text] of isSeen ? events.slice(1) : events) {
      const event = { file: file!, position: Number(start), type: type ?? "", text: text ?? "" }
      if (!isBefore(event, to)) return false
      if (meets(event)) return true
    }
    // The next page starts with this one's last event: from 11.7 on MariaDB shows no end of events in a transaction.
    isSeen = events.length === EVENTS_PAGE
    if (isSeen) place = { file: place.file, position: Number(events.at(-1)![1]) }
    else if (place.file === to.file) return false
    else place = { file: nextFile(place.file), position: 4 }
  }
  return false
})

/** `binlog.000009` => `binlog.000010` */
const nextFile = (file: string): string =>
  file.replace(/\d+$/, (digits) => String(Number(digits) + 1).padStart(digits.length, "0"))
