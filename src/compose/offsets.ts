/**
 * `gradewire offsets list|show`: the three stages side by side. The HR database must answer; the training database, NATS
 * and the running processes add what they know, and what they do not is `null`.
 */
import { Effect } from "effect"
import type { LogStatus } from "../../connectors/jetstream/read-log-status.ts"
import type { StoredOffset } from "../../connectors/hr/stored-rows.ts"
import type { RoleControl } from "../../schemas/control.ts"
import type { StageOffset } from "../../schemas/stage-offset.ts"
import type { VitalsReport } from "../../schemas/vitals-report.ts"
import type { RoleName, Stage } from "../pipeline/Vitals.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import {
  answerOf,
  askLog,
  askOperations,
  askSource,
  bytesBehind,
  messagesBehind,
  troubleOf
} from "./ask-systems.ts"
import { effectiveConfig } from "./effective-config.ts"
import { placeOf } from "./place-of.ts"
import { purgeMargin, slowestLane } from "./purge-margin.ts"
import { targetOf } from "./target-of.ts"

export const offsets = Effect.fnUntraced(function* (file: string) {
  const loaded = yield* loadConfig(file)
  const { connector } = loaded.config
  const target = yield* targetOf(loaded)
  const [stored, source, [log, processes], operations] = yield* Effect.all(
    [target.offsets, askSource(loaded), askLog(loaded), askOperations(loaded)],
    { concurrency: "unbounded" }
  )
  const anchor = slowestLane(stored, connector)?.anchor ?? null
  const margin = anchor === null || answerOf(source) === null ? null : yield* purgeMargin(loaded, anchor)
  const known: Known = {
    loaded,
    source: answerOf(source),
    log: answerOf(log),
    processes: answerOf(processes),
    controls: answerOf(operations)?.controls ?? null,
    margin
  }
  return [
    { ...sourceRow(known), trouble: troubleOf(source) },
    { ...streamRow(known), trouble: troubleOf(log) ?? missing(known) },
    ...stored.map((offset) => sinkRow(known, offset))
  ] satisfies ReadonlyArray<StageOffset>
})

interface Known {
  readonly loaded: LoadedConfig
  readonly source: Effect.Success<ReturnType<typeof askSource>> extends infer A
    ? A extends { readonly answer: infer B }
      ? B | null
      : never
    : never
  readonly log: LogStatus | null
  readonly processes: ReadonlyArray<VitalsReport> | null
  readonly controls: ReadonlyArray<RoleControl> | null
  readonly margin: StageOffset["purgeMarginHours"]
}

const NOTHING = {
  lane: null,
  position: null,
  logFile: null,
  logPosition: null,
  resume: null,
  gtid: null,
  server: null,
  generation: null,
  streamSequence: null,
  committedAt: null,
  updatedAt: null,
  lagSeconds: null,
  messagesBehind: null,
  bytesBehind: null,
  ageSeconds: null,
  state: null,
  epoch: null,
  holder: null,
  events: null,
  applied: null,
  held: null,
  deadLetters: null,
  purgeMarginHours: null,
  trouble: null
} as const

const sourceRow = (known: Known): StageOffset => {
  const { loaded, source } = known
  return {
    ...NOTHING,
    connector: loaded.config.connector,
    stage: "source",
    logFile: source?.last.file ?? null,
    logPosition: source?.last.position ?? null,
    server: source?.server ?? null,
    lagSeconds: lagOf(known, "capture"),
    state: stateOf(known, "capture")
  }
}

const streamRow = (known: Known): StageOffset => {
  const { loaded, log } = known
  const head = log?.head
  const place = placeOf(head?.anchor ?? null, head?.last ?? "")
  return {
    ...NOTHING,
    connector: loaded.config.connector,
    stage: "stream",
    position: head?.last ?? null,
    logFile: place.file,
    logPosition: place.position,
    ...anchorOf(head?.anchor ?? null),
    generation: head?.generation ?? null,
    streamSequence: log?.exists === true ? log.lastSequence : null,
    committedAt: head?.committedAt ?? null,
    lagSeconds: lagOf(known, "log"),
    bytesBehind: behind(known, place),
    state: stateOf(known, "capture"),
    epoch: head?.epoch ?? null,
    holder: holderOf(known, "capture")
  }
}

const sinkRow = (known: Known, offset: StoredOffset): StageOffset => {
  const { anchor, position, ...stored } = offset
  const isOurs = offset.connector === known.loaded.config.connector
  const place = placeOf(anchor, position)
  return {
    ...NOTHING,
    connector: offset.connector,
    stage: "sink",
    lane: offset.lane,
    position: anchor === null ? null : position,
    logFile: place.file,
    logPosition: place.position,
    ...anchorOf(anchor),
    generation: stored.generation,
    streamSequence: anchor === null ? null : stored.streamSequence,
    committedAt: stored.committedAt,
    updatedAt: stored.updatedAt,
    lagSeconds: stored.lagSeconds,
    messagesBehind: isOurs ? messagesBehind(known.log, offset) : null,
    bytesBehind: isOurs ? behind(known, place) : null,
    ageSeconds: stored.idleSeconds,
    state: isOurs ? stateOf(known, "apply") : null,
    epoch: stored.epoch,
    holder: stored.holder,
    events: String(stored.events),
    applied: String(stored.applied),
    held: String(stored.held),
    deadLetters: String(stored.deadLetters),
    purgeMarginHours: isOurs && anchor !== null ? known.margin : null
  }
}

const missing = ({ loaded, log }: Known): StageOffset["trouble"] => {
  const { stream } = effectiveConfig(loaded.config).changeLog
  return log !== null && !log.exists
    ? { tag: "LogMissing", message: `there is no stream ${stream} yet` }
    : null
}

const anchorOf = (anchor: StoredOffset["anchor"]): Pick<StageOffset, "resume" | "gtid" | "server"> => ({
  resume: anchor === null ? null : `${anchor.file}:${anchor.position}`,
  gtid: anchor?.gtid ?? null,
  server: anchor?.server ?? null
})

const behind = ({ source }: Known, place: ReturnType<typeof placeOf>): number | null =>
  source === null ? null : bytesBehind(source.last, place)

/** The process that works, where several have the role. */
const withRole = ({ processes }: Known, role: RoleName) => {
  const found = (processes ?? []).flatMap((report) => {
    const own = report.roles.find((one) => one.role === role)
    return own === undefined ? [] : [{ report, state: own.state }]
  })
  return found.find(({ state }) => state === "running") ?? found[0]
}

/** Where no process answers, an operator's wish is all that is known. */
const stateOf = (known: Known, role: RoleName): string | null => {
  const found = withRole(known, role)
  if (found !== undefined) return found.state
  if (known.controls?.find((control) => control.role === role)?.paused === true) return "paused"
  return known.processes === null ? null : "absent"
}

const holderOf = (known: Known, role: RoleName): string | null => withRole(known, role)?.report.holder ?? null

const lagOf = (known: Known, stage: Exclude<Stage, "apply">): number | null =>
  withRole(known, "capture")?.report.lagSeconds[stage] ?? null
