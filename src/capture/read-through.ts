/**
 * Reads a stretch of the binlog to its present end, for those who look for a place or count what lies between two:
 * nothing is published, and nothing that is committed meanwhile is waited for.
 */
import { Effect, Option } from "effect"
import type { Anchor } from "../../schemas/anchor.ts"
import { binlogFileNumber } from "../../schemas/position.ts"
import { ChangeSource, type ChangeSourceError, type ResumePlace, type SourceEvent } from "./ChangeSource.ts"

export interface BinlogPlace {
  readonly file: string
  readonly position: number
  /** Of the transaction that begins there, where one is known to. */
  readonly gtid?: string | null
  /** Where reading must begin to see it whole: an XA transaction waits for its outcome there. */
  readonly resumeFrom?: ResumePlace | undefined
}

/** A server that has more sends it at once; silence means that only bytes without transactions are left. */
const SILENCE = "3 seconds"

/** Negative where `a` comes first. */
export const comparePlaces = (a: BinlogPlace, b: BinlogPlace): number =>
  (binlogFileNumber(a.file) ?? 0) - (binlogFileNumber(b.file) ?? 0) || a.position - b.position

/**
 * Hands every event from the anchor on to `take`, until `take` answers false or `end` is reached.
 *
 * @param end bounds.last at the time the caller began
 * @param betweenChunks what cannot be done while events are handed over
 */
export const readThrough = <E = never>(
  anchor: Anchor,
  end: BinlogPlace,
  take: (event: SourceEvent) => boolean,
  betweenChunks: Effect.Effect<void, E> = Effect.void
): Effect.Effect<void, ChangeSourceError | E, ChangeSource> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (comparePlaces(anchor, end) >= 0) return
      const source = yield* ChangeSource
      const reader = yield* source.open({ anchor })
      while (true) {
        const chunk = yield* Effect.timeoutOption(reader.next, SILENCE)
        if (Option.isNone(chunk)) return
        const isEnough = chunk.value.events.some(
          (event) =>
            !take(event) ||
            (event._tag !== "Rows" && event._tag !== "Begin" && comparePlaces(event, end) >= 0)
        )
        if (isEnough) return
        yield* betweenChunks
      }
    })
  )
