/** A server in a container that is ours. The container outlives `kill` and `shutdown`; `stop` removes it and its folder. */
import { createWriteStream } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { ContainerRuntimeClient, GenericContainer, StartedTestContainer } from "testcontainers"
import type { Placement, Recipe } from "./recipe.ts"
import type { RunningServer, ServerKind } from "./RunningServer.ts"
import { untilAnswer } from "./until-answer.ts"

type Container = ReturnType<ContainerRuntimeClient["container"]["getById"]>

const shutdownBound_s = 60

export class DockerServer implements RunningServer {
  readonly kind: ServerKind
  readonly host: string
  readonly port: number
  readonly url: string
  readonly directory: string
  readonly logFile: string
  readonly #recipe: Recipe
  readonly #placement: Placement
  #version = ""
  #pid: number | undefined
  #container: Container | undefined
  #started: StartedTestContainer | undefined
  /** pause and resume return at once; what follows them waits here */
  #freezing: Promise<unknown> = Promise.resolve()

  constructor(
    kind: ServerKind,
    recipe: Recipe,
    placement: Placement,
    outside: { readonly directory: string; readonly host: string }
  ) {
    this.kind = kind
    this.host = outside.host
    this.port = placement.port
    this.url = recipe.url(outside.host, placement.port)
    this.directory = outside.directory
    this.logFile = join(outside.directory, "server.log")
    this.#recipe = recipe
    this.#placement = placement
  }

  get version(): string {
    return this.#version
  }

  get pid(): number | undefined {
    return this.#pid
  }

  /** First start, from a prepared container. */
  async begin(prepared: GenericContainer, client: ContainerRuntimeClient): Promise<void> {
    const log = createWriteStream(this.logFile, { flags: "a" })
    try {
      this.#started = await prepared
        .withLogConsumer((stream) => void stream.pipe(log, { end: false }))
        .start()
      this.#container = client.container.getById(this.#started.getId())
      await this.#answered()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  async restart(): Promise<void> {
    if (this.#pid !== undefined)
      throw new Error(`the ${this.kind} server on port ${this.port} is running; end it first`)
    await this.#existing.start()
    await this.#answered()
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL")
  }

  async shutdown(): Promise<void> {
    await this.#end(this.#recipe.shutdownSignal)
  }

  async stop(): Promise<void> {
    await this.#freezing
    this.#pid = undefined
    await this.#started?.stop({ remove: true, removeVolumes: true, timeout: 0 })
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  pause(): void {
    this.#freezing = this.#freezing.then(() => this.#existing.pause()).catch(() => undefined)
  }

  resume(): void {
    this.#freezing = this.#freezing.then(() => this.#existing.unpause()).catch(() => undefined)
  }

  get #existing(): Container {
    if (this.#container === undefined) throw new Error(`the ${this.kind} container was not started`)
    return this.#container
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    await this.#freezing
    if (this.#pid === undefined) return
    const container = this.#existing
    const { State } = await container.inspect()
    // a frozen container takes no signal but SIGKILL
    if (State.Paused) await container.unpause()
    if (State.Running) {
      await container.kill({ signal })
      const timer = setTimeout(
        () => void container.kill({ signal: "SIGKILL" }).catch(() => undefined),
        shutdownBound_s * 1000
      )
      try {
        await container.wait()
      } finally {
        clearTimeout(timer)
      }
    }
    this.#pid = undefined
  }

  async #answered(): Promise<void> {
    this.#version = await untilAnswer(
      () => this.#recipe.answer(this.host, this.#placement),
      async () => {
        const { State } = await this.#existing.inspect()
        this.#pid = State.Running ? State.Pid : undefined
        return State.Running ? undefined : `ended with exit code ${State.ExitCode}`
      },
      this.logFile
    )
  }
}
