/** {@link ChangeFeed} over a {@link MemoryLog}. */
import { Effect, Layer } from "effect"
import {
  ChangeFeed,
  FeedUnavailable,
  type FeedMessage,
  type FeedReader
} from "../../../src/apply/ChangeFeed.ts"
import type { MemoryLog } from "./MemoryLog.ts"

/** Messages of one `next`. */
const WINDOW_MESSAGES = 2_000

const unavailable = (message: string): FeedUnavailable => new FeedUnavailable({ message })

const whileUp = <A>(log: MemoryLog, read: () => A): Effect.Effect<A, FeedUnavailable> =>
  Effect.suspend(() =>
    log.isDown ? Effect.fail(unavailable("the memory log is down")) : Effect.succeed(read())
  )

const readerOf = (log: MemoryLog, sequence: number): FeedReader => {
  const incarnation = log.incarnation
  let nextSequence = sequence
  const next: FeedReader["next"] = Effect.suspend(() => {
    if (log.incarnation !== incarnation) return Effect.fail(unavailable("the memory log is another one"))
    const waiting: Array<FeedMessage> = log.isDown
      ? []
      : log.messages.filter((message) => message.sequence >= nextSequence).slice(0, WINDOW_MESSAGES)
    if (waiting.length === 0) return Effect.flatMap(log.nextChange, () => next)
    nextSequence = waiting.at(-1)!.sequence + 1
    return Effect.succeed(waiting)
  })
  return { next }
}

export const layerMemoryChangeFeed = (log: MemoryLog): Layer.Layer<ChangeFeed> =>
  Layer.succeed(ChangeFeed, {
    ends: whileUp(log, () => ({
      firstSequence: log.messages[0]?.sequence ?? log.lastSequence + 1,
      lastSequence: log.lastSequence
    })),
    headAt: (sequence) =>
      whileUp(log, () => {
        const found = log.messages.find((message) => message.sequence >= sequence)
        return found === undefined ? undefined : { sequence: found.sequence, head: found.head }
      }),
    open: (sequence) =>
      Effect.flatMap(
        whileUp(log, () => log.lastSequence),
        (last) =>
          sequence > last + 1
            ? Effect.fail(unavailable(`the memory log ends at ${last}, before ${sequence}`))
            : Effect.succeed(readerOf(log, sequence))
      )
  })
