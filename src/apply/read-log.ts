/** Reads change events from the change log for people who look: the newest ones, those that come, or one by its position. */
import { Effect, Option, Result, type Scope } from "effect"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { firstAfter } from "../pipeline/first-after.ts"
import { ChangeFeed, type ChangeFeedError, type FeedMessage } from "./ChangeFeed.ts"
import { PieceJoin } from "./PieceJoin.ts"
import { decodeSegment, type SegmentUndecodable } from "./decode-segment.ts"
import { ownHeadAt, piecesBefore, type FeedForeign, type SeekError } from "./seek-start.ts"

export interface LoggedEvent {
  /** Of its message in the stream. */
  readonly sequence: number
  readonly generation: number
  readonly event: ChangeEvent
}

export type ReadLogError = ChangeFeedError | SegmentUndecodable | FeedForeign | SeekError

export type EventFilter = (event: ChangeEvent) => boolean

/** Messages looked at first; four times as many whenever they hold too few events that are wanted. */
const FIRST_LOOK = 64

/** A message that is stored arrives at once. */
const SILENCE = "2 seconds"

/**
 * The newest `count` events that are wanted, oldest first, and the sequence behind them.
 *
 * Memory holds `count` events and one window of messages.
 */
export const lastEvents = (
  count: number,
  wanted: EventFilter
): Effect.Effect<
  { readonly events: ReadonlyArray<LoggedEvent>; readonly next: number },
  ReadLogError,
  ChangeFeed
> =>
  Effect.gen(function* () {
    const feed = yield* ChangeFeed
    const { firstSequence, lastSequence } = yield* feed.ends
    for (let look = FIRST_LOOK; ; look *= 4) {
      const from = Math.max(firstSequence, lastSequence - look + 1, 1)
      const events = yield* Effect.scoped(readTo(from, lastSequence, count, wanted))
      if (events.length >= count || from <= Math.max(firstSequence, 1)) {
        return { events, next: lastSequence + 1 }
      }
    }
  })

const readTo = (
  from: number,
  last: number,
  count: number,
  wanted: EventFilter
): Effect.Effect<ReadonlyArray<LoggedEvent>, ReadLogError, ChangeFeed | Scope.Scope> =>
  Effect.gen(function* () {
    const feed = yield* ChangeFeed
    let newest: Array<LoggedEvent> = []
    if (from > last) return newest
    const reader = yield* feed.open(from)
    const pieces = new PieceJoin()
    while (true) {
      const messages = yield* Effect.timeoutOption(reader.next, SILENCE)
      if (Option.isNone(messages)) return newest
      const stored = messages.value.filter(({ sequence }) => sequence <= last)
      newest = [...newest, ...(yield* eventsOf(stored, wanted, pieces))].slice(0 - count)
      if (messages.value.some(({ sequence }) => sequence >= last)) return newest
    }
  })

/** Hands over every wanted event from a sequence on, as messages come. Ends only by interruption or failure. */
export const followEvents = <E, R>(
  from: number,
  wanted: EventFilter,
  take: (events: ReadonlyArray<LoggedEvent>) => Effect.Effect<void, E, R>
): Effect.Effect<never, ReadLogError | E, ChangeFeed | Scope.Scope | R> =>
  Effect.gen(function* () {
    const feed = yield* ChangeFeed
    const reader = yield* feed.open(from)
    const pieces = new PieceJoin()
    while (true) {
      const events = yield* eventsOf(yield* reader.next, wanted, pieces)
      if (events.length > 0) yield* take(events)
    }
  })

/** The newest copy of the event at a position; `undefined` where the log holds none. */
export const eventAt = (position: string): Effect.Effect<LoggedEvent | undefined, ReadLogError, ChangeFeed> =>
  Effect.gen(function* () {
    const feed = yield* ChangeFeed
    const { firstSequence, lastSequence } = yield* feed.ends
    const last = lastSequence === 0 ? undefined : yield* ownHeadAt(lastSequence)
    if (last === undefined) return undefined
    const bounds = { first: firstSequence, last: lastSequence }
    for (let { generation } = last.head; generation >= 0; generation--) {
      const found = yield* firstAfter(ownHeadAt, bounds, generation, before(position))
      if (found === undefined || found.head.first > position) continue
      const from = found.sequence - piecesBefore(found.head)
      const events = yield* Effect.scoped(
        readTo(from, found.sequence, 1, (event) => event.sequence === position)
      )
      if (events[0] !== undefined) return events[0]
    }
    return undefined
  })

/** Positions have fixed width, so that a cut one stands before all that begin with it. */
const before = (position: string): string => position.slice(0, -1)

const eventsOf = (
  messages: ReadonlyArray<FeedMessage>,
  wanted: EventFilter,
  pieces: PieceJoin
): Effect.Effect<ReadonlyArray<LoggedEvent>, SegmentUndecodable> =>
  Effect.suspend(() => {
    const found: Array<LoggedEvent> = []
    for (const message of messages) {
      const { head, sequence } = message
      if (head === undefined || head.kind === "checkpoint") continue
      const joined = pieces.take({ ...message, head })
      // One whose beginning lies before the look.
      if (joined === "waiting" || joined === "incomplete") continue
      const decoded = decodeSegment(sequence, head, joined.body)
      if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
      for (const event of decoded.success) {
        if (wanted(event)) found.push({ sequence, generation: head.generation, event })
      }
    }
    return Effect.succeed(found)
  })
