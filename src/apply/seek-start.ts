/**
 * Finds the message of the change log with which apply goes on, from the HR database's offset (D3, G5).
 *
 * Messages rise by (generation, last position). The stored sequence is only tried first: a restored or recreated log
 * gives the same numbers to other messages, so positions decide.
 */
import { Effect, Schema } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { Fate } from "../../schemas/failure.ts"
import { leadsOn, type LogHead } from "../../schemas/log-head.ts"
import { START } from "../../schemas/position.ts"
import { firstAfter, type OwnHead } from "../pipeline/first-after.ts"
import { ChangeFeed, type ChangeFeedError } from "./ChangeFeed.ts"

/** The log no longer follows the offset: messages between are gone (G3). */
export class ChangeLogHole extends Schema.TaggedError<ChangeLogHole>()("ChangeLogHole", {
  message: Schema.String,
  offset: Schema.String,
  /** `previous` of the first message that is left. */
  previous: Schema.String,
  sequence: Schema.Number
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Restart the capture role: it asks where apply stands and reads the missing part from the binlog again. If the binlog does not reach back that far either, capture says so."
}

/** A message on the stream's subjects that gradewire did not write, or that a newer version wrote. */
export class FeedForeign extends Schema.TaggedError<FeedForeign>()("FeedForeign", {
  message: Schema.String,
  sequence: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Look at message ${this.sequence} (nats stream get STREAM ${this.sequence}); keep other publishers off the stream's subjects, or run the newer gradewire.`
  }
}

/** Everything in the log is of an older generation than the offset: capture has yet to begin at the offset. */
export class GenerationAwaited extends Schema.TaggedError<GenerationAwaited>()("GenerationAwaited", {
  message: Schema.String,
  generation: Schema.Number,
  /** The log's. */
  newest: Schema.Number
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Start or resume the capture role: it asks where apply stands and begins there in a new generation. Apply waits for it."
}

type Found = OwnHead
export type SeekError = ChangeFeedError | ChangeLogHole | FeedForeign | GenerationAwaited

/** Sequence of the first message that may hold something new; one past the end where all is applied. */
export const seekStart = Effect.fnUntraced(function* (
  offset: ApplyOffset | undefined
): Effect.fn.Return<number, SeekError, ChangeFeed> {
  const feed = yield* ChangeFeed
  const { firstSequence, lastSequence } = yield* feed.ends
  if (lastSequence === 0 || firstSequence > lastSequence) return lastSequence + 1
  const last = yield* ownHeadAt(lastSequence)
  // Behind the hint an older generation may stand before a hole that a newer one has bridged.
  const isNewest = last === undefined || last.head.generation === offset?.generation
  if (offset !== undefined && isNewest && (yield* hintHolds(offset))) return offset.streamSequence + 1
  if (last === undefined) return lastSequence + 1
  const position = offset?.position ?? START
  // An operator has reset the offset, or the log lost the generation that it is of, and whatever it held.
  if (offset !== undefined && last.head.generation < offset.generation) {
    return yield* new GenerationAwaited({
      message: "The change log has nothing yet of the generation that the offset is of",
      generation: offset.generation,
      newest: last.head.generation
    })
  }
  const found = yield* firstAfter(
    ownHeadAt,
    { first: firstSequence, last: lastSequence },
    last.head.generation,
    position
  )
  if (found === undefined) return lastSequence + 1
  if (!leadsOn(found.head, offset?.position)) return yield* holeAt(found, position)
  return found.sequence - piecesBefore(found.head)
})

/** Messages directly before one that belong to the same change. */
export const piecesBefore = ({ piece }: Pick<LogHead, "piece">): number => (piece ?? 1) - 1

export const holeAt = (found: Found, position: string): ChangeLogHole =>
  new ChangeLogHole({
    message: "The change log has lost messages that were never applied",
    offset: position,
    previous: found.head.previous,
    sequence: found.sequence
  })

const hintHolds = Effect.fnUntraced(function* (offset: ApplyOffset) {
  const feed = yield* ChangeFeed
  if (offset.streamSequence < 1) return false
  const hinted = yield* feed.headAt(offset.streamSequence)
  return (
    hinted?.sequence === offset.streamSequence &&
    hinted.head?.last === offset.position &&
    hinted.head.generation === offset.generation
  )
})

export const ownHeadAt = Effect.fnUntraced(function* (
  sequence: number
): Effect.fn.Return<Found | undefined, SeekError, ChangeFeed> {
  const feed = yield* ChangeFeed
  const found = yield* feed.headAt(sequence)
  if (found === undefined) return undefined
  if (found.head === undefined) return yield* foreignAt(found.sequence)
  return { sequence: found.sequence, head: found.head }
})

export const foreignAt = (sequence: number): FeedForeign =>
  new FeedForeign({ message: `Message ${sequence} of the change log is not gradewire's`, sequence })
