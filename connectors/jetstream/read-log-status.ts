/** Where the change log ends, for people: looks, and changes nothing; a missing stream is an answer. */
import { Effect } from "effect"
import type { LogHead } from "../../schemas/log-head.ts"
import { NatsConnection } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"
import { newestHead, STREAM_NOT_FOUND, streamOf } from "./stream-access.ts"

export interface LogStatus {
  readonly stream: string
  /** False: the stream is not there yet. */
  readonly exists: boolean
  readonly messages: number
  readonly bytes: number
  readonly firstSequence: number
  readonly lastSequence: number
  /** Of the newest message; `undefined` where there is none of ours. */
  readonly head: LogHead | undefined
}

export const readLogStatus = (
  options: JetStreamOptions
): Effect.Effect<LogStatus, NatsTrouble, NatsConnection> =>
  Effect.gen(function* () {
    const connection = yield* NatsConnection
    const { stream } = options
    const found = yield* streamOf(connection, options).pipe(
      Effect.catchIf(
        ({ code, kind }) => kind === "refused" && code === STREAM_NOT_FOUND,
        () => Effect.succeed(undefined)
      )
    )
    if (found === undefined) {
      const nothing = { messages: 0, bytes: 0, firstSequence: 0, lastSequence: 0, head: undefined }
      return { stream, exists: false, ...nothing }
    }
    const { bytes, first_seq: firstSequence, last_seq: lastSequence, messages } = found.state
    const newest = messages === 0 ? undefined : yield* newestHead(connection, options)
    return { stream, exists: true, messages, bytes, firstSequence, lastSequence, head: newest?.head }
  })
