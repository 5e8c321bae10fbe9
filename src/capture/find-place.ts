/**
 * Where in the binlog a DBA wants to go on: by GTID, by file and position, by time, or so many transactions from here.
 *
 * A place is always the boundary of a transaction: everything before it counts as applied, the next one is the first
 * to be read. What cannot be found exactly is refused, never rounded, except that a time means the first transaction
 * committed at it or later.
 */
import { Effect } from "effect"
import { epochMicrosToUtc } from "../../schemas/civil-time.ts"
import {
  binlogFileNumber,
  parsePosition,
  SNAPSHOT_ORDINALS,
  type PositionText
} from "../../schemas/position.ts"
import {
  FILE_START,
  filesOf,
  notFound,
  PlaceNotFound,
  type At,
  type Found,
  type FoundPlace,
  type From
} from "./binlog-place.ts"
import { ChangeSource, type SourceBounds } from "./ChangeSource.ts"
import { behindGtid } from "./find-by-gtid.ts"
import { shifted } from "./find-by-shift.ts"
import { comparePlaces, readThrough, type BinlogPlace } from "./read-through.ts"
import { positionAt } from "./resume-plan.ts"

export type PlaceWanted =
  | { readonly _tag: "Earliest" }
  | { readonly _tag: "Latest" }
  /** Where apply stands. */
  | { readonly _tag: "Current" }
  /** Behind this transaction; `uuid:5`, `uuid:1-5` (its last), `uuid:tag:5` or `0-1-5`. */
  | { readonly _tag: "Gtid"; readonly gtid: string }
  | { readonly _tag: "FilePosition"; readonly file: string; readonly position: number }
  /** Before the first transaction committed at it or later; µs since 1970 UTC. */
  | { readonly _tag: "Time"; readonly micros: number }
  /** So many transactions with changes of mapped tables on, or back where negative. */
  | { readonly _tag: "Shift"; readonly transactions: number }

export const findPlace = (wanted: PlaceWanted, from: From): Found<FoundPlace> =>
  Effect.gen(function* () {
    const source = yield* ChangeSource
    const bounds = yield* source.bounds
    const { timeline } = from.anchor
    yield* sameServer(from, bounds)
    const at = (place: BinlogPlace): FoundPlace => {
      const { file, gtid = null, position } = place
      const anchor = { file, position, gtid, ...place.resumeFrom, server: bounds.server, timeline }
      const before = positionAt({ file, position, timeline })
      return { anchor, position: isInGapAt(before, from.position) ? from.position : before }
    }
    switch (wanted._tag) {
      case "Earliest":
        return at(bounds.first)
      case "Latest":
        return at(bounds.last)
      case "Current":
        return { anchor: from.anchor, position: from.position }
      case "FilePosition":
        return at(yield* boundaryAt(wanted, bounds, at))
      case "Time":
        return at(yield* firstSince(wanted.micros, bounds, at))
      case "Gtid":
        return at(yield* behindGtid(wanted.gtid, bounds, at))
      case "Shift":
        return at(yield* shifted(wanted.transactions, from, bounds, at))
    }
  })

/** Behind the transaction that ends there, and before the one that begins: nothing of the binlog lies in between. */
const isInGapAt = (place: PositionText, position: PositionText): boolean => {
  const byte = (text: PositionText) => text.slice(0, text.lastIndexOf("-"))
  return byte(place) === byte(position) && (parsePosition(position)?.ordinal ?? 0) < SNAPSHOT_ORDINALS
}

/** Files and bytes of one server mean nothing on another. */
const sameServer = ({ anchor }: From, bounds: SourceBounds) =>
  anchor.server === bounds.server
    ? Effect.void
    : Effect.fail(
        new PlaceNotFound({
          message: `This is ${bounds.server}, apply stands in the binlog of ${anchor.server}`,
          wanted: bounds.server,
          fix: "Let capture follow the failover first: resume both roles until gradewire offsets list shows the new server, pause them and repeat the command. Or point source.host back."
        })
      )

/** A place that apply has been at. It must lie in the history that is read now, and be there still. */
export const placeInHistory = (place: FoundPlace, from: From): Found<FoundPlace> =>
  Effect.gen(function* () {
    const source = yield* ChangeSource
    const bounds = yield* source.bounds
    yield* sameServer(from, bounds)
    const { anchor, position } = place
    const wanted = `${anchor.file}:${anchor.position}`
    if (anchor.server !== from.anchor.server || anchor.timeline !== from.anchor.timeline) {
      return yield* notFound("That place lies before a failover, on another timeline", wanted, bounds)
    }
    const gone = ({ message }: { readonly message: string }) => notFound(message, wanted, bounds)
    yield* Effect.scoped(source.open({ anchor })).pipe(
      Effect.catchTags({
        BinlogMismatch: gone,
        BinlogReset: gone,
        BinlogShortened: gone,
        PositionPurged: gone
      })
    )
    return { anchor, position }
  })

/**
 * What was captured on an older timeline has a lower position there: read again on this one it would take effect anew, out of
 * its order (G2). So a way back on a later timeline may only lead through changes that are known on it.
 */
export const placeAgain = (
  from: From,
  to: FoundPlace,
  passage: { readonly direction: string; readonly notYetApplied?: number }
): Effect.Effect<void, PlaceNotFound> =>
  from.anchor.timeline === 1 || passage.direction !== "rewind" || passage.notYetApplied === 0
    ? Effect.void
    : Effect.fail(
        new PlaceNotFound({
          message:
            "That place lies before a failover: what was captured from the old server would take effect again",
          wanted: `${to.anchor.file}:${to.anchor.position}`,
          fix: "Choose a later place, or copy the tables anew: gradewire snapshot start --table SCHEMA.TABLE"
        })
      )

const boundaryAt = (place: BinlogPlace, bounds: SourceBounds, at: At): Found<BinlogPlace> =>
  Effect.gen(function* () {
    const wanted = `${place.file}:${place.position}`
    const isOutside = !filesOf(bounds).includes(place.file) || comparePlaces(place, bounds.last) > 0
    if (isOutside) return yield* notFound("The server's binlog does not reach there", wanted, bounds)
    let isBoundary = place.position === FILE_START || comparePlaces(place, bounds.last) === 0
    const start = at({ file: place.file, position: FILE_START }).anchor
    yield* isBoundary
      ? Effect.void
      : readThrough(start, bounds.last, (event) => {
          if (event._tag === "Rows") return true
          isBoundary = event.file === place.file && event.position === place.position
          return !isBoundary && comparePlaces(event, place) < 0
        })
    if (isBoundary) return { file: place.file, position: place.position }
    // Transactions without mapped rows leave no trace one by one: the server itself is asked whether one begins here.
    yield* readThrough(at(place).anchor, bounds.last, () => false).pipe(
      Effect.catchTags({
        Undecodable: () => noBoundary(wanted),
        BinlogMismatch: () => noBoundary(wanted),
        PositionPurged: () => noBoundary(wanted)
      })
    )
    return { file: place.file, position: place.position }
  })

const noBoundary = (wanted: string) =>
  Effect.fail(
    new PlaceNotFound({
      message: `No transaction begins at ${wanted}`,
      wanted,
      fix: "Give the Pos of an event of type Gtid or Anonymous_Gtid, where a transaction begins: SHOW BINLOG EVENTS IN 'FILE' LIMIT 50; lists them. Or use --to-gtid or --to-datetime."
    })
  )

/** Halves the files by the first commit time in each, then reads one of them. */
const firstSince = (micros: number, bounds: SourceBounds, at: At): Found<BinlogPlace> =>
  Effect.gen(function* () {
    const files = filesOf(bounds)
    let [low, high] = [0, files.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      const first = yield* firstCommit(files[middle]!, bounds, at)
      if (first !== undefined && first < micros) low = middle
      else high = middle - 1
    }
    const from = at({ file: files[low]!, position: FILE_START }).anchor
    let place: BinlogPlace | undefined
    let seen = 0
    yield* readThrough(from, bounds.last, (event) => {
      if (event._tag !== "Begin") return true
      if (event.committedAtMicros >= micros) place = event
      else seen++
      return place === undefined
    })
    if (place !== undefined && low === 0 && seen === 0 && binlogFileNumber(bounds.first.file) !== 1) {
      const text = epochMicrosToUtc(micros, 0)
      return yield* notFound(`The oldest binlog begins after ${text}`, text, bounds)
    }
    return place ?? bounds.last
  })

const firstCommit = (file: string, bounds: SourceBounds, at: At): Found<number | undefined> =>
  Effect.gen(function* () {
    let micros: number | undefined
    yield* readThrough(at({ file, position: FILE_START }).anchor, bounds.last, (event) => {
      if (event._tag === "Begin") micros = event.committedAtMicros
      return micros === undefined
    })
    return micros
  })
