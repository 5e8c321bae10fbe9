/** Hands an operator's command on the copy of the tables to the running capture over NATS. */
import { Effect, Schema } from "effect"
import type { Fate } from "../../schemas/failure.ts"
import type { SnapshotCommand, SnapshotStatus } from "../../schemas/snapshot-command.ts"
import type { SnapshotRefusal } from "../../src/capture/SnapshotDesk.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { snapshotSubject, type JetStreamOptions } from "./options.ts"
import { decodeSnapshotAnswer, encodeSnapshotCommand } from "./snapshot-answer.ts"

/** No capture process took the command, or none answered in time. */
export class CaptureSilent extends Schema.TaggedError<CaptureSilent>()("CaptureSilent", {
  message: Schema.String,
  connector: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Start capture (gradewire run --config FILE --role capture), and check that both reach the same NATS server (gradewire check changelog). Look at gradewire snapshot status before repeating a command that may have been taken."
}

/** Milliseconds for a condition's check at the source, the end of a long transaction and a checkpoint. */
const ANSWER_MS = 30_000
const STATUS_MS = 3_000

export const askSnapshot = (
  { connector }: Pick<JetStreamOptions, "connector">,
  command: SnapshotCommand
): Effect.Effect<SnapshotStatus, SnapshotRefusal | CaptureSilent, NatsConnection> =>
  Effect.gen(function* () {
    const connection = yield* NatsConnection
    const timeout = command.command === "status" ? STATUS_MS : ANSWER_MS
    const silent = (message: string) => new CaptureSilent({ message, connector })
    const reply = yield* connection
      .ask("asking capture", ({ nats }) =>
        nats.request(snapshotSubject(connector), encodeSnapshotCommand(command), { timeout })
      )
      .pipe(
        Effect.mapError(({ message }) => silent(`no running capture of ${connector} answers: ${message}`)),
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () => Effect.fail(silent(`no running capture of ${connector} answers in ${timeout} ms`))
        })
      )
    const answer = decodeSnapshotAnswer(reply.string())
    if (answer === undefined) return yield* silent("the answer of capture is not understood")
    return "status" in answer ? answer.status : yield* answer.refused
  })
