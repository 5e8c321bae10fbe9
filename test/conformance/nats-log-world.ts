/**
 * A world with a real NATS server, one for each test file: faults are its own process killed, its own store put back.
 * Every test gets a connector, and so a stream, of its own.
 */
import { cp, rm } from "node:fs/promises"
import { join } from "node:path"
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection as DriverConnection } from "@nats-io/transport-node"
import { Layer } from "effect"
import { layerChangeFeed } from "../../connectors/jetstream/JetStreamChangeFeed.ts"
import { layerChangeLog } from "../../connectors/jetstream/JetStreamChangeLog.ts"
import { layerApplyProgress } from "../../connectors/jetstream/NatsApplyProgress.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import { layerProgressDesk } from "../../connectors/jetstream/NatsProgressDesk.ts"
import { jetStreamOptions, type JetStreamOptions } from "../../connectors/jetstream/options.ts"
import type { RunningServer } from "../../deploy/servers/RunningServer.ts"
import { startServer } from "../../deploy/servers/server.ts"
import type { LogPorts, LogWorld } from "./log-world.ts"

export interface NatsLogWorld extends LogWorld {
  readonly options: JetStreamOptions
}

export class NatsServer {
  readonly server: RunningServer
  private count = 0

  private constructor(server: RunningServer) {
    this.server = server
  }

  static readonly start = async (settings: ReadonlyArray<string> = []): Promise<NatsServer> =>
    new NatsServer(await startServer("nats", { settings }))

  stop(): Promise<void> {
    return this.server.stop()
  }

  /** A connector nobody used before. */
  options(change: Partial<JetStreamOptions> = {}): JetStreamOptions {
    const connector = `conformance-${++this.count}`
    const config = { connector, changeLog: { servers: [this.server.url] as const } }
    return { ...jetStreamOptions(config), ...change }
  }

  /** Does something by a connection of its own, as an administrator would. */
  async administer<A>(act: (jetstream: JetStreamManager, nats: DriverConnection) => Promise<A>): Promise<A> {
    const nats = await connect({ servers: this.server.url })
    try {
      return await act(await jetstreamManager(nats), nats)
    } finally {
      await nats.close()
    }
  }

  async open(change: Partial<JetStreamOptions> = {}): Promise<NatsLogWorld> {
    const options = this.options(change)
    const { stream } = options
    return Promise.resolve({
      connector: options.connector,
      options,
      ports: natsLogPorts(options),
      levers: {
        crash: async () => {
          await this.server.kill()
          await this.server.restart()
        },
        down: () => this.server.kill(),
        up: () => this.server.restart(),
        snapshot: () => this.snapshot(),
        purge: () => this.administer(async (jetstream) => void (await jetstream.streams.purge(stream))),
        remove: () => this.administer(async (jetstream) => void (await jetstream.streams.delete(stream))),
        publishForeign: () =>
          this.administer(async (_, nats) => {
            nats.publish(`gradewire.${options.connector}.segment`, "foreign")
            await nats.flush()
          }),
        limit: (messages) =>
          this.administer(
            async (jetstream) => void (await jetstream.streams.update(stream, { max_msgs: messages ?? -1 }))
          )
      }
    })
  }

  private async snapshot(): Promise<() => Promise<void>> {
    const store = join(this.server.directory, "data")
    const copy = join(this.server.directory, `copy-${++this.count}`)
    // A stopped server has written everything: the copy is one that a careful person would make.
    await this.server.shutdown()
    await cp(store, copy, { recursive: true })
    await this.server.restart()
    return async () => {
      await this.server.kill()
      await rm(store, { recursive: true })
      await cp(copy, store, { recursive: true })
      await this.server.restart()
    }
  }
}

export const natsLogPorts = (options: JetStreamOptions): Layer.Layer<LogPorts> =>
  Layer.mergeAll(
    layerChangeLog(options),
    layerChangeFeed(options),
    layerApplyProgress(options),
    layerProgressDesk(options)
  ).pipe(Layer.provide(NatsConnection.layer(options)))
