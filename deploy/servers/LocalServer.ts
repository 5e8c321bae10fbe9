/** A server of this machine that is ours: its process, its folder and its port. */
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { OwnedProcess } from "./OwnedProcess.ts"
import type { Placement, Recipe } from "./recipe.ts"
import type { RunningServer, ServerKind } from "./RunningServer.ts"

const startBound = 120_000
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
  readonly #recipe: Recipe
  readonly #placement: Placement
  readonly #process: OwnedProcess

  constructor(recipe: Recipe, placement: Placement) {
    this.kind = placement.installation.kind
    this.version = placement.installation.version
    this.port = placement.port
    this.url = recipe.url(this.host, placement.port)
    this.directory = placement.directory
    this.logFile = join(placement.directory, "server.log")
    this.#recipe = recipe
    this.#placement = placement
    this.#process = new OwnedProcess(placement.directory)
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  async restart(): Promise<void> {
    if (this.pid !== undefined)
      throw new Error(`the ${this.kind} server on port ${this.port} is running; end it first`)
    this.#process.start(await this.#recipe.launch(this.#placement), this.directory, this.logFile)
    const deadline = performance.now() + startBound
    for (;;) {
      const failure = await this.#recipe.answer(this.#placement).then(
        () => undefined,
        (error: Error) => error.message
      )
      if (this.pid === undefined) throw new Error(`its process ${this.#process.outcome}`)
      if (failure === undefined) return
      if (performance.now() > deadline)
        throw new Error(`no answer within ${startBound / 1000} s; last: ${failure}`)
      await pause(50)
    }
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
