/** The change log on JetStream, apply's side: no acknowledgements, no progress kept on the server (G4). */
import { Effect, Layer } from "effect"
import { ChangeFeed, FeedUnavailable } from "../../src/apply/ChangeFeed.ts"
import { openReader } from "./JetStreamReader.ts"
import { NatsConnection } from "./NatsConnection.ts"
import type { NatsTrouble } from "./NatsTrouble.ts"
import type { JetStreamOptions } from "./options.ts"
import { headAtOrAfter, streamOf } from "./stream-access.ts"

export const layerChangeFeed = (options: JetStreamOptions): Layer.Layer<ChangeFeed, never, NatsConnection> =>
  Layer.effect(
    ChangeFeed,
    Effect.map(NatsConnection, (connection) => make(options, connection))
  )

const make = (options: JetStreamOptions, connection: NatsConnection["Service"]): ChangeFeed["Service"] =>
  ChangeFeed.of({
    ends: streamOf(connection, options).pipe(
      Effect.map(({ state }) => ({ firstSequence: state.first_seq, lastSequence: state.last_seq })),
      Effect.mapError(unavailable)
    ),
    headAt: (sequence) => Effect.mapError(headAtOrAfter(connection, options, sequence), unavailable),
    open: (sequence) => openReader(connection, options, sequence)
  })

const unavailable = ({ message }: NatsTrouble): FeedUnavailable => new FeedUnavailable({ message })
