/**
 * `gradewire offsets reset|restore|history`: sets the stored offsets to another place of the binlog (D3).
 *
 * - Everything is looked at first: the place, what lies between, whether anybody still writes. Only then, and only where
 *   nothing stands against it, one transaction moves all lanes, under a higher epoch and a new generation.
 * - Capture asks where apply stands and begins there; apply takes nothing of an older generation meanwhile.
 */
import { Effect } from "effect"
import { askVitals } from "../../connectors/jetstream/NatsVitals.ts"
import { logErrorOf } from "../../connectors/jetstream/classify-error.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { readLogStatus } from "../../connectors/jetstream/read-log-status.ts"
import { MySqlChangeSource } from "../../connectors/mysql/MySqlChangeSource.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { timeZone } from "../../schemas/civil-time.ts"
import { offsetPlaceOf } from "../../schemas/offset-place.ts"
import type { RoleControl } from "../../schemas/control.ts"
import type { VitalsReport } from "../../schemas/vitals-report.ts"
import {
  ConnectorActive,
  DataLossRefused,
  MoveUnknown,
  OffsetsNone,
  OffsetsOvertaken,
  type MoveRefusal
} from "../apply/move-refusals.ts"
import type { LaneOffset, OffsetDesk } from "../apply/OffsetDesk.ts"
import { ChangeSource } from "../capture/ChangeSource.ts"
import { findPlace, placeAgain, placeInHistory } from "../capture/find-place.ts"
import type { FoundPlace } from "../capture/binlog-place.ts"
import { measurePassage, type Passage } from "../capture/measure-passage.ts"
import type { MoveHistory, MoveRequest, MoveView, PlaceView } from "../cli/OffsetMoves.ts"
import { ROLE_NAMES } from "../pipeline/Vitals.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { operator } from "./operator.ts"
import { changeLogOptions, sourceOptions } from "./options.ts"
import { placeOf } from "./place-of.ts"
import { targetOf } from "./target-of.ts"

export const moves = Effect.fnUntraced(function* (file: string, limit: number) {
  const loaded = yield* loadConfig(file)
  const desk = yield* (yield* targetOf(loaded)).offsetDesk
  return {
    connector: loaded.config.connector,
    moves: yield* desk.history(limit)
  } satisfies MoveHistory
}, Effect.scoped)

export const move = Effect.fnUntraced(function* (file: string, request: MoveRequest) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const desk = yield* target.offsetDesk
  const from = yield* desk.lanes
  const current = yield* slowestOf(loaded, from)
  const source = yield* asideSource(loaded)
  const { bounds, passage, place, resume } = yield* plan(loaded, desk, current, request.to).pipe(
    Effect.provide(source)
  )
  const rank = yield* Effect.result(askRank(loaded))
  const { controls } = yield* target.operations
  const activity = activityOf(loaded, yield* controls, rank._tag === "Success" ? rank.success.processes : [])
  const loss = lossOf(passage, request.execute?.acceptsLoss === true)
  const unknown = rank._tag === "Failure" ? rank.failure : undefined
  const refusals = [activity, unknown, loss].filter((refusal) => refusal !== undefined)
  const known = rank._tag === "Success" ? rank.success.generation : 0
  const generation = Math.max(known, ...from.map(({ offset }) => offset?.generation ?? 0)) + 1
  const epoch = Math.max(...from.map((lane) => lane.epoch))
  const { direction, ...between } = passage
  const to = { ...resume, ...place, committedAt: null, generation, streamSequence: 0 }
  const view = {
    connector: loaded.config.connector,
    kind: request.to._tag === "Restore" ? "restore" : "reset",
    current: placeView(current),
    new: placeView(to),
    direction,
    passage: "events" in between ? between : null,
    binlog: { from: placeText(bounds.first), to: placeText(bounds.last) },
    epoch,
    newEpoch: epoch + 1,
    refusals: refusals.map(({ _tag: tag, message, remedy: fix }) => ({ tag, message, fix })),
    executed: false,
    historyId: null
  } satisfies MoveView
  const { execute } = request
  if (execute === undefined) return view
  if (refusals[0] !== undefined) return yield* Effect.fail(refusals[0])
  const { kind } = view
  const old = offsetPlaceOf(current)
  const historyId = yield* desk.move({ kind, from, old, to, reason: execute.reason, changedBy: operator() })
  if (historyId === undefined) {
    const { connector } = loaded.config
    return yield* new OffsetsOvertaken({
      message: `The offsets of ${connector} moved while this command looked; nothing was changed`,
      connector
    })
  }
  return { ...view, executed: true, historyId } satisfies MoveView
}, Effect.scoped)

/** The lane that is furthest behind speaks for all: what faster ones have applied is without effect when it comes again. */
const slowestOf = (loaded: LoadedConfig, lanes: ReadonlyArray<LaneOffset>) => {
  const offsets = lanes.map(({ offset }) => offset)
  const begun = offsets.filter((offset) => offset !== undefined)
  const { connector } = loaded.config
  return begun.length === 0 || begun.length < offsets.length
    ? new OffsetsNone({ message: `${connector} has not applied anything yet in all of its lanes`, connector })
    : Effect.succeed(begun.reduce((slowest, one) => (one.position < slowest.position ? one : slowest)))
}

/** Under a server_id of its own: a running capture must not lose its connection to a dry run. */
const asideSource = (loaded: LoadedConfig) =>
  Effect.map(sourceOptions(loaded), (options) =>
    MySqlChangeSource.layer({
      ...options,
      connector: `${options.connector} offsets ${process.pid}`,
      serverId: undefined
    })
  )

const plan = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  desk: OffsetDesk,
  current: ApplyOffset,
  wanted: MoveRequest["to"]
) {
  const { connector, source: configured, tables } = loaded.config
  const source = yield* ChangeSource
  const place = yield* wanted._tag === "Restore"
    ? placeOfMove(desk, wanted.id, current)
    : findPlace(wanted, current)
  const zone = timeZone(configured.timeZone) ?? 0
  const passage = yield* measurePassage(current, place, desk.taken, { connector, tables, zone }).pipe(
    Effect.catchTag("PositionPurged", (purged) =>
      // The way out where the stored place itself is purged: what lies between cannot be told any more.
      place.position > current.position ? Effect.succeed({ direction: "skip" as const }) : Effect.fail(purged)
    )
  )
  yield* placeAgain(current, place, passage)
  // Found out now: after a failover of the training database nobody else could.
  const { captured } = yield* source.locate({ anchor: place.anchor })
  const { captured: _before, ...rest } = current
  const resume = captured === undefined ? rest : { ...rest, captured }
  return { bounds: yield* source.bounds, passage, place, resume }
})

/** Where the offsets stood before that move. */
const placeOfMove = Effect.fnUntraced(function* (desk: OffsetDesk, id: number, current: ApplyOffset) {
  const record = yield* desk.record(id)
  if (record?.old === undefined) {
    const message =
      record === undefined ? `No move has the number ${id}` : `Move ${id} was written by a newer gradewire`
    return yield* new MoveUnknown({ message, id })
  }
  return yield* placeInHistory(record.old, current)
})

/** What only NATS tells: who runs, and the generation that the log has come to. */
const askRank = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const log = yield* changeLogOptions(loaded)
  return yield* Effect.all([readLogStatus(log), askVitals(log)], { concurrency: "unbounded" }).pipe(
    Effect.map(([status, processes]) => ({ generation: status.head?.generation ?? 0, processes })),
    Effect.mapError((trouble) => logErrorOf(log, trouble)),
    Effect.provide(NatsConnection.layer(log))
  )
})

/** A role that reads or writes, or is about to. */
const IDLE: ReadonlySet<string> = new Set(["paused", "standby", "stopped"])

const activityOf = (
  { config: { connector } }: LoadedConfig,
  controls: ReadonlyArray<RoleControl>,
  processes: ReadonlyArray<VitalsReport>
): MoveRefusal | undefined => {
  const allowed = ROLE_NAMES.filter(
    (role) => controls.find((control) => control.role === role)?.paused !== true
  )
  if (allowed.length > 0) {
    return new ConnectorActive({
      message: `${connector} is not paused: ${allowed.join(" and ")} may run`,
      connector
    })
  }
  const active = processes.find(({ roles }) => roles.some(({ state }) => !IDLE.has(state)))
  if (active === undefined) return undefined
  return new ConnectorActive({ message: `${active.holder} is paused but has not let go yet`, connector })
}

const lossOf = (
  passage: Passage | { readonly direction: "skip" },
  isAccepted: boolean
): MoveRefusal | undefined => {
  if (passage.direction !== "skip" || isAccepted) return undefined
  if (!("events" in passage)) {
    const message = "The binlog behind the current place is purged: what a skip would lose is not known"
    return new DataLossRefused({ message, events: null, results: null })
  }
  const events = passage.events - passage.alreadyApplied
  if (events === 0) return undefined
  const results = passage.notAppliedCount
  const message = `${events} change events would never be applied, of ${results} results`
  return new DataLossRefused({ message, events, results })
}

const placeView = ({
  anchor,
  generation,
  position
}: Pick<ApplyOffset, "anchor" | "generation" | "position">): PlaceView => {
  const place = placeOf(anchor, position)
  return {
    file: place.file,
    logPosition: place.position,
    gtid: anchor.gtid,
    server: anchor.server,
    position,
    generation
  }
}

const placeText = ({
  file,
  position
}: FoundPlace["anchor"] | { readonly file: string; readonly position: number }) => `${file}:${position}`
