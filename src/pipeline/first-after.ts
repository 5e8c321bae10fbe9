/**
 * Finds a position in the change log, whose messages rise by (generation, last position). Both roles look there: apply for
 * the message to go on with, capture for whether that one follows.
 */
import { Effect } from "effect"
import type { LogHead } from "../../schemas/log-head.ts"

export interface OwnHead {
  readonly sequence: number
  readonly head: LogHead
}

/**
 * Binary search for the first message of generation `generation` or newer that ends after `position`.
 *
 * @param headAt head of the first message stored at or after a sequence, `undefined` past the end
 */
export const firstAfter = Effect.fnUntraced(function* <E, R>(
  headAt: (sequence: number) => Effect.Effect<OwnHead | undefined, E, R>,
  sequences: { readonly first: number; readonly last: number },
  generation: number,
  position: string
): Effect.fn.Return<OwnHead | undefined, E, R> {
  let [low, high] = [sequences.first, sequences.last]
  let best: OwnHead | undefined
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const found = yield* headAt(middle)
    if (found === undefined || found.sequence > high) {
      high = middle - 1
      continue
    }
    const isAfter = found.head.generation >= generation && found.head.last > position
    if (isAfter) {
      best = found
      high = middle - 1
    } else low = found.sequence + 1
  }
  return best
})
