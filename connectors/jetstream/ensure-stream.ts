/** Makes sure that the stream is there and keeps what it is given; fails with the command that mends it (G1). */
import type { StreamInfo } from "@nats-io/jetstream"
import { Effect } from "effect"
import { LogMisconfigured, type ChangeLogError } from "../../src/capture/ChangeLog.ts"
import { logErrorOf } from "./classify-error.ts"
import type { NatsConnection } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"
import { STREAM_NOT_FOUND, streamOf } from "./stream-access.ts"
import { addCommand, driftOf, isServerRecent, SERVER_VERSION_MIN, streamConfig } from "./topology.ts"

export const ensureStream = Effect.fnUntraced(function* (
  connection: NatsConnection["Service"],
  options: JetStreamOptions
): Effect.fn.Return<StreamInfo, ChangeLogError> {
  const toLogError = (trouble: NatsTrouble): ChangeLogError => logErrorOf(options, trouble)
  const link = yield* Effect.mapError(connection.link, toLogError)
  const version = link.nats.info?.version
  if (version !== undefined && !isServerRecent(version)) {
    return yield* new LogMisconfigured({
      message: `the NATS server is version ${version}; ${SERVER_VERSION_MIN} or newer is needed`,
      stream: options.stream,
      fix: `Upgrade nats-server to ${SERVER_VERSION_MIN} or newer.`
    })
  }
  const stream = yield* streamOf(connection, options).pipe(
    Effect.catchIf(
      (trouble) => trouble.code === STREAM_NOT_FOUND,
      () => (options.manage === "create" ? create(connection, options) : Effect.succeed(undefined))
    ),
    Effect.mapError(toLogError)
  )
  if (stream === undefined) {
    return yield* new LogMisconfigured({
      message: `stream ${options.stream} does not exist, and changeLog.manage is "verify"`,
      stream: options.stream,
      fix: addCommand(options)
    })
  }
  const drift = driftOf(stream.config, options)
  if (drift.length > 0) {
    const settings = drift.map(({ setting, found, wanted }) => `${setting} is ${found}, not ${wanted}`)
    return yield* new LogMisconfigured({
      message: `stream ${options.stream} would lose messages: ${settings.join("; ")}`,
      stream: options.stream,
      fix: drift.map(({ fix }) => fix).join("\n")
    })
  }
  return stream
})

const create = (
  connection: NatsConnection["Service"],
  options: JetStreamOptions
): Effect.Effect<StreamInfo, NatsTrouble> =>
  connection
    .ask(`creating stream ${options.stream}`, (link) => link.jetstream.streams.add(streamConfig(options)))
    .pipe(
      Effect.tap(() => Effect.logInfo("created the change log's stream", { stream: options.stream })),
      // Another process was faster: its stream is as good, or the comparison says what is wrong with it.
      Effect.catchIf(
        (trouble) => trouble.code === 10058,
        () => streamOf(connection, options)
      )
    )
