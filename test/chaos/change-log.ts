/** The test's own hand on the stream: what an operator does to it, rightly or wrongly. */
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import type { RunningServer } from "../../deploy/servers/server.ts"

/** Stream of the demo's connector. */
export const STREAM = "GRADEWIRE_TRAINING"

export interface LogHand {
  readonly manager: JetStreamManager
  readonly close: () => Promise<void>
}

export const connectLog = async (server: RunningServer): Promise<LogHand> => {
  const connection = await connect({ servers: server.url, reconnect: false })
  const manager = await jetstreamManager(connection, { checkAPI: false })
  return { manager, close: () => connection.close() }
}

/** Does it with a connection of its own. */
export const withLog = async <A>(
  server: RunningServer,
  act: (manager: JetStreamManager) => Promise<A>
): Promise<A> => {
  const log = await connectLog(server)
  try {
    return await act(log.manager)
  } finally {
    await log.close()
  }
}

/** Whether capture has made the stream. */
export const hasStream = (manager: JetStreamManager): Promise<boolean> =>
  manager.streams.info(STREAM).then(
    () => true,
    () => false
  )
