/** `gradewire status`: asks all three systems and the running processes side by side, each with its own patience. */
import { Effect } from "effect"
import type { StoredLag } from "../../connectors/hr/operations.ts"
import type { StoredOffset } from "../../connectors/hr/stored-rows.ts"
import type { HrStatus, LogStatusView, PipelineStatus, SourceStatus } from "../cli/PipelineStatus.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { answerOf, askHr, askLog, askSource, bytesBehind, messagesBehind, troubleOf } from "./ask-systems.ts"
import { effectiveConfig } from "./effective-config.ts"
import { placeOf } from "./place-of.ts"
import { purgeMargin } from "./purge-margin.ts"

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
