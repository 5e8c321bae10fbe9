/** So many transactions on or back from where apply stands. */
import { Effect } from "effect"
import type { Anchor } from "../../schemas/anchor.ts"
import { FILE_START, filesOf, notFound, type At, type Found, type From } from "./binlog-place.ts"
import type { SourceBounds } from "./ChangeSource.ts"
import { readThrough, type BinlogPlace } from "./read-through.ts"
import { positionAt } from "./resume-plan.ts"

/** Transactions with changes of mapped tables, counted from where apply stands. */
export const shifted = (transactions: number, from: From, bounds: SourceBounds, at: At): Found<BinlogPlace> =>
  transactions >= 0 ? forward(transactions, from, bounds) : back(0 - transactions, from, bounds, at)

/** Begins of transactions with mapped rows, in order, as they are met. */
const eachChange = (
  anchor: Anchor,
  end: BinlogPlace,
  take: (begin: BinlogPlace, commit: BinlogPlace) => boolean
) => {
  let begin: BinlogPlace | undefined
  let hasRows = false
  return readThrough(anchor, end, (event) => {
    if (event._tag === "Begin") {
      begin = event
      hasRows = false
    } else if (event._tag === "Rows") hasRows = true
    else if (event._tag === "Commit" && hasRows && begin !== undefined) return take(begin, event)
    return true
  })
}

/** One that was applied in part counts as known. */
const isKnown = ({ file, position }: BinlogPlace, from: From): boolean =>
  positionAt({ timeline: from.anchor.timeline, file, position }) < from.position

const forward = (transactions: number, from: From, bounds: SourceBounds): Found<BinlogPlace> =>
  Effect.gen(function* () {
    let [left, place] = [transactions, from.anchor as BinlogPlace]
    yield* eachChange(from.anchor, bounds.last, (begin, commit) => {
      if (isKnown(begin, from)) return true
      if (left === 0) {
        place = begin
        return false
      }
      place = commit
      return --left > 0
    })
    if (left > 0) {
      return yield* notFound(
        `Only ${transactions - left} transactions with mapped changes follow`,
        `+${transactions}`,
        bounds
      )
    }
    return place
  })

/** File by file towards the front, so that a small step reads little. */
const back = (transactions: number, from: From, bounds: SourceBounds, at: At): Found<BinlogPlace> =>
  Effect.gen(function* () {
    const files = filesOf(bounds)
    let left = transactions
    for (let index = files.indexOf(from.anchor.file); index >= 0; index--) {
      const file = files[index]!
      const end = index + 1 < files.length ? { file: files[index + 1]!, position: FILE_START } : bounds.last
      const begins: Array<BinlogPlace> = []
      yield* eachChange(at({ file, position: FILE_START }).anchor, end, (begin) => {
        if (begin.file !== file || !isKnown(begin, from)) return false
        begins.push({ ...begin })
        return true
      })
      if (begins.length >= left) return begins.at(0 - left)!
      left -= begins.length
    }
    return yield* notFound(
      `Only ${transactions - left} transactions with mapped changes precede`,
      `-${transactions}`,
      bounds
    )
  })
