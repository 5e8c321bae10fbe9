/**
 * Port: the change log as apply sees it: messages in sequence from any place, without acknowledgements.
 *
 * Where to start is decided from the HR database's offset alone; the server keeps no progress for us (G4).
 */
import { Context, Schema, type Effect, type Scope } from "effect"
import type { LogHead } from "../../schemas/log-head.ts"
import type { Fate } from "../../schemas/failure.ts"

export interface FeedMessage {
  readonly sequence: number
  /** `undefined` where the message is not ours. */
  readonly head: LogHead | undefined
  readonly body: Uint8Array
}

export interface FeedEnds {
  /** Sequence of the oldest message stored; greater than `lastSequence` or 0 where the log is empty. */
  readonly firstSequence: number
  readonly lastSequence: number
}

export interface FeedReader {
  /** Waits for at least one message, then gives all that wait, up to the window. Sequences rise without a gap of ours. */
  readonly next: Effect.Effect<ReadonlyArray<FeedMessage>, ChangeFeedError>
}

export class FeedUnavailable extends Schema.TaggedError<FeedUnavailable>()("FeedUnavailable", {
  message: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Nothing to do if it passes by itself; else check that NATS runs with JetStream, is reachable, and that capture has created the stream."
}

export type ChangeFeedError = FeedUnavailable

export class ChangeFeed extends Context.Service<
  ChangeFeed,
  {
    readonly ends: Effect.Effect<FeedEnds, ChangeFeedError>
    /** The first message stored at or after `sequence`, its body left out; `undefined` past the end. */
    readonly headAt: (
      sequence: number
    ) => Effect.Effect<
      { readonly sequence: number; readonly head: LogHead | undefined } | undefined,
      ChangeFeedError
    >
    /** Reads from the first message at or after `sequence`; survives reconnects of the server by itself. */
    readonly open: (sequence: number) => Effect.Effect<FeedReader, ChangeFeedError, Scope.Scope>
  }
>()("gradewire/apply/ChangeFeed") {}
