/** A place that an offset was set away from or to, as gradewire.offset_history keeps it: enough to go back there. */
import { Result, Schema } from "effect"
import { Anchor } from "./anchor.ts"
import type { ApplyOffset } from "./apply-offset.ts"
import { LogPosition } from "./log-head.ts"

export const OffsetPlace = Schema.Struct({
  position: LogPosition,
  generation: Schema.Int,
  anchor: Anchor,
  /** RFC 3339 UTC; null: not known. */
  committedAt: Schema.NullOr(Schema.String)
})
export type OffsetPlace = typeof OffsetPlace.Type

export const offsetPlaceOf = ({ anchor, committedAt, generation, position }: ApplyOffset): OffsetPlace => ({
  position,
  generation,
  anchor,
  committedAt
})

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(OffsetPlace))

/** `undefined` where the text is of a form that this version does not know. */
export const offsetPlaceFrom = (text: string): OffsetPlace | undefined => Result.getOrUndefined(decode(text))
