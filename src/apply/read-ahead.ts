/**
 * Reads and decodes what comes while a batch commits, so that the next one is ready when the commit is.
 *
 * What waits grows with the backlog up to about one batch and is taken whole: under load batches are full, and a lone score
 * is taken the moment it is there. Beyond that nothing is read, so memory stays flat (G8).
 */
import { Effect, Latch, Result, type Scope } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import { START } from "../../schemas/position.ts"
import { noteRead } from "./apply-watch.ts"
import type { ChangeFeedError, FeedMessage, FeedReader } from "./ChangeFeed.ts"
import { checkpointOf, piecesMissing, type SegmentUndecodable } from "./decode-segment.ts"
import { PieceJoin } from "./PieceJoin.ts"
import { continuityOf, type Run } from "./plan-batch.ts"
import type { LaneUnroutable } from "./route-events.ts"
import { foreignAt, holeAt, type ChangeLogHole, type FeedForeign } from "./seek-start.ts"

export type ReadFailure = ChangeFeedError | SegmentUndecodable | ChangeLogHole | FeedForeign | LaneUnroutable

export interface ReadRuns {
  readonly runs: ReadonlyArray<Run>
  /** What stands behind them and is not to be passed. */
  readonly failure: ReadFailure | undefined
}

/** The events of a segment that are to be filed here. */
export type ReadSegment = (
  sequence: number,
  head: LogHead,
  body: Uint8Array
) => Result.Result<ReadonlyArray<ChangeEvent>, SegmentUndecodable | LaneUnroutable>

type Known = Pick<ApplyOffset, "generation" | "position"> | undefined

/**
 * The messages that bring something new, decoded, up to the first that does not follow. Those before it are sound: only
 * with them applied does the offset stand at the hole, where capture looks for it.
 */
const readRuns = (
  messages: ReadonlyArray<FeedMessage>,
  from: Known,
  readSegment: ReadSegment,
  pieces: PieceJoin
): ReadRuns & { readonly known: Known } => {
  const runs: Array<Run> = []
  let known = from
  const stop = (failure: ReadFailure) => ({ runs, known, failure })
  for (const message of messages) {
    const { head, sequence } = message
    if (head === undefined) return stop(foreignAt(sequence))
    const joined = pieces.take({ ...message, head })
    if (joined === "waiting") continue
    const continuity = continuityOf(head, known)
    if (continuity === "known") continue
    if (continuity === "hole") return stop(holeAt({ sequence, head }, known?.position ?? START))
    if (joined === "incomplete") return stop(piecesMissing(sequence))
    const { body } = joined
    if (head.kind === "checkpoint") runs.push({ sequence, head, events: [], checkpoint: checkpointOf(body) })
    else {
      const events = readSegment(sequence, head, body)
      if (Result.isFailure(events)) return stop(events.failure)
      runs.push({ sequence, head, events: events.success })
    }
    const position = known !== undefined && known.position > head.last ? known.position : head.last
    known = { generation: head.generation, position }
  }
  return { runs, known, failure: undefined }
}

export interface AheadReader {
  /** Waits for something new, then gives all that waits. After a failure nothing more comes. */
  readonly take: Effect.Effect<ReadRuns>
}

/** @param eventsMax events that may wait, and what one more read brings */
export const readAhead = Effect.fnUntraced(function* (
  reader: FeedReader,
  from: ApplyOffset | undefined,
  readSegment: ReadSegment,
  eventsMax: number
): Effect.fn.Return<AheadReader, never, Scope.Scope> {
  const [some, room] = [Latch.makeUnsafe(false), Latch.makeUnsafe(true)]
  let waiting: Array<Run> = []
  let weight = 0
  let failure: ReadFailure | undefined
  let known: Known = from
  const pieces = new PieceJoin()
  const readOn = Effect.gen(function* () {
    while (failure === undefined) {
      yield* room.await
      const messages = yield* Effect.result(reader.next)
      if (Result.isFailure(messages)) failure = messages.failure
      else {
        yield* noteRead(messages.success)
        const read = readRuns(messages.success, known, readSegment, pieces)
        ;({ failure, known } = read)
        waiting.push(...read.runs)
        for (const { events } of read.runs) weight += Math.max(1, events.length)
      }
      if (weight >= eventsMax) room.closeUnsafe()
      if (waiting.length > 0 || failure !== undefined) some.openUnsafe()
    }
  })
  yield* Effect.forkScoped(readOn)
  const take = Effect.map(some.await, (): ReadRuns => {
    const runs = waiting
    waiting = []
    weight = 0
    if (failure === undefined) some.closeUnsafe()
    room.openUnsafe()
    return { runs, failure }
  })
  return { take }
})
