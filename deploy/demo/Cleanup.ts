/** What has to be ended, in reverse order of its beginning. Every step is tried, and all of it runs once. */
export class Cleanup {
  readonly #steps: Array<() => Promise<unknown>> = []
  #running: Promise<void> | undefined

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step)
  }

  run(): Promise<void> {
    this.#running ??= this.#runAll()
    return this.#running
  }

  async #runAll(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      await step().catch(() => undefined)
  }
}
