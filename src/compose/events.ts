/** `gradewire events …`: read from the change log alone. */
import { Effect, Schema } from "effect"
import { layerChangeFeed } from "../../connectors/jetstream/JetStreamChangeFeed.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { Fate } from "../../schemas/failure.ts"
import { maskEvent } from "../apply/mask-event.ts"
import { eventAt, followEvents, lastEvents, type EventFilter, type LoggedEvent } from "../apply/read-log.ts"
import type { EventTail, LoggedEventView } from "../cli/LoggedEvents.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { changeLogOptions } from "./options.ts"

/** The change log holds no event at that position, or no longer. */
export class EventUnknown extends Schema.TaggedError<EventUnknown>()("EventUnknown", {
  message: Schema.String,
  position: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "gradewire events tail prints the positions that the change log holds; what is older was removed by its age limit."
}

const feedOf = Effect.fnUntraced(function* (file: string) {
  const log = yield* changeLogOptions(yield* loadConfig(file))
  return { feed: layerChangeFeed(log), connection: NatsConnection.layer(log) }
})

export const eventsTail = Effect.fnUntraced(function* <E, R>(
  file: string,
  { filter, follow, lines, reveal }: EventTail,
  print: (events: ReadonlyArray<LoggedEventView>) => Effect.Effect<void, E, R>
) {
  const { connection, feed } = yield* feedOf(file)
  const wanted = wantedBy(filter)
  const show = (events: ReadonlyArray<LoggedEvent>) => print(events.map((event) => viewOf(event, reveal)))
  yield* Effect.gen(function* () {
    const { events, next } = yield* lastEvents(lines, wanted)
    if (events.length > 0 || !follow) yield* show(events)
    if (follow) yield* followEvents(next, wanted, show)
  }).pipe(Effect.scoped, Effect.provide(feed), Effect.provide(connection))
})

export const event = Effect.fnUntraced(function* (file: string, position: string, reveal: boolean) {
  const { connection, feed } = yield* feedOf(file)
  const found = yield* eventAt(position).pipe(Effect.provide(feed), Effect.provide(connection))
  if (found !== undefined) return viewOf(found, reveal)
  return yield* new EventUnknown({ message: `The change log holds no event at ${position}`, position })
})

const PREFIX = "gradewire."

/** `gradewire.score.corrected.v1` as `score.corrected`. */
const shortType = (type: string): string => type.slice(PREFIX.length).replace(/\.v\d+$/, "")

const wantedBy =
  ({ result, table, type }: EventTail["filter"]): EventFilter =>
  (one) =>
    (type === null || one.type === type || shortType(one.type) === type) &&
    (table === null || one.subject === table) &&
    (result === null || ("resultId" in one.data && one.data.resultId === result))

const viewOf = ({ event: one, generation, sequence }: LoggedEvent, reveal: boolean): LoggedEventView => ({
  sequence,
  generation,
  position: one.sequence,
  time: one.time,
  type: shortType(one.type),
  key: keyTextOf(one.data),
  changed: changedOf(one.data),
  revealed: reveal,
  event: reveal ? one : maskEvent(one)
})

const keyTextOf = (data: ChangeEvent["data"]): string => {
  if ("resultId" in data) return data.resultId
  if ("learnerId" in data) return `learner ${data.learnerId}`
  return "assessmentId" in data ? `assessment ${data.assessmentId}` : data.rowKey
}

/** Names of fields whose value differs from the one before, never the values. */
const changedOf = (data: ChangeEvent["data"]): ReadonlyArray<string> => {
  if (!("previous" in data) || data.previous === undefined) return []
  const [now, before] = [leaves(data, ""), leaves(data.previous, "")]
  return [...new Map([...before, ...now]).keys()].filter(
    (path) => before.has(path) && now.get(path) !== before.get(path)
  )
}

const leaves = (value: object, prefix: string): ReadonlyMap<string, unknown> => {
  const found = new Map<string, unknown>()
  for (const [key, inner] of Object.entries(value) as ReadonlyArray<[string, unknown]>) {
    if (prefix === "" && key === "previous") continue
    const path = `${prefix}${key}`
    if (typeof inner !== "object" || inner === null) found.set(path, inner)
    else for (const [name, leaf] of leaves(inner, `${path}.`)) found.set(name, leaf)
  }
  return found
}
