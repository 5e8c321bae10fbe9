/** Asks over NATS where apply stands (G5). */
import { Effect, Layer } from "effect"
import { ApplyProgress, ApplySilent } from "../../src/capture/ApplyProgress.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { progressSubject, type JetStreamOptions } from "./options.ts"
import { decodeAnswer } from "./progress-answer.ts"

/** Milliseconds an answer may take: one short query in the HR database. */
const ANSWER_MS = 2_000

export const layerApplyProgress = (
  options: Pick<JetStreamOptions, "connector">
): Layer.Layer<ApplyProgress, never, NatsConnection> =>
  Layer.effect(
    ApplyProgress,
    Effect.map(NatsConnection, (connection) => ApplyProgress.of({ ask: ask(options.connector, connection) }))
  )

const ask = (connector: string, connection: NatsConnection["Service"]): ApplyProgress["Service"]["ask"] =>
  connection
    .ask("asking where apply stands", ({ nats }) =>
      nats.request(progressSubject(connector), undefined, { timeout: ANSWER_MS })
    )
    .pipe(
      Effect.mapError(({ message }) => new ApplySilent({ message, connector })),
      Effect.flatMap((reply) => {
        const answer = decodeAnswer(reply.string())
        return answer === undefined
          ? Effect.fail(
              new ApplySilent({ message: "the answer where apply stands is not understood", connector })
            )
          : Effect.succeed(answer.offset)
      })
    )
