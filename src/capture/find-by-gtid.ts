/** The place behind a transaction that is named by its GTID. */
import { Effect } from "effect"
import { GtidSet } from "../../schemas/GtidSet.ts"
import { FILE_START, filesOf, notFound, PlaceNotFound, type At, type Found } from "./binlog-place.ts"
import { ChangeSource, type SourceBounds } from "./ChangeSource.ts"
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

const holds = (set: GtidSet, { origin, number }: GtidWanted): boolean => {
  const domain = set.domains().get(origin)
  return domain === undefined ? set.has(`${origin}:${number}`) : domain.sequence >= number
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
    const found = yield* fileOf(wanted, bounds, at)
    if (found === "purged") return yield* notFound(`The binlog no longer holds ${text}`, text, bounds)
    if (found === "unknown") return yield* notFound(`The server never executed ${text}`, text, bounds)
    const begin = at({ file: found.file, position: FILE_START }).anchor
    let behind: BinlogPlace | undefined = found.isProven ? begin : undefined
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

/** Halves the files by what each says of those before it; the first one where the server says nothing. */
const fileOf = (wanted: GtidWanted, bounds: SourceBounds, at: At) =>
  Effect.gen(function* () {
    const source = yield* ChangeSource
    const isBefore = (place: BinlogPlace) =>
      Effect.map(source.locate({ anchor: at(place).anchor }), ({ captured }) => {
        const set = captured === undefined ? undefined : GtidSet.parse(captured.gtids)
        return set === undefined ? undefined : holds(set, wanted)
      })
    const files = filesOf(bounds)
    const isExecuted = yield* isBefore(bounds.last)
    if (isExecuted === undefined) return { file: files[0]!, isProven: false }
    if (!isExecuted) return "unknown" as const
    let [low, high] = [0, files.length]
    // Invariant: it is before files[high], and not before files[low - 1].
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((yield* isBefore({ file: files[middle]!, position: FILE_START })) === true) high = middle
      else low = middle + 1
    }
    return low === 0 ? ("purged" as const) : { file: files[low - 1]!, isProven: true }
  })
