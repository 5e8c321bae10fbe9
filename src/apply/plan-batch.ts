/**
 * From messages to batches of the HR database: continuity, folding and splitting. Pure.
 */
import type { CheckScore } from "./score-checks.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { capturedAfter, type Captured } from "../../schemas/captured.ts"
import { leadsOn, type LogHead } from "../../schemas/log-head.ts"
import type { CheckpointBody } from "../../schemas/snapshot-state.ts"
import { keyOf, refusalOf } from "./decode-segment.ts"
import type { ApplyBatch, Refusal } from "./ProfileStore.ts"

/** What a message is to an offset. `hole`: changes between the offset and the message are missing. */
export type Continuity = "follows" | "known" | "hole"

export const continuityOf = (
  head: Pick<LogHead, "generation" | "previous" | "last">,
  offset: Pick<ApplyOffset, "generation" | "position"> | undefined
): Continuity => {
  if (offset === undefined) return leadsOn(head, undefined) ? "follows" : "hole"
  // A newer generation re-reads from behind; what is left of the older one says nothing new.
  if (head.generation < offset.generation) return "known"
  if (head.generation === offset.generation && head.last <= offset.position) return "known"
  return leadsOn(head, offset.position) ? "follows" : "hole"
}

/** A batch that still knows its unfolded events, so that it can be split. */
export type SplittableBatch = ApplyBatch & { readonly all: ReadonlyArray<ChangeEvent> }

/** One message that follows, with its events. */
export interface Run {
  readonly sequence: number
  readonly head: LogHead
  readonly events: ReadonlyArray<ChangeEvent>
  /** A checkpoint's content. */
  readonly checkpoint?: CheckpointBody | undefined
}

/** Offset after all of a message. Never behind the one before: a newer generation may end at an older position. */
const offsetAfter = (run: Run, before: ApplyOffset | undefined): ApplyOffset => {
  const isBehind = before !== undefined && run.head.last < before.position
  const snapshot = run.checkpoint?.snapshot ?? before?.snapshot
  const captured = isBehind ? before.captured : capturedBy(run, before)
  return {
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(captured === undefined ? {} : { captured }),
    position: isBehind ? before.position : run.head.last,
    generation: run.head.generation,
    streamSequence: run.sequence,
    anchor: isBehind ? before.anchor : run.head.anchor,
    committedAt: isBehind ? before.committedAt : (run.head.committedAt ?? before?.committedAt ?? null)
  }
}

/** A checkpoint names everything; a segment what came since, and messages are taken one after the other. */
const capturedBy = ({ checkpoint, head }: Run, before: ApplyOffset | undefined): Captured | undefined =>
  head.kind === "checkpoint" ? checkpoint?.captured : capturedAfter(before?.captured, head.captured)

/**
 * Batches of whole messages with at most `eventsMax` events each, at least one message. An event that cannot be filed
 * stands in a batch of its own. The offsets chain: each batch follows the one before.
 */
export const planBatches = (
  runs: ReadonlyArray<Run>,
  offset: ApplyOffset | undefined,
  eventsMax: number,
  check: CheckScore = () => undefined
): ReadonlyArray<SplittableBatch> => {
  const batches: Array<SplittableBatch> = []
  let after = offset
  let gathered: Array<ChangeEvent> = []
  let end: ApplyOffset | undefined
  const close = () => {
    if (end === undefined) return
    batches.push(...splitRefused(batchOf(after, end, gathered), check))
    after = end
    gathered = []
    end = undefined
  }
  for (const run of runs) {
    if (gathered.length > 0 && gathered.length + run.events.length > eventsMax) close()
    const known = end ?? after
    gathered.push(...run.events.filter((event) => known === undefined || event.sequence > known.position))
    end = offsetAfter(run, known)
    // The first message ever is alone in its batch: offsets inside later ones take their anchor from it.
    if (after === undefined) close()
  }
  close()
  return batches
}

const batchOf = (
  after: ApplyOffset | undefined,
  offset: ApplyOffset,
  events: ReadonlyArray<ChangeEvent>,
  refusal?: Refusal
): SplittableBatch => ({
  after,
  offset,
  changes: fold(events),
  events: events.length,
  refusal,
  all: events
})

/** Last change per key, in position order. Raw rows are not applied. */
export const fold = (events: ReadonlyArray<ChangeEvent>): ReadonlyArray<ChangeEvent> => {
  const last = new Map<string, ChangeEvent>()
  for (const event of events) {
    if ("rowKey" in event.data) continue
    const key = keyOf(event)!
    last.delete(key)
    last.set(key, event)
  }
  return [...last.values()]
}

/** Puts each event that cannot be filed into a batch of its own, between batches of its neighbours. */
const splitRefused = (batch: SplittableBatch, check: CheckScore): ReadonlyArray<SplittableBatch> => {
  const parts: Array<SplittableBatch> = []
  let from = 0
  let after = batch.after
  const take = (to: number, refusal?: Refusal) => {
    if (to <= from) return
    const events = batch.all.slice(from, to)
    const offset = to === batch.all.length ? batch.offset : offsetInside(batch, events.at(-1)!)
    parts.push(batchOf(after, offset, events, refusal))
    after = offset
    from = to
  }
  batch.all.forEach((event, index) => {
    const refusal = refusalOf(event) ?? check(event)
    if (refusal === undefined) return
    take(index)
    take(index + 1, refusal)
  })
  take(batch.all.length)
  return parts.length === 0 ? [batch] : parts
}

/**
 * Halves of a batch that the database refused, to find the row that is at fault; a batch of one event instead as a
 * dead letter with the database's reason.
 */
export const splitBatch = (batch: SplittableBatch, refusal: Refusal): ReadonlyArray<SplittableBatch> => {
  if (batch.all.length <= 1) return [{ ...batch, refusal }]
  const middle = Math.ceil(batch.all.length / 2)
  const first = batch.all.slice(0, middle)
  const between = offsetInside(batch, first.at(-1)!)
  return [batchOf(batch.after, between, first), batchOf(between, batch.offset, batch.all.slice(middle))]
}

/**
 * Offset at an event inside a batch. The anchor stays the one before the batch, which lies before the event in the
 * binlog, and the sequence the one before, so that a search starts early enough.
 */
const offsetInside = (batch: ApplyBatch, last: ChangeEvent): ApplyOffset => ({
  position: last.sequence,
  generation: batch.offset.generation,
  streamSequence: batch.after?.streamSequence ?? 0,
  anchor: batch.after?.anchor ?? batch.offset.anchor,
  committedAt: last.time,
  ...(batch.after?.snapshot === undefined ? {} : { snapshot: batch.after.snapshot }),
  ...(batch.after?.captured === undefined ? {} : { captured: { ...batch.after.captured, isBehind: true } })
})
