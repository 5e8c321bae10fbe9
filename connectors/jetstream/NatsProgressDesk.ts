/**
 * Answers over NATS where apply stands (G5).
 *
 * Questions are answered one after the other. What could not be answered is not answered at all, and those who asked
 * ask again: old questions give way to new ones.
 */
import { Effect, Layer, Queue, type Scope } from "effect"
import type { Msg } from "@nats-io/transport-node"
import { FeedUnavailable } from "../../src/apply/ChangeFeed.ts"
import { ProgressDesk } from "../../src/apply/ProgressDesk.ts"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { progressSubject, type JetStreamOptions } from "./options.ts"
import { encodeAnswer } from "./progress-answer.ts"

const WAITING_MAX = 16

export const layerProgressDesk = (
  options: Pick<JetStreamOptions, "connector">
): Layer.Layer<ProgressDesk, never, NatsConnection> =>
  Layer.effect(
    ProgressDesk,
    Effect.map(NatsConnection, (connection) =>
      ProgressDesk.of({ serve: (offset) => serve(options.connector, connection, offset) })
    )
  )

const serve = Effect.fnUntraced(function* <E>(
  connector: string,
  connection: NatsConnection["Service"],
  offset: Effect.Effect<ApplyOffset | undefined, E>
): Effect.fn.Return<void, FeedUnavailable, Scope.Scope> {
  const questions = yield* Queue.sliding<Msg>(WAITING_MAX)
  const { nats } = yield* Effect.mapError(connection.link, ({ message }) => new FeedUnavailable({ message }))
  yield* Effect.acquireRelease(
    // The driver subscribes again by itself after a reconnect.
    Effect.sync(() =>
      nats.subscribe(progressSubject(connector), {
        callback: (error, question) => {
          if (error === null) Queue.offerUnsafe(questions, question)
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  // The subscription is in place at the server before anybody is told that the desk is open.
  yield* Effect.mapError(
    connection.ask("opening the progress desk", ({ nats }) => nats.flush()),
    ({ message }) => new FeedUnavailable({ message })
  )
  yield* Queue.take(questions).pipe(
    Effect.flatMap((question) => answer(question, offset)),
    Effect.forever,
    Effect.forkScoped
  )
})

const answer = <E>(question: Msg, offset: Effect.Effect<ApplyOffset | undefined, E>): Effect.Effect<void> =>
  Effect.matchCauseEffect(offset, {
    onFailure: () => Effect.logWarning("cannot say where apply stands: the HR database does not answer"),
    onSuccess: (offset) => {
      const text = encodeAnswer(offset)
      return text === undefined
        ? Effect.logWarning("cannot say where apply stands: the stored offset is not well formed")
        : Effect.sync(() => void question.respond(text))
    }
  })
