/** The place behind a transaction that is named by its GTID. */
import { Effect } from "effect"
import { notFound, PlaceNotFound, type At, type Found } from "./binlog-place.ts"
import type { SourceBounds } from "./ChangeSource.ts"
import { readThrough, type BinlogPlace } from "./read-through.ts"

/** Origin, and number of the last transaction meant. */
interface GtidWanted {
  readonly origin: string
  readonly number: bigint
}

const MYSQL_GTID = /^([0-9a-f-]{36}(?::[a-z_][a-z0-9_]{0,31})?):(?:\d+-)?(\d+)$/
const MARIADB_GTID = /^(\d+)-\d+-(\d+)$/

/** `undefined` where the text is no single GTID or interval. MariaDB counts per domain, whichever server wrote it. */
export const readGtid = (text: string): GtidWanted | undefined => {
  const [, origin, number] =
    MYSQL_GTID.exec(text.trim().toLowerCase()) ?? MARIADB_GTID.exec(text.trim()) ?? []
  return origin === undefined || number === undefined ? undefined : { origin, number: BigInt(number) }
}

export const behindGtid = (text: string, bounds: SourceBounds, at: At): Found<BinlogPlace> =>
  Effect.gen(function* () {
    const wanted = readGtid(text)
    if (wanted === undefined) {
      return yield* new PlaceNotFound({
        message: `${text} is no GTID`,
        wanted: text,
        fix: "Give the last transaction that counts as applied: UUID:NUMBER on MySQL (the end of SELECT @@gtid_executed), DOMAIN-SERVER-NUMBER on MariaDB (SELECT @@gtid_binlog_pos)."
      })
    }
    const begin = at(bounds.first).anchor
    let behind: BinlogPlace | undefined
    let isExact = false
    let isInside = false
    yield* readThrough(begin, bounds.last, (event) => {
      if (event._tag === "Begin") {
        const gtid = event.gtid === null ? undefined : readGtid(event.gtid)
        isInside = gtid?.origin === wanted.origin && gtid.number <= wanted.number
        if (gtid?.origin === wanted.origin && gtid.number > wanted.number) {
          // One without mapped rows left no trace: the place before its successor is the place behind it.
          if (behind !== undefined) behind = event
          return false
        }
        isExact = isInside && gtid?.number === wanted.number
      }
      if (event._tag === "Commit" && isInside) behind = event
      return !(isExact && event._tag === "Commit")
    })
    return behind ?? (yield* notFound(`The binlog has no transaction up to ${text}`, text, bounds))
  })
