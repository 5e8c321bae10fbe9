/**
 * What every message of the change log says about itself in its headers, so that continuity is proven without
 * opening the body (D3).
 *
 * A *segment* is a run of consecutive change events in commit order; its body is a CloudEvents JSON batch. A
 * *checkpoint* carries no events: it moves the position past transactions that touched no mapped table, and announces
 * a new writer's epoch. Read through the stream, messages rise by (generation, last); `previous` is the `last` of the
 * message before, so a missing message shows as a gap.
 */
import { Result, Schema } from "effect"
import { Anchor } from "./anchor.ts"
import { Captured } from "./captured.ts"
import { parsePosition, START, type PositionText } from "./position.ts"

export const LogPosition = Schema.String.check(
  Schema.makeFilter((text) => parsePosition(text) !== undefined || "expected a position")
)

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export const LogHead = Schema.Struct({
  /** Version of this header set and of the body. */
  version: Schema.Literal(1),
  kind: Schema.Literals(["segment", "checkpoint"]),
  connector: Schema.NonEmptyString,
  /** +1 whenever capture went back in the binlog, to heal or because a DBA asked for it. */
  generation: Count,
  /** Fencing number of the capture process that wrote this message. */
  epoch: Count,
  /** Position of the last change known before this message. */
  previous: LogPosition,
  /** Position of the first change inside; for a checkpoint the same as `last`. */
  first: LogPosition,
  /** Everything at or before this position is in the log. */
  last: LogPosition,
  /** Change events in the body. */
  count: Count,
  /** Distinct event types in the body, sorted. */
  types: Schema.Array(Schema.String),
  /** Present where a transaction spans several segments: 1, 2, … */
  part: Schema.optionalKey(Count),
  /** Whether the transaction that spans ends in this segment. */
  partLast: Schema.optionalKey(Schema.Boolean),
  /** Present where one change spans several messages: 1, 2, …. All but the last move nothing: they end at `previous`. */
  piece: Schema.optionalKey(Count),
  /** Whether the change ends in this piece. */
  pieceLast: Schema.optionalKey(Schema.Boolean),
  /** Where reading the binlog resumes after this message. */
  anchor: Anchor,
  /** A segment's: transactions that the log holds besides those that the last checkpoint names. */
  captured: Schema.optionalKey(Captured),
  /**
   * Everything that the source committed until then is in the log with this message (RFC 3339 UTC): the commit time of the
   * last change inside, or of the last transaction passed, or when an idle source said that it has nothing more. Null
   * before the first of these.
   */
  committedAt: Schema.NullOr(Schema.String)
})
export type LogHead = typeof LogHead.Type

export const SEGMENT_CONTENT_TYPE = "application/cloudevents-batch+json"

const HEADER_NAMES = {
  version: "Gradewire-Version",
  kind: "Gradewire-Kind",
  connector: "Gradewire-Connector",
  generation: "Gradewire-Generation",
  epoch: "Gradewire-Epoch",
  previous: "Gradewire-Previous",
  first: "Gradewire-First",
  last: "Gradewire-Last",
  count: "Gradewire-Count",
  types: "Gradewire-Types",
  part: "Gradewire-Part",
  partLast: "Gradewire-Part-Last",
  piece: "Gradewire-Piece",
  pieceLast: "Gradewire-Piece-Last",
  anchor: "Gradewire-Anchor",
  captured: "Gradewire-Captured",
  committedAt: "Gradewire-Committed-At"
} as const satisfies Record<keyof LogHead, string>

const NUMBERS = new Set<keyof LogHead>(["version", "generation", "epoch", "count", "part", "piece"])

/** Tells a message from every other one of its writer. */
export const messageId = ({
  connector,
  epoch,
  generation,
  kind,
  last,
  piece,
  pieceLast
}: LogHead): string => {
  // Pieces but the last share their position with the change before, which may be in pieces too.
  const part = piece === undefined ? "" : `${pieceLast === true ? "." : ".+"}${piece}`
  return `${connector}.${generation}.${epoch}.${kind}.${last}${part}`
}

/** Header name and value pairs; `Nats-Msg-Id` and `Content-Type` included. */
export const toHeaders = (head: LogHead): ReadonlyArray<readonly [string, string]> => {
  const headers: Array<readonly [string, string]> = [
    ["Content-Type", head.kind === "segment" ? SEGMENT_CONTENT_TYPE : "application/json"],
    // Only a bonus: generation and epoch keep a re-publication from being taken for a duplicate.
    ["Nats-Msg-Id", messageId(head)]
  ]
  for (const key of Object.keys(HEADER_NAMES) as Array<keyof LogHead>) {
    const value = head[key]
    if (value === undefined || value === null) continue
    headers.push([HEADER_NAMES[key], headerText(value)])
  }
  return headers
}

const headerText = (value: NonNullable<LogHead[keyof LogHead]>): string => {
  if (Array.isArray(value)) return value.join(",")
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}

const decodeHead = Schema.decodeUnknownResult(LogHead)

/** The head of a stored message; `undefined` where the headers are not ours or of a version that is not understood. */
export const fromHeaders = (get: (name: string) => string | undefined): LogHead | undefined => {
  const raw: Record<string, unknown> = { committedAt: null }
  for (const key of Object.keys(HEADER_NAMES) as Array<keyof LogHead>) {
    const text = get(HEADER_NAMES[key])
    if (text === undefined || text === "") continue
    raw[key] = headerValue(key, text)
  }
  raw["types"] ??= []
  return Result.getOrUndefined(decodeHead(raw))
}

const headerValue = (key: keyof LogHead, text: string): unknown => {
  if (NUMBERS.has(key)) return /^\d{1,15}$/.test(text) ? Number(text) : text
  if (key === "types") return text.split(",")
  if (key === "partLast" || key === "pieceLast") return text === "true"
  if (key === "anchor" || key === "captured") return parseJson(text)
  return text
}

const parseJson = (text: string): unknown =>
  Result.getOrUndefined(Result.try(() => JSON.parse(text) as unknown))

/** Order in the stream: generation, then position. Negative where `a` comes first. */
export const compareHeads = (
  a: Pick<LogHead, "generation" | "last">,
  b: Pick<LogHead, "generation" | "last">
): number => a.generation - b.generation || (a.last < b.last ? -1 : a.last > b.last ? 1 : 0)

/**
 * Whether a message follows on everything up to `position`; `undefined`: on nothing at all. One whose `previous` is START
 * begins a connector and claims all before it for known, which is true for nobody who has something already.
 */
export const leadsOn = (
  head: Pick<LogHead, "previous" | "last">,
  position: PositionText | undefined
): boolean =>
  position === undefined
    ? head.previous <= START
    : head.previous <= position && (head.previous > START || head.last <= position)
