/** A server of this machine that is ours: its process, its folder and its port. */
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Installation } from "./installation.ts"
import type { OwnedProcess } from "./OwnedProcess.ts"
import type { Placement, Recipe, ServerUser } from "./recipe.ts"
import type { RunningServer, ServerKind } from "./RunningServer.ts"
import { untilAnswer } from "./until-answer.ts"

const shutdownBound = 60_000
const discardBound = 10_000

export class LocalServer implements RunningServer {
  readonly kind: ServerKind
  readonly version: string
  readonly host = "127.0.0.1"
  readonly port: number
  readonly url: string
  readonly directory: string
  readonly logFile: string
  readonly #installation: Installation
  readonly #recipe: Recipe
  readonly #placement: Placement
  readonly #user: ServerUser | undefined
  readonly #process: OwnedProcess

  constructor(
    owned: OwnedProcess,
    installation: Installation,
    recipe: Recipe,
    placement: Placement,
    user: ServerUser | undefined
  ) {
    this.kind = installation.kind
    this.version = installation.version
    this.port = placement.port
    this.url = recipe.url(this.host, placement.port)
    this.directory = placement.directory
    this.logFile = join(placement.directory, "server.log")
    this.#installation = installation
    this.#recipe = recipe
    this.#placement = placement
    this.#user = user
    this.#process = owned
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  async restart(): Promise<void> {
    if (this.pid !== undefined)
      throw new Error(`the ${this.kind} server on port ${this.port} is running; end it first`)
    const { answer, configuration, flags, launch } = this.#recipe
    const placement = this.#placement
    if (configuration !== undefined)
      await writeFile(join(this.directory, "server.conf"), configuration(placement))
    const program = launch(this.#installation, placement, flags(placement), this.#user)
    this.#process.start(program, this.directory, this.logFile)
    await untilAnswer(
      () => answer(this.host, placement),
      () => Promise.resolve(this.pid === undefined ? this.#process.outcome : undefined),
      this.logFile
    )
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  shutdown(): Promise<void> {
    return this.#process.end(this.#recipe.shutdownSignal, shutdownBound)
  }

  async stop(): Promise<void> {
    await this.#process.end(this.#recipe.discardSignal, discardBound)
    this.#process.release()
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }
}
