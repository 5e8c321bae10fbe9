/** Where histories happen after each other: a folder, the program, and servers as long as those are sound. */
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildProgram } from "../../deploy/build.ts"
import { DIST, ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import type { HistoryPlan } from "./plan-history.ts"
import type { History } from "./History.ts"
import { type Outcome, runHistory } from "./run-history.ts"
import { ServerPool } from "./ServerPool.ts"

export interface StageOptions {
  /** the program; default: what `make build` makes */
  readonly dist?: string
  /** keep the folders of histories that passed, too */
  readonly keep?: boolean
  /** Histories fail because somebody wants them to: nothing of them is kept. */
  readonly mustFail?: boolean
}

export class Stage {
  readonly #folder: string
  readonly #program: ProgramCopy
  readonly #pool: ServerPool
  /** keep the folders of histories that passed, too */
  readonly #keep: boolean
  readonly #mustFail: boolean
  #isEmpty = true

  private constructor(folder: string, program: ProgramCopy, keep: boolean, mustFail: boolean) {
    this.#folder = folder
    this.#program = program
    this.#pool = new ServerPool(folder)
    this.#keep = keep
    this.#mustFail = mustFail
  }

  static async open({ dist = DIST, keep = false, mustFail = false }: StageOptions = {}): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), "gradewire-chaos-"))
    if (!existsSync(join(dist, "gradewire.js"))) await buildProgram(dist)
    return new Stage(folder, await ProgramCopy.into(folder, dist), keep, mustFail)
  }

  /** Rejects where servers cannot be started. */
  async run(plan: HistoryPlan, tamper?: (history: History) => Promise<void>): Promise<Outcome> {
    const folder = join(this.#folder, `seed-${plan.seed}`)
    const outcome = await runHistory(plan, folder, this.#pool, this.#program, tamper)
    const isFailure = outcome.complaints.length > 0 && !this.#mustFail
    // whatever broke may have broken the servers, too
    if (isFailure) await this.#pool.stop()
    if (isFailure || this.#keep) this.#isEmpty = false
    else await clearAway(folder)
    return outcome
  }

  /** Nothing stays on the machine but what was to be kept: folders of histories that failed. */
  async close(): Promise<void> {
    await this.#pool.stop()
    await clearAway(this.#isEmpty ? this.#folder : join(this.#folder, "program"))
  }
}

/** Something that is being killed may still be writing there. */
const clearAway = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
