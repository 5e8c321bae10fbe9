/**
 * Where a capture process begins, decided from what the log and apply say (D3, G5). Pure.
 *
 * - A log with a message of ours is resumed after that message, even where its tail was lost: what apply already has
 *   stays without effect.
 * - A log whose oldest message no longer follows apply's offset, or that is empty, is bridged from the binlog at
 *   apply's offset, in a new generation.
 * - Where an operator has reset apply's offset, the log is left where it is: a new generation begins at that place,
 *   before or behind the log's end.
 * - Only a connector for which neither the log nor apply knows anything begins anew; a log that lost its front before
 *   anything was applied knows nothing.
 */
import type { Anchor } from "../../schemas/anchor.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { leadsOn, type LogHead } from "../../schemas/log-head.ts"
import { binlogFileNumber, formatPosition, START, type PositionText } from "../../schemas/position.ts"
import type { SourceBounds } from "./ChangeSource.ts"
import type { LogTail } from "./ChangeLog.ts"

/** Where a connector that never ran begins; `snapshot`: with what comes next, after a copy of the tables. */
export type StartAt = "snapshot" | "earliest" | "latest"

export interface ResumePlan {
  readonly why: "new" | "resume" | "heal" | "failover" | "break"
  readonly anchor: Anchor
  /** Changes at or before it are known. */
  readonly last: PositionText
  /** `previous` of the first message to write. */
  readonly previous: PositionText
  readonly generation: number
  readonly epoch: number
  readonly committedAt: string | null
}

/** Epochs of one writer, compared generation first: a healed log starts over with its epochs. */
export const outranks = (
  a: Pick<LogHead, "generation" | "epoch">,
  b: Pick<LogHead, "generation" | "epoch">
): boolean => a.generation > b.generation || (a.generation === b.generation && a.epoch > b.epoch)

/**
 * Whether the log alone can answer. It can not where it is empty, and where its front was removed past apply's
 * offset; the latter shows only to who knows the offset.
 */
export const mustAskApply = (tail: LogTail): boolean => tail.head === undefined

/** Apply's own word: its offset, that it never applied anything (`undefined`), or none at all. */
export type ApplyAnswer = ApplyOffset | undefined | "silent"

/** @param mine the highest rank that this process wrote under, zeros for none */
export const planResume = (
  tail: LogTail,
  applied: ApplyAnswer,
  bounds: SourceBounds,
  start: StartAt,
  mine: Pick<LogHead, "generation" | "epoch">
): ResumePlan => {
  const { head, firstHead } = tail
  const known = applied === "silent" ? undefined : applied
  const leads = applied === "silent" || (!isSentElsewhere(head, known) && isBridged(head, firstHead, applied))
  if (head === undefined || !leads) {
    if (known === undefined) return begin(bounds, start, tail, mine.epoch)
    return heal(known, head?.generation ?? 0, head?.epoch ?? mine.epoch)
  }
  // A log that lost even the beginning of its newest generation: apply would take messages of an older one for known.
  const newest = Math.max(known?.generation ?? 0, mine.generation)
  return {
    why: "resume",
    anchor: head.anchor,
    last: head.last,
    previous: head.last,
    generation: newest > head.generation ? newest + 1 : head.generation,
    epoch: Math.max(head.epoch, mine.epoch) + 1,
    committedAt: head.committedAt
  }
}

/** Whether an operator has reset apply's offset: no message of the log ended there, and apply takes nothing of the log's. */
export const isSentElsewhere = (
  log: Pick<LogHead, "generation"> | undefined,
  applied: Pick<ApplyOffset, "generation" | "streamSequence"> | undefined
): boolean => applied?.streamSequence === 0 && log !== undefined && applied.generation > log.generation

/**
 * Whether the log leads on from apply's offset. Where only its newest generation is whole, that one is known to do so once
 * apply has taken something of it; else it may begin behind the offset, and healing once more costs phantoms only.
 */
const isBridged = (
  head: LogHead | undefined,
  firstHead: LogHead | undefined,
  applied: ApplyOffset | undefined
): boolean => {
  if (head === undefined) return false
  if (firstHead === undefined || leadsOn(firstHead, applied?.position)) return true
  return firstHead.generation < head.generation && applied?.generation === head.generation
}

const heal = (applied: ApplyOffset, generation: number, epoch: number): ResumePlan => ({
  why: "heal",
  anchor: applied.anchor,
  last: applied.position,
  previous: applied.position,
  generation: Math.max(applied.generation, generation) + 1,
  epoch: epoch + 1,
  committedAt: applied.committedAt
})

const begin = (bounds: SourceBounds, start: StartAt, tail: LogTail, mine: number): ResumePlan => {
  // A log that lost messages before anything was applied may have held changes: only a copy or the oldest binlog covers
  // them.
  const fromFirst = start === "earliest" || (start === "latest" && tail.lastSequence > 0)
  const from = fromFirst ? bounds.first : bounds.last
  const anchor: Anchor = {
    file: from.file,
    position: from.position,
    gtid: null,
    server: bounds.server,
    timeline: 1
  }
  return {
    why: "new",
    anchor,
    last: positionAt(anchor),
    previous: START,
    generation: tail.head === undefined ? (tail.lastSequence > 0 ? 2 : 1) : tail.head.generation + 1,
    epoch: Math.max(tail.head?.epoch ?? 0, mine) + 1,
    committedAt: null
  }
}

/**
 * The same plan on another history: what was planned leads up to its beginning, where a new timeline opens.
 *
 * @param anchor there, of a higher timeline
 */
export const onNewTimeline = (plan: ResumePlan, why: "failover" | "break", anchor: Anchor): ResumePlan => ({
  ...plan,
  why,
  anchor,
  last: positionAt(anchor)
})

/** The present end of the source's history, on the timeline behind one that an operator has given up. */
export const behindBreak = (plan: ResumePlan, { last, server }: SourceBounds): Anchor => ({
  file: last.file,
  position: last.position,
  gtid: null,
  server,
  timeline: plan.anchor.timeline + 1
})

/** Position before the first change at an anchor's byte. */
export const positionAt = (anchor: Pick<Anchor, "timeline" | "file" | "position">): PositionText =>
  formatPosition({
    timeline: anchor.timeline,
    file: binlogFileNumber(anchor.file) ?? 0,
    transaction: anchor.position,
    ordinal: 0
  })
