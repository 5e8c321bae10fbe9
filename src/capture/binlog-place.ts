/** What the searches for a place in the binlog share: the place itself, its refusal, and the files to look through. */
import { Effect, Schema } from "effect"
import type { Anchor } from "../../schemas/anchor.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { Fate } from "../../schemas/failure.ts"
import { binlogFileNumber, type PositionText } from "../../schemas/position.ts"
import type { ChangeSource, ChangeSourceError, SourceBounds } from "./ChangeSource.ts"
import type { BinlogPlace } from "./read-through.ts"

export interface FoundPlace {
  readonly anchor: Anchor
  /** Everything at or before it counts as applied. */
  readonly position: PositionText
}

/** Where apply stands. */
export type From = Pick<ApplyOffset, "anchor" | "position">

/** The source has no such place, or no longer. */
export class PlaceNotFound extends Schema.TaggedError<PlaceNotFound>()("PlaceNotFound", {
  message: Schema.String,
  wanted: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

export type Found<A> = Effect.Effect<A, PlaceNotFound | ChangeSourceError, ChangeSource>

/** Completes a place to an anchor on the server that is read. */
export type At = (place: BinlogPlace) => FoundPlace

export const FILE_START = 4

/** The names of all files the server still has, oldest first: they count up without a gap. */
export const filesOf = ({ first, last }: SourceBounds): ReadonlyArray<string> => {
  const [low, high] = [binlogFileNumber(first.file) ?? 0, binlogFileNumber(last.file) ?? 0]
  const base = first.file.slice(0, first.file.lastIndexOf(".") + 1)
  const width = first.file.length - base.length
  return Array.from({ length: high - low + 1 }, (_, n) => base + String(low + n).padStart(width, "0"))
}

export const notFound = (message: string, wanted: string, { first, last }: SourceBounds) =>
  Effect.fail(
    new PlaceNotFound({
      message,
      wanted,
      fix: `The server has ${first.file}:${first.position} to ${last.file}:${last.position}. What was purged can only be copied anew: gradewire snapshot start --table SCHEMA.TABLE`
    })
  )
