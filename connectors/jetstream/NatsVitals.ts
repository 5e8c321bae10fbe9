/**
 * Every running process of a connector answers over NATS what it does at the moment; whoever asks hears all of them, a
 * second one that was started by mistake included.
 */
import { Effect, Result, Schema, type Scope } from "effect"
import type { Msg } from "@nats-io/transport-node"
import { VitalsReport } from "../../schemas/vitals-report.ts"
import { NatsConnection } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import { vitalsSubject, type JetStreamOptions } from "./options.ts"

const AGAIN = "2 seconds"

type Named = Pick<JetStreamOptions, "connector">

/** Answers for as long as it runs, whatever happens to the connection. */
export const answerVitals = (
  { connector }: Named,
  report: Effect.Effect<VitalsReport>
): Effect.Effect<never, never, NatsConnection> =>
  Effect.gen(function* () {
    const connection = yield* NatsConnection
    const run = Effect.runForkWith(yield* Effect.context())
    const answer = (message: Msg) =>
      Effect.map(report, (vitals) => void message.respond(JSON.stringify(vitals)))
    const serve = Effect.gen(function* () {
      const { nats } = yield* connection.link
      yield* subscribed(nats, vitalsSubject(connector), (message) => void run(answer(message)))
      // The driver subscribes again by itself after a reconnect; a connection that is closed is gone for good.
      yield* Effect.promise(() => nats.closed())
    })
    while (true) {
      yield* Effect.ignore(Effect.scoped(serve))
      yield* Effect.sleep(AGAIN)
    }
  })

const subscribed = (
  nats: Effect.Success<NatsConnection["Service"]["link"]>["nats"],
  subject: string,
  take: (message: Msg) => void
): Effect.Effect<unknown, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      nats.subscribe(subject, { callback: (error, message) => (error === null ? take(message) : undefined) })
    ),
    (subscription) => Effect.sync(() => subscription.unsubscribe())
  )

/** Milliseconds to wait for the first answer, and after each for another. */
const WAIT_MS = 1_500
const STALL_MS = 300

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(VitalsReport))

/** All that answer in time; none is an answer too. */
export const askVitals = ({
  connector
}: Named): Effect.Effect<ReadonlyArray<VitalsReport>, NatsTrouble, NatsConnection> =>
  Effect.flatMap(NatsConnection, (connection) =>
    connection.ask("asking the running processes", async ({ nats }) => {
      const reports: Array<VitalsReport> = []
      const answers = await nats.requestMany(vitalsSubject(connector), "", {
        strategy: "stall",
        maxWait: WAIT_MS,
        stall: STALL_MS
      })
      // An answer without a body says that nobody listens.
      for await (const message of answers) {
        const report = Result.getOrUndefined(decode(message.string()))
        if (report !== undefined) reports.push(report)
      }
      return reports.sort((a, b) => (a.holder < b.holder ? -1 : 1))
    })
  ).pipe(
    Effect.catchIf(
      // Connected, and nobody listens: none runs.
      ({ kind }) => kind === "silent",
      () => Effect.succeed([])
    )
  )
