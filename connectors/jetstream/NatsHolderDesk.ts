/**
 * Says over NATS that somebody works for a connector. The server itself answers for nobody ("no responders"), so the end
 * of a process is known as soon as its connection is; one that stands still is silent.
 */
import { Effect, Layer, Schedule, type Scope } from "effect"
import { HolderDesk, type Holding } from "../../src/pipeline/HolderDesk.ts"
import { NatsConnection } from "./NatsConnection.ts"
import { holderSubject } from "./options.ts"

const ANSWER_MS = 1_000
const CONNECT_AGAIN_MS = 500

/** @param share what one process does alone: a role, or more of them */
export const layerHolderDesk = (
  connector: string,
  share: string
): Layer.Layer<HolderDesk, never, NatsConnection> =>
  Layer.effect(
    HolderDesk,
    Effect.map(NatsConnection, (connection) => {
      const subject = holderSubject(connector, share)
      return HolderDesk.of({ serve: serve(connection, subject), ask: ask(connection, subject) })
    })
  )

const serve = Effect.fnUntraced(function* (
  connection: NatsConnection["Service"],
  subject: string
): Effect.fn.Return<void, never, Scope.Scope> {
  const { nats } = yield* connection.link.pipe(Effect.retry({ schedule: again }), Effect.orDie)
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      nats.subscribe(subject, {
        callback: (error, question) => {
          if (error === null) question.respond()
        }
      })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )
  // At the server before anybody relies on it; a connection that goes down meanwhile subscribes again by itself.
  yield* connection
    .ask("saying who works", ({ nats: open }) => open.flush())
    .pipe(Effect.retry({ schedule: again }), Effect.orDie)
})

const again = Schedule.spaced(CONNECT_AGAIN_MS)

const ask = (connection: NatsConnection["Service"], subject: string): Effect.Effect<Holding> =>
  connection
    .ask("asking who works", ({ nats }) => nats.request(subject, undefined, { timeout: ANSWER_MS }))
    .pipe(
      Effect.as<Holding>("held"),
      Effect.catch(({ kind }) => Effect.succeed<Holding>(kind === "silent" ? "vacant" : "unknown"))
    )
