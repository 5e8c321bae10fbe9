/**
 * Port: the dead letters of one connector, for the people who decide about them. Answered from the HR database alone.
 *
 * A decision changes a letter's state and is noted in one transaction; a letter that is in none of the states it may be
 * decided in stays as it is.
 */
import type { Effect } from "effect"
import type {
  DeadLetter,
  LastWriter,
  LetterContent,
  LetterDecision,
  LetterFilter
} from "../../schemas/dead-letter.ts"
import type { ProfileStoreError } from "./ProfileStore.ts"

type Asked<A> = Effect.Effect<A, ProfileStoreError>

export interface Decision extends Pick<LetterDecision, "action" | "by" | "why"> {
  readonly positions: ReadonlyArray<string>
}

export interface DeadLetterDesk {
  /** In position order, at most `limit`. */
  readonly list: (filter: LetterFilter, limit: number) => Asked<ReadonlyArray<DeadLetter>>
  /** `undefined` where no letter has the position. */
  readonly content: (position: string) => Asked<LetterContent | undefined>
  /** Positions of the letters that it changed. Open ones can be replayed, unresolved ones discarded. */
  readonly decide: (decision: Decision) => Asked<ReadonlyArray<string>>
  /** The one of several lanes that wrote last; `undefined` before the first. */
  readonly lastWriter: Asked<LastWriter | undefined>
}
