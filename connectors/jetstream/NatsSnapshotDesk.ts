/**
 * Takes an operator's commands on the copy of the tables over NATS.
 *
 * What is not understood is not answered, and neither is what waits behind too many others: the one who asked is told
 * by the missing answer, and asks again.
 */
import { Effect, Layer, Queue, type Scope } from "effect"
import type { Msg } from "@nats-io/transport-node"
import { LogUnavailable } from "../../src/capture/ChangeLog.ts"
import { SnapshotDesk, type SnapshotQuestion } from "../../src/capture/SnapshotDesk.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { snapshotSubject, type JetStreamOptions } from "./options.ts"
import { decodeSnapshotCommand, encodeSnapshotAnswer } from "./snapshot-answer.ts"

const WAITING_MAX = 16

export const layerSnapshotDesk = (
  options: Pick<JetStreamOptions, "connector">
): Layer.Layer<SnapshotDesk, never, NatsConnection> =>
  Layer.effect(
    SnapshotDesk,
    Effect.map(NatsConnection, (connection) => SnapshotDesk.of({ open: open(options.connector, connection) }))
  )

const open = Effect.fnUntraced(function* (
  connector: string,
  connection: NatsConnection["Service"]
): Effect.fn.Return<Effect.Effect<SnapshotQuestion>, LogUnavailable, Scope.Scope> {
  const questions = yield* Queue.sliding<SnapshotQuestion>(WAITING_MAX)
  const { nats } = yield* Effect.mapError(connection.link, ({ message }) => new LogUnavailable({ message }))
  yield* Effect.acquireRelease(
    // The driver subscribes again by itself after a reconnect.
    Effect.sync(() =>
      nats.subscribe(snapshotSubject(connector), {
        callback: (error, message) => {
          const question = error === null ? questionOf(message) : undefined
          if (question !== undefined) Queue.offerUnsafe(questions, question)
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  return Queue.take(questions)
})

const questionOf = (message: Msg): SnapshotQuestion | undefined => {
  const command = decodeSnapshotCommand(message.string())
  if (command === undefined) return undefined
  return {
    command,
    answer: (answer) =>
      Effect.sync(() => {
        const text = encodeSnapshotAnswer("_tag" in answer ? { refused: answer } : { status: answer })
        if (text !== undefined) message.respond(text)
      })
  }
}
