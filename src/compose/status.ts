/** `gradewire status`: asks all three systems and the running processes side by side, each with its own patience. */
import { Effect } from "effect"
import { askVitals } from "../../connectors/jetstream/NatsVitals.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { readLogStatus, type LogStatus } from "../../connectors/jetstream/read-log-status.ts"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import type { StoredLag } from "../../connectors/hr/operations.ts"
import type { StoredOffset } from "../../connectors/hr/stored-rows.ts"
import { compareHeads } from "../../schemas/log-head.ts"
import { binlogFileNumber } from "../../schemas/position.ts"
import { ChangeSource } from "../capture/ChangeSource.ts"
import type { HrStatus, LogStatusView, PipelineStatus, SourceStatus } from "../cli/PipelineStatus.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { changeLogOptions, sourceOptions } from "./options.ts"
import { placeOf } from "./place-of.ts"
import { purgeMargin } from "./purge-margin.ts"
import { targetOf } from "./target-of.ts"

const PATIENCE = "5 seconds"

type Asked<A> =
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

const answerOf = <A>(part: Asked<A>): A | null => ("answer" in part ? part.answer : null)
const troubleOf = (part: Asked<unknown>) => ("trouble" in part ? part.trouble : null)

export const status = Effect.fnUntraced(function* (file: string) {
  const loaded = yield* loadConfig(file)
  const [source, [log, processes], [stored, operations, snapshot]] = yield* Effect.all(
    [askSource(loaded), askLog(loaded), askHr(loaded)],
    { concurrency: "unbounded" }
  )
  const offset = slowestOf(answerOf(stored), loaded.config.connector)
  const margin =
    offset?.anchor === null || offset === undefined ? null : yield* purgeMargin(loaded, offset.anchor)
  const sourceView = sourceStatus(loaded, source)
  const logView = logStatus(loaded, log)
  const known = answerOf(operations)
  return {
    connector: loaded.config.connector,
    source: sourceView,
    log: logView,
    hr: hrStatus(loaded, stored, offset, known),
    bytesBehind: bytesBehind(sourceView, logView),
    messagesBehind: messagesBehind(answerOf(log), offset),
    purgeMarginHours: margin,
    snapshot: answerOf(snapshot)?.tables ?? null,
    controls: known?.controls ?? null,
    processes: answerOf(processes)
  } satisfies PipelineStatus
})

const askSource = (loaded: LoadedConfig) =>
  asked(
    Effect.flatMap(sourceOptions(loaded), (options) =>
      Effect.flatMap(ChangeSource, (source) => source.bounds).pipe(
        Effect.provide(MySqlChangeSource.layer(options))
      )
    )
  )

const askLog = Effect.fnUntraced(function* (loaded: LoadedConfig) {
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

const askHr = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const target = yield* targetOf(loaded)
  const operations = Effect.gen(function* () {
    const asking = yield* target.operations
    return { lag: yield* asking.lag, controls: yield* asking.controls }
  })
  return yield* Effect.all(
    [asked(target.offsets), asked(Effect.scoped(operations)), asked(target.snapshot)],
    {
      concurrency: "unbounded"
    }
  )
})

/** A connector may have several rows, one for each lane; the one that is furthest behind speaks for it. */
const slowestOf = (stored: ReadonlyArray<StoredOffset> | null, connector: string): StoredOffset | undefined =>
  stored
    ?.filter((offset) => offset.connector === connector)
    .reduce<StoredOffset | undefined>(
      (slowest, offset) => (slowest === undefined || offset.position < slowest.position ? offset : slowest),
      undefined
    )

const sourceStatus = (
  loaded: LoadedConfig,
  asked: Effect.Success<ReturnType<typeof askSource>>
): SourceStatus => {
  const { host, port } = effectiveConfig(loaded.config).source
  const bounds = answerOf(asked)
  return {
    address: `${host}:${port}`,
    server: bounds?.server ?? null,
    file: bounds?.last.file ?? null,
    position: bounds?.last.position ?? null,
    trouble: troubleOf(asked)
  }
}

const logStatus = (
  loaded: LoadedConfig,
  asked: Effect.Success<ReturnType<typeof askLog>>[0]
): LogStatusView => {
  const { stream } = effectiveConfig(loaded.config).changeLog
  const found = answerOf(asked)
  const missing = { tag: "LogMissing", message: `there is no stream ${stream} yet` }
  const isThere = found !== null && found.exists
  const head = found?.head
  return {
    stream,
    ...placeOf(head?.anchor ?? null, head?.last ?? ""),
    messages: isThere ? found.messages : null,
    bytes: isThere ? found.bytes : null,
    lastSequence: isThere ? found.lastSequence : null,
    until: head?.committedAt ?? null,
    generation: head?.generation ?? null,
    epoch: head?.epoch ?? null,
    trouble: found !== null && !found.exists ? missing : troubleOf(asked)
  }
}

type HrAnswers = Effect.Success<ReturnType<typeof askHr>>

const hrStatus = (
  loaded: LoadedConfig,
  asked: HrAnswers[0],
  offset: StoredOffset | undefined,
  known: { readonly lag: StoredLag | undefined } | null
): HrStatus => {
  const { host, port } = effectiveConfig(loaded.config).target
  const lag = known?.lag
  return {
    address: `${host}:${port}`,
    ...placeOf(offset?.anchor ?? null, offset?.position ?? ""),
    streamSequence: offset === undefined || offset.anchor === null ? null : offset.streamSequence,
    until: offset?.committedAt ?? null,
    lagSeconds: lag?.totalSeconds ?? null,
    heartbeatAgeSeconds: lag?.heartbeatAgeSeconds ?? null,
    epoch: offset?.epoch ?? null,
    holder: offset?.holder ?? null,
    held: lag?.held ?? null,
    oldestHeldSeconds: lag?.oldestHeldSeconds ?? null,
    deadLetters: lag?.deadLetters ?? null,
    trouble: troubleOf(asked)
  }
}

/** Known only within one file: the sizes of those between are the source's to tell. */
const bytesBehind = (source: SourceStatus, log: LogStatusView): number | null => {
  if (source.file === null || source.position === null || log.file === null || log.position === null)
    return null
  return binlogFileNumber(source.file) === binlogFileNumber(log.file)
    ? Math.max(0, source.position - log.position)
    : null
}

/** A message that says nothing beyond the offset, as a new writer's first one often does, is not behind. */
const messagesBehind = (log: LogStatus | null, offset: StoredOffset | undefined): number | null => {
  if (log === null || !log.exists || offset === undefined || offset.anchor === null) return null
  const { position: last, generation } = offset
  if (log.head !== undefined && compareHeads(log.head, { generation, last }) <= 0) return 0
  return Math.max(0, log.lastSequence - offset.streamSequence)
}
