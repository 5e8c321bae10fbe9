/** Asks the three systems and the running processes, each with its own patience; what does not answer is trouble, not a failure. */
import { Effect } from "effect"
import { askVitals } from "../../connectors/jetstream/NatsVitals.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { readLogStatus, type LogStatus } from "../../connectors/jetstream/read-log-status.ts"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import type { StoredOffset } from "../../connectors/hr/stored-rows.ts"
import { compareHeads } from "../../schemas/log-head.ts"
import { binlogFileNumber } from "../../schemas/position.ts"
import { ChangeSource } from "../capture/ChangeSource.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { changeLogOptions, sourceOptions } from "./options.ts"
import { targetOf } from "./target-of.ts"

const PATIENCE = "5 seconds"

export type Asked<A> =
  | { readonly answer: A }
  | { readonly trouble: { readonly tag: string; readonly message: string } }

const asked = <A, E extends { readonly _tag: string; readonly message: string }, R>(
  question: Effect.Effect<A, E, R>
): Effect.Effect<Asked<A>, never, R> =>
  question.pipe(
    Effect.map((answer) => ({ answer })),
    Effect.timeoutOrElse({
      duration: PATIENCE,
      orElse: () => Effect.succeed({ trouble: { tag: "Timeout", message: `no answer in ${PATIENCE}` } })
    }),
    Effect.catch((failure: { readonly _tag: string; readonly message: string }) =>
      Effect.succeed({ trouble: { tag: failure._tag, message: failure.message } })
    )
  )

export const answerOf = <A>(part: Asked<A>): A | null => ("answer" in part ? part.answer : null)
export const troubleOf = (part: Asked<unknown>) => ("trouble" in part ? part.trouble : null)

export const askSource = (loaded: LoadedConfig) =>
  asked(
    Effect.flatMap(sourceOptions(loaded), (options) =>
      Effect.flatMap(ChangeSource, (source) => source.bounds).pipe(
        Effect.provide(MySqlChangeSource.layer(options))
      )
    )
  )

export const askLog = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const options = yield* Effect.result(changeLogOptions(loaded))
  if (options._tag === "Failure") {
    const trouble = { trouble: { tag: options.failure._tag, message: options.failure.message } }
    return [trouble, trouble] as const
  }
  const log = options.success
  return yield* Effect.all([asked(readLogStatus(log)), asked(askVitals(log))], {
    concurrency: "unbounded"
  }).pipe(Effect.provide(NatsConnection.layer(log)))
})

export const askOperations = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const target = yield* targetOf(loaded)
  const operations = Effect.gen(function* () {
    const asking = yield* target.operations
    return { lag: yield* asking.lag, controls: yield* asking.controls }
  })
  return yield* asked(Effect.scoped(operations))
})

export const askHr = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const target = yield* targetOf(loaded)
  return yield* Effect.all([asked(target.offsets), askOperations(loaded), asked(target.snapshot)], {
    concurrency: "unbounded"
  })
})

interface Place {
  readonly file: string | null
  readonly position: number | null
}

/** Known only within one file: the sizes of those between are the source's to tell. */
export const bytesBehind = (source: Place, log: Place): number | null => {
  if (source.file === null || source.position === null || log.file === null || log.position === null)
    return null
  return binlogFileNumber(source.file) === binlogFileNumber(log.file)
    ? Math.max(0, source.position - log.position)
    : null
}

/** A message that says nothing beyond the offset, as a new writer's first one often does, is not behind. */
export const messagesBehind = (log: LogStatus | null, offset: StoredOffset | undefined): number | null => {
  if (log === null || !log.exists || offset === undefined || offset.anchor === null) return null
  const { position: last, generation } = offset
  if (log.head !== undefined && compareHeads(log.head, { generation, last }) <= 0) return 0
  // No message ended where an operator has set the offset to.
  return offset.streamSequence === 0 ? null : Math.max(0, log.lastSequence - offset.streamSequence)
}
