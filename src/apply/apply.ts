/**
 * Apply: files the change log's events in the HR database, each batch with its offset in one transaction.
 *
 * - Where to start is the HR database's word alone (G4); the log is searched for that place by position (G5).
 * - A message that does not follow the offset is never applied: known ones are skipped, a hole stops apply (G1, G3).
 * - A row that the database refuses is singled out and parked; everybody else's go on (G3).
 * - The next batch is read and decoded while one commits; memory holds about two of them (G8).
 */
import { Effect, Option, Result, Schedule, type Scope } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { monotonicMillis } from "../pipeline/monotonic-millis.ts"
import { persevere } from "../pipeline/persevere.ts"
import { CurrentThrottles } from "../pipeline/Throttles.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import { noteApplied, noteReleased, tracedBatch } from "./apply-watch.ts"
import { ChangeFeed, type ChangeFeedError, type FeedReader } from "./ChangeFeed.ts"
import { decodeSegment, type SegmentUndecodable } from "./decode-segment.ts"
import type { CheckScore } from "./score-checks.ts"
import { planBatches, splitBatch, type SplittableBatch } from "./plan-batch.ts"
import {
  ProfileStore,
  READING_PAUSES,
  type BatchOutcome,
  type ProfileStoreError,
  type RowRefused
} from "./ProfileStore.ts"
import { ProgressDesk } from "./ProgressDesk.ts"
import { readAhead, type ReadSegment } from "./read-ahead.ts"
import { repeated } from "./repeat-step.ts"
import { eventsOfLane, type LaneUnroutable, type Routing } from "./route-events.ts"
import type { SegmentShelf } from "./SegmentShelf.ts"
import { seekStart, type ChangeLogHole, type FeedForeign, type GenerationAwaited } from "./seek-start.ts"

export type ApplyError =
  | ChangeFeedError
  | ProfileStoreError
  | SegmentUndecodable
  | ChangeLogHole
  | FeedForeign
  | GenerationAwaited
  | LaneUnroutable

export interface ApplyOptions {
  /** Change events in one transaction. */
  readonly batchEvents: number
  /** Of every score before it is filed. None where it is left out. */
  readonly checkScore?: CheckScore
  /** How often held results are looked at again, at least. */
  readonly releaseMillis: number
  /** How often HR's employees are read anew, at most; where it is left out, only when apply takes over. */
  readonly employeesMillis?: number | undefined
  /** A reading is repeated after so many times what it took, at least. Default {@link READING_PAUSES}. */
  readonly employeesPauses?: number | undefined
  /** Which changes are filed here; all of them where it is left out. */
  readonly routing?: Routing | undefined
  /** Shared by the lanes of a process. */
  readonly shelf?: SegmentShelf | undefined
}

/** Longer than capture's own pauses between two attempts, shorter than the patience of a supervisor. */
const ANSWER_SECONDS = 10

export const apply = (
  options: ApplyOptions
): Effect.Effect<never, ApplyError, ChangeFeed | ProfileStore | ProgressDesk> =>
  Effect.suspend(() => {
    const last: LastLease = { epoch: 0 }
    return persevere("apply", (steady) => Effect.scoped(attempt(options, last, steady)))
  })

/** The highest epoch that this process applied under; memory only to know whether somebody else came later. */
interface LastLease {
  epoch: number
}

/**
 * An operator who pauses this process lets others have its place; what it held before says nothing once it is resumed.
 */
const attempt = (options: ApplyOptions, last: LastLease, steady: Effect.Effect<void>) =>
  Effect.onInterrupt(life(options, last, steady), () =>
    Effect.sync(() => {
      last.epoch = 0
    })
  )

const life = Effect.fnUntraced(function* (
  options: ApplyOptions,
  last: LastLease,
  steady: Effect.Effect<void>
) {
  const store = yield* ProfileStore
  const desk = yield* ProgressDesk
  if (last.epoch > 0) yield* leaveIfFenced(last.epoch)
  const { epoch, offset } = yield* store.takeOver
  last.epoch = epoch
  const vitals = yield* CurrentVitals
  vitals.epochs.set("apply", epoch)
  vitals.connections.set("hr", true)
  yield* desk.serve(store.progress)
  // One lane does it for all.
  if (options.employeesMillis !== undefined && (options.routing?.lane ?? 0) === 0)
    yield* Effect.forkScoped(
      readEmployees(store.readEmployees, options.employeesMillis, options.employeesPauses)
    )
  return yield* follow(epoch, offset, options, steady).pipe(
    Effect.scoped,
    Effect.catchTag("GenerationAwaited", (awaited) =>
      Effect.andThen(untilBegun(awaited, offset), Effect.scoped(follow(epoch, offset, options, steady)))
    ),
    Effect.catchTag("ChangeLogHole", (hole) =>
      Effect.flatMap(untilBridged(hole), (later) => Effect.scoped(follow(epoch, later, options, steady)))
    )
  )
})

const readEmployees = Effect.fnUntraced(function* (
  reading: (typeof ProfileStore.Service)["readEmployees"],
  pauseMillis: number,
  pauses = READING_PAUSES
): Effect.fn.Return<never> {
  while (true) {
    const from = yield* monotonicMillis
    yield* reading.pipe(
      Effect.catch(({ _tag, message, remedy }) =>
        Effect.logWarning("HR's employees could not be read; what is known of them stays", {
          tag: _tag,
          reason: message,
          remedy
        })
      )
    )
    const took = (yield* monotonicMillis) - from
    yield* Effect.sleep(Math.max(pauseMillis, took * pauses))
  }
})

/**
 * A process that starts over must not take the place of one that came after it: it may have slept for an hour (G6). The
 * store compares epochs before it looks at held results; a lower one is that of an older copy of the database.
 */
const leaveIfFenced = (epoch: number): Effect.Effect<void, ProfileStoreError, ProfileStore> =>
  Effect.flatMap(ProfileStore, (store) => store.release(epoch)).pipe(
    Effect.catchTag("OffsetMoved", () => Effect.void),
    Effect.asVoid
  )

const follow = Effect.fnUntraced(function* (
  epoch: number,
  offset: ApplyOffset | undefined,
  options: ApplyOptions,
  steady: Effect.Effect<void>
) {
  const feed = yield* ChangeFeed
  const start = yield* seekStart(offset)
  yield* Effect.logInfo("apply begins", { after: offset?.position, sequence: start, epoch })
  const reader = yield* feed.open(start)
  yield* steady
  return yield* pump(reader, epoch, offset, options)
})

/** Capture asks where apply stands, at its start and every few seconds, and comes to it; the desk stays open meanwhile. */
const untilBegun = Effect.fnUntraced(function* (
  { generation, newest, remedy }: GenerationAwaited,
  offset: ApplyOffset | undefined
) {
  yield* Effect.logWarning("apply waits until capture begins at its offset", { generation, newest, remedy })
  yield* Effect.sleep("1 second").pipe(
    Effect.andThen(seekStart(offset)),
    Effect.retry({ while: ({ _tag }) => _tag === "GenerationAwaited" })
  )
})

/**
 * Capture bridges a hole from the binlog, but only if it is told where apply stands: the desk stays open for a while, so
 * that a capture that starts now gets its answer, and the place is looked for again. One hole a life; then apply stops.
 */
const untilBridged = Effect.fnUntraced(function* (hole: ChangeLogHole) {
  const store = yield* ProfileStore
  yield* Effect.logError("the change log has a hole; apply answers capture for a while, then stops", {
    offset: hole.offset,
    previous: hole.previous,
    remedy: hole.remedy
  })
  const look = Effect.flatMap(store.offset, (offset) => Effect.as(seekStart(offset), offset))
  return yield* Effect.sleep("1 second").pipe(
    Effect.andThen(look),
    Effect.retry({ schedule: Schedule.recurs(ANSWER_SECONDS), while: ({ _tag }) => _tag === "ChangeLogHole" })
  )
})

/** A page of held results comes between two batches, where one after another is filed. */
const AT_ONCE_MILLIS = 1

/** Applies what comes; between batches, and at least every `releaseMillis`, held results are looked at again. */
const pump = Effect.fnUntraced(function* (
  reader: FeedReader,
  epoch: number,
  from: ApplyOffset | undefined,
  options: ApplyOptions
): Effect.fn.Return<never, ApplyError, ProfileStore | Scope.Scope> {
  const store = yield* ProfileStore
  const ahead = yield* readAhead(reader, from, readSegmentOf(options), options.batchEvents)
  let offset = from
  const throttles = yield* CurrentThrottles
  let releasedAt = yield* monotonicMillis
  let hasMore = false
  while (true) {
    const read = yield* Effect.timeoutOption(ahead.take, hasMore ? AT_ONCE_MILLIS : options.releaseMillis)
    if (Option.isSome(read)) {
      const { failure, runs } = read.value
      const batchEvents = Math.min(options.batchEvents, throttles.perSecond("apply") ?? options.batchEvents)
      for (const batch of planBatches(runs, offset, batchEvents, options.checkScore)) {
        yield* noteApplied(batch, yield* applyBatch(epoch, batch))
        offset = batch.offset
        yield* throttles.passed("apply", batch.events)
      }
      if (failure !== undefined) return yield* Effect.fail(failure)
    }
    const now = yield* monotonicMillis
    if (!hasMore && now - releasedAt < options.releaseMillis) continue
    hasMore = yield* release(store.release(epoch))
    releasedAt = yield* monotonicMillis
  }
})

/** Every lane reads every segment: only so can it prove that none is missing. */
const readSegmentOf = ({ routing, shelf }: ApplyOptions): ReadSegment => {
  if (routing === undefined) return decodeSegment
  return (sequence, head, body) =>
    Result.flatMap((shelf ?? { decode: decodeSegment }).decode(sequence, head, body), (events) =>
      eventsOfLane(events, routing)
    )
}

const release = Effect.fnUntraced(function* (
  run: ReturnType<(typeof ProfileStore.Service)["release"]>
): Effect.fn.Return<boolean, ProfileStoreError> {
  const { more, released } = yield* repeated(run)
  if (released > 0) {
    yield* noteReleased(released)
    yield* Effect.logInfo("held results filed", { released })
  }
  return more
})

/** One batch; a refused one is split until the refused row stands alone and is parked. */
const applyBatch = (
  epoch: number,
  batch: SplittableBatch
): Effect.Effect<BatchOutcome, ProfileStoreError, ProfileStore> =>
  Effect.flatMap(ProfileStore, (store) => tracedBatch(batch, repeated(store.apply(epoch, batch)))).pipe(
    Effect.tap((outcome) => (outcome.dead > 0 ? reportDead(batch, outcome) : Effect.void)),
    Effect.catchTag("RowRefused", (refused) => applyParts(epoch, batch, refused))
  )

const applyParts = Effect.fnUntraced(function* (
  epoch: number,
  batch: SplittableBatch,
  refused: RowRefused
): Effect.fn.Return<BatchOutcome, ProfileStoreError, ProfileStore> {
  // A dead letter itself was refused: nothing smaller is left to try.
  if (batch.refusal !== undefined) return yield* refused
  let sum: BatchOutcome = { applied: 0, stale: 0, held: 0, dead: 0 }
  for (const part of splitBatch(batch, { reason: refused.code, detail: refused.detail })) {
    const outcome = yield* applyBatch(epoch, part)
    sum = {
      applied: sum.applied + outcome.applied,
      stale: sum.stale + outcome.stale,
      held: sum.held + outcome.held,
      dead: sum.dead + outcome.dead
    }
  }
  return sum
})

const reportDead = (batch: SplittableBatch, outcome: BatchOutcome) =>
  Effect.logWarning("dead letter written", {
    position: batch.offset.position,
    dead: outcome.dead,
    reason: batch.refusal?.reason,
    detail: batch.refusal?.detail
  })
