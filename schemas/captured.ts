/**
 * Which of the source's transactions the change log holds, by GTID: the part of capture's progress that means the same
 * on another server of the same history, where files and bytes mean nothing.
 *
 * A checkpoint's body names all of them, a segment's head those since the last checkpoint; apply keeps the sum with its
 * offset. Absent: not known, because the server writes no GTIDs, or because the set was too long for a head.
 */
import { Schema } from "effect"
import { GtidSet } from "./GtidSet.ts"

export const PartialTransaction = Schema.Struct({
  gtid: Schema.NonEmptyString,
  /** Its first so many changes are in the log. Ordinals are no help: another server may cut its rows events otherwise. */
  changes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** {@link proofOf} the last of them. */
  proof: Schema.NonEmptyString
})
export type PartialTransaction = typeof PartialTransaction.Type

export const Captured = Schema.Struct({
  /** Whole transactions; text of a GtidSet. */
  gtids: Schema.String,
  /** Transactions that are in the log with their first changes only, because they are not read to their end yet. */
  partial: Schema.optionalKey(Schema.Array(PartialTransaction)),
  /** The position beside it lies further on than this says: a batch was split there. Good for the same server only. */
  isBehind: Schema.optionalKey(Schema.Literal(true))
})
export type Captured = typeof Captured.Type

/** What is known after a message, from what was known before it (at its checkpoint, or any later place). */
export const capturedAfter = (
  before: Captured | undefined,
  since: Captured | undefined
): Captured | undefined => {
  if (before === undefined || since === undefined) return undefined
  if (since.gtids === "") return { ...since, gtids: before.gtids }
  const all = GtidSet.parse(before.gtids)
  const more = GtidSet.parse(since.gtids)
  if (all === undefined || more === undefined) return undefined
  all.addAll(more)
  return { ...since, gtids: all.toString() }
}

const CONTENT = ',"data":'
const FNV_PRIME = 0x0100_0193
const FNV_OFFSETS = [0x811c_9dc5, 0x050c_5d1f] as const

/**
 * A digest of what an event says, without its id and position, which differ from server to server: two lanes of FNV-1a
 * over the text from `data` on. It tells a mix-up, not an attacker.
 */
export const proofOf = (type: string, json: string): string => {
  const content = type + json.slice(json.indexOf(CONTENT))
  return FNV_OFFSETS.map((offset, lane) => {
    let hash: number = offset
    for (let i = 0; i < content.length; i++) {
      hash = Math.imul(hash ^ (content.charCodeAt(i) + lane), FNV_PRIME)
    }
    return (hash >>> 0).toString(16).padStart(8, "0")
  }).join("")
}
