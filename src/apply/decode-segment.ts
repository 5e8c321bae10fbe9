/**
 * A message's body as change events, checked against its head.
 *
 * The full schema is the contract's and is tested; here, once per event, only what apply's correctness rests on is
 * checked: known type, rising positions inside the head's bounds, a key. A wrong type deeper down is refused by the
 * database and parked.
 */
import { Result, Schema } from "effect"
import { EVENT_SCHEMAS, type ChangeEvent } from "../../schemas/change-event.ts"
import type { Fate } from "../../schemas/failure.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import { CheckpointBody } from "../../schemas/snapshot-state.ts"
import type { Refusal } from "./ProfileStore.ts"

/** The body is not what its head says; going on could lose changes. */
export class SegmentUndecodable extends Schema.TaggedError<SegmentUndecodable>()("SegmentUndecodable", {
  message: Schema.String,
  sequence: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Message ${this.sequence} of the stream is damaged. Purge the stream (nats stream purge STREAM) and restart gradewire: capture reads what apply still needs from the binlog again.`
  }
}

/** The last piece of a change without those before it. */
export const piecesMissing = (sequence: number): SegmentUndecodable =>
  new SegmentUndecodable({
    message: "It is the last piece of a large change, and those before it are not in the log",
    sequence
  })

const KNOWN_TYPES: ReadonlySet<string> = new Set(
  Object.keys(EVENT_SCHEMAS).map((name) => `gradewire.${name}`)
)
const utf8 = new TextDecoder("utf-8", { fatal: true })

export const decodeSegment = (
  sequence: number,
  head: LogHead,
  body: Uint8Array
): Result.Result<ReadonlyArray<ChangeEvent>, SegmentUndecodable> => {
  const damaged = (message: string) => Result.fail(new SegmentUndecodable({ message, sequence }))
  const parsed = Result.try(() => JSON.parse(utf8.decode(body)) as unknown)
  if (Result.isFailure(parsed)) return damaged("The body is not JSON in UTF-8")
  if (!Array.isArray(parsed.success)) return damaged("The body is not a batch of events")
  const events = parsed.success as ReadonlyArray<unknown>
  if (events.length !== head.count) {
    return damaged(`The body holds ${events.length} events, its head says ${head.count}`)
  }
  let before = head.previous
  for (let index = 0; index < events.length; index++) {
    const fault = eventFault(events[index], before, head)
    if (fault !== undefined) return damaged(`Event ${index} ${fault}`)
    before = (events[index] as ChangeEvent).sequence
  }
  return before === head.last || events.length === 0
    ? Result.succeed(events as ReadonlyArray<ChangeEvent>)
    : damaged("The last event does not stand at the head's last position")
}

const decodeCheckpoint = Schema.decodeUnknownResult(Schema.fromJsonString(CheckpointBody))

/** What a checkpoint says of capture's progress; what is not understood costs a detour at most, so it is left out. */
export const checkpointOf = (body: Uint8Array): CheckpointBody | undefined =>
  Result.getOrUndefined(decodeCheckpoint(new TextDecoder().decode(body)))

const eventFault = (event: unknown, before: string, head: LogHead): string | undefined => {
  if (typeof event !== "object" || event === null) return "is no object"
  const { type, sequence, data } = event as Readonly<Record<string, unknown>>
  if (typeof type !== "string" || !KNOWN_TYPES.has(type)) return "has an unknown type"
  if (typeof sequence !== "string" || sequence.length !== head.last.length) return "has no position"
  if (sequence <= before || sequence > head.last) return "is out of order"
  if (typeof data !== "object" || data === null) return "has no content"
  return keyOf(event as ChangeEvent) === undefined ? "has no key" : undefined
}

/** What a change is about: later changes with the same key replace earlier ones. `undefined` where it names nothing. */
export const keyOf = (event: ChangeEvent): string | undefined => {
  const data = event.data as Readonly<Record<string, unknown>>
  const id = data["resultId"] ?? data["learnerId"] ?? data["assessmentId"] ?? data["rowKey"]
  if (typeof id !== "string" || id === "") return undefined
  return "resultId" in data
    ? `s${id}`
    : "learnerId" in data
      ? `l${id}`
      : "assessmentId" in data
        ? `a${id}`
        : `r${id}`
}

/** Why an event can not be filed whatever the database says; names fields, never values (G9). */
export const refusalOf = (event: ChangeEvent): Refusal | undefined => {
  if (!("unreadable" in event.data) || event.data.unreadable === undefined) return undefined
  return {
    reason: "UnreadableValue",
    detail: `${event.subject}: ${Object.keys(event.data.unreadable).join(", ")}`
  }
}
