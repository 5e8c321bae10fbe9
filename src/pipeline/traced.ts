/** Spans of batches, for those who want them: without a collector in the configuration nothing is made. */
import { Context, Effect } from "effect"

/** Whether spans have somewhere to go. */
export const CurrentTraces = Context.Reference<boolean>("gradewire/pipeline/CurrentTraces", {
  defaultValue: () => false
})

type Attributes = Readonly<Record<string, string | number | undefined>>

/** A span around one batch. No attribute is ever a personal value (G9). */
export const traced = <A, E, R>(
  name: string,
  attributes: () => Attributes,
  batch: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(CurrentTraces, (isOn) =>
    isOn ? Effect.withSpan(batch, name, { attributes: attributes(), captureStackTrace: false }) : batch
  )

/** More about the batch that runs, once it is known. */
export const traceMore = (attributes: () => Attributes): Effect.Effect<void> =>
  Effect.flatMap(CurrentTraces, (isOn) => (isOn ? Effect.annotateCurrentSpan(attributes()) : Effect.void))
