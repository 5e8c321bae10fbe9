/** Notes how far apply is and what became of the results; once per batch, never per row. */
import { Clock, Effect, Metric } from "effect"
import { utcToEpochMillis } from "../../schemas/civil-time.ts"
import * as metrics from "../pipeline/metrics.ts"
import { traced, traceMore } from "../pipeline/traced.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import type { FeedMessage } from "./ChangeFeed.ts"
import type { ApplyBatch, BatchOutcome } from "./ProfileStore.ts"

/** Messages came from the log, known ones included. */
export const noteRead = Effect.fnUntraced(function* (messages: ReadonlyArray<FeedMessage>) {
  const vitals = yield* CurrentVitals
  vitals.connections.set("log", true)
  let bytes = 0
  for (const { body } of messages) bytes += body.length
  yield* Metric.update(metrics.bytesTotal({ stage: "apply" }), bytes)
})

/** A batch is committed in the HR database. */
export const noteApplied = Effect.fnUntraced(function* (batch: ApplyBatch, outcome: BatchOutcome) {
  const vitals = yield* CurrentVitals
  vitals.connections.set("hr", true)
  const now = yield* Clock.currentTimeMillis
  const horizon = batch.offset.committedAt === null ? undefined : utcToEpochMillis(batch.offset.committedAt)
  if (horizon !== undefined) vitals.hears("apply", horizon, now)
  if (batch.events > 0) {
    yield* Metric.update(metrics.eventsTotal({ stage: "apply" }), batch.events)
    if (horizon !== undefined) {
      yield* Metric.update(metrics.endToEndSeconds(), Math.max(0, now - horizon) / 1000)
    }
  }
  for (const kind of ["applied", "stale", "held", "dead"] as const) {
    if (outcome[kind] > 0) yield* Metric.update(metrics.resultsTotal({ outcome: kind }), outcome[kind])
  }
})

/** Held results have been filed. */
export const noteReleased = (released: number): Effect.Effect<void> =>
  Metric.update(metrics.resultsTotal({ outcome: "released" }), released)

/** The HR database did not take a step, which is repeated. */
export const noteRefusal = Effect.fnUntraced(function* (tag: string) {
  const vitals = yield* CurrentVitals
  if (tag === "StoreUnavailable") vitals.connections.set("hr", false)
  yield* Metric.update(metrics.retriesTotal({ stage: "apply", class: tag }), 1)
})

/** The HR database answers, but lacks something that it had; it is asked again. */
export const noteLacking = Effect.fnUntraced(function* (tag: string) {
  const vitals = yield* CurrentVitals
  vitals.turn("apply", "waiting", yield* Clock.currentTimeMillis, tag)
  yield* Metric.update(metrics.retriesTotal({ stage: "apply", class: tag }), 1)
})

/** It has it again. */
export const noteGivenBack = Effect.gen(function* () {
  const vitals = yield* CurrentVitals
  vitals.turn("apply", "running", yield* Clock.currentTimeMillis)
  yield* Effect.logInfo("the HR database has what apply waited for; it goes on where it stood")
})

/** A span around a batch, its attempts included, that ends with what became of the results. */
export const tracedBatch = <E, R>(
  { changes, events, offset }: ApplyBatch,
  step: Effect.Effect<BatchOutcome, E, R>
): Effect.Effect<BatchOutcome, E, R> =>
  traced(
    "apply batch",
    () => ({
      "gradewire.events": events,
      "gradewire.results": changes.length,
      "gradewire.position": offset.position,
      "gradewire.stream_sequence": offset.streamSequence,
      "gradewire.committed_at": offset.committedAt ?? undefined
    }),
    Effect.tap(step, ({ applied, dead, held, stale }) =>
      traceMore(() => ({
        "gradewire.applied": applied,
        "gradewire.stale": stale,
        "gradewire.held": held,
        "gradewire.dead": dead
      }))
    )
  )
