/**
 * Port: the change log as capture sees it, a durable sequence of messages with one writer.
 *
 * - Every append names the sequence it expects to be last. A second writer's first append is refused, and after a
 *   refusal every later append in flight is refused too: no gap can form (G6).
 * - A refused or unanswered append says nothing about where the log ends; the caller reads `tail` again.
 */
import { Context, Schema, type Effect, type Scope } from "effect"
import type { LogHead } from "../../schemas/log-head.ts"
import type { Fate } from "../../schemas/failure.ts"
import type { OwnHead } from "../pipeline/first-after.ts"

export interface LogTail {
  /** Sequence of the oldest message still stored; 0 where none is. */
  readonly firstSequence: number
  /** Sequence of the newest message ever stored; 0 for a new log. A purged log keeps it. */
  readonly lastSequence: number
  /** Head of the newest message stored; `undefined` where the log is empty. */
  readonly head: LogHead | undefined
  /** Head of the oldest message stored. */
  readonly firstHead: LogHead | undefined
}

export interface LogMessage {
  readonly head: LogHead
  /** Body in UTF-8: a batch of events, or a CheckpointBody. */
  readonly body: Uint8Array
}

export interface LogAppender {
  /**
   * Hands a message over and returns once there is room for another in the window. Fails where this or an earlier
   * message was refused or not acknowledged in time; then the appender is dead.
   */
  readonly append: (message: LogMessage) => Effect.Effect<void, ChangeLogError>
  /** Waits until everything handed over is acknowledged. */
  readonly flush: Effect.Effect<void, ChangeLogError>
  /** Sequence of the last acknowledged message. */
  readonly acknowledged: Effect.Effect<number>
}

export class LogUnavailable extends Schema.TaggedError<LogUnavailable>()("LogUnavailable", {
  message: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Nothing to do if it passes by itself; else check that NATS runs with JetStream and is reachable under changeLog.servers."
}

/** The stream refuses new messages because it is full (`discard: new`); the binlog is the buffer behind it. */
export class LogFull extends Schema.TaggedError<LogFull>()("LogFull", {
  message: Schema.String,
  stream: Schema.String
}) {
  readonly fate: Fate = "retry"
  get remedy(): string {
    return `Capture waits. Raise the limit (nats stream edit ${this.stream} --max-bytes …) or remove what every consumer has read.`
  }
}

/** The log does not end where this writer left it: somebody else wrote, or its tail was lost. Read the tail again. */
export class LogMoved extends Schema.TaggedError<LogMoved>()("LogMoved", {
  message: Schema.String,
  expectedSequence: Schema.Number
}) {
  readonly fate: Fate = "retry"
  readonly remedy = "Capture reads the end of the stream again and decides; nothing to do."
}

/** Another process took over with a higher epoch; this one must leave (G6). */
export class CaptureFenced extends Schema.TaggedError<CaptureFenced>()("CaptureFenced", {
  message: Schema.String,
  epoch: Schema.Number,
  newerEpoch: Schema.Number
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Another gradewire captures for this connector. Run one capture process only; if the other one is the mistake, stop it and start this one again."
}

/** A message that the server will never take: larger than its max_payload. */
export class MessageTooLarge extends Schema.TaggedError<MessageTooLarge>()("MessageTooLarge", {
  message: Schema.String,
  bytes: Schema.Number,
  bytesMax: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Raise max_payload in the NATS server's configuration to at least ${this.bytes} bytes and reload it, or set changeLog.largeEvents: split, or map fewer columns of the table.`
  }
}

/** The stream is missing where it is not ours to create, or has settings that would lose messages. */
export class LogMisconfigured extends Schema.TaggedError<LogMisconfigured>()("LogMisconfigured", {
  message: Schema.String,
  stream: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

/** A message in the stream was not written by gradewire, or by a version this one does not understand. */
export class LogForeign extends Schema.TaggedError<LogForeign>()("LogForeign", {
  message: Schema.String,
  stream: Schema.String,
  sequence: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Look at the message (nats stream get ${this.stream} ${this.sequence}), remove what does not belong there, and keep other publishers off the stream's subjects.`
  }
}

export type ChangeLogError =
  | LogUnavailable
  | LogFull
  | LogMoved
  | CaptureFenced
  | MessageTooLarge
  | LogMisconfigured
  | LogForeign

export class ChangeLog extends Context.Service<
  ChangeLog,
  {
    /** Ensures or verifies the stream, then reads its ends. */
    readonly tail: Effect.Effect<LogTail, ChangeLogError>
    /** Head of the first message stored at or after a sequence; `undefined` past the end. */
    readonly headAt: (sequence: number) => Effect.Effect<OwnHead | undefined, ChangeLogError>
    /** The newest checkpoint stored; `undefined` where none is. */
    readonly lastCheckpoint: Effect.Effect<LogMessage | undefined, ChangeLogError>
    /** Largest message body that the server takes. */
    readonly bodyBytesMax: Effect.Effect<number, ChangeLogError>
    /** Opens the one place from which messages are appended after `lastSequence`. Closing the scope abandons what is unacknowledged. */
    readonly appender: (lastSequence: number) => Effect.Effect<LogAppender, ChangeLogError, Scope.Scope>
  }
>()("gradewire/capture/ChangeLog") {}
