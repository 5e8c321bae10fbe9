/** gradewire as its own process: started, ended with SIGKILL, started again, stopped in order. It never outlives the demo. */
import { existsSync } from "node:fs"
import { mkdir, open, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { OwnedProcess } from "../servers/OwnedProcess.ts"
import { run } from "../servers/run.ts"

export const ROOT = fileURLToPath(new URL("../..", import.meta.url))
export const PROGRAM = join(ROOT, "dist", "gradewire.js")

/** Rejects where the program has not been built. */
export const requireProgram = (): void => {
  if (!existsSync(PROGRAM))
    throw new Error("dist/gradewire.js is missing; `make demo` builds it, so does `npm run build`")
}

/** Runs one command to its end; resolves with what it printed, rejects with that when it fails. */
export const runCommand = (...args: ReadonlyArray<string>): Promise<string> =>
  run({ file: process.execPath, args: [PROGRAM, ...args] })

/** A stop in order takes seconds (design, graceful stop); what takes longer than this is ended. */
const STOP_MS = 30_000

export class Gradewire {
  readonly logFile: string
  startedAt = 0
  readonly #config: string
  readonly #process: OwnedProcess
  readonly #folder: string

  /** `folder` is for its log and may hold more; a folder of the process's own is made below it. */
  constructor(folder: string, config: string) {
    this.#config = config
    this.#folder = join(folder, "gradewire")
    this.logFile = join(folder, "gradewire.log")
    // removed when the demo itself is ended with SIGKILL: nothing of value is in there
    this.#process = new OwnedProcess(this.#folder)
  }

  /** undefined while it is down */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** how it ended, for error texts */
  get outcome(): string {
    return this.#process.outcome
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    this.startedAt = performance.now()
    const args = [PROGRAM, "run", "--config", this.#config, "--log-format", "json"]
    this.#process.start({ file: process.execPath, args }, this.#folder, this.logFile)
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** SIGTERM; resolves with how it ended. */
  async stop(): Promise<string> {
    await this.#process.end("SIGTERM", STOP_MS)
    return this.outcome
  }

  /** Ends it whatever it does, and the guard beside it. */
  async discard(): Promise<void> {
    await this.#process.kill()
    this.#process.release()
  }

  /** The last lines of its log. */
  async logTail(lines: number): Promise<string> {
    const text = await readFile(this.logFile, "utf8").catch(() => "")
    return text.trimEnd().split("\n").slice(-lines).join("\n")
  }

  /** Most memory it ever used, in MiB, from /proc/PID/status (proc(5)); undefined where there is none. */
  async peakMemoryMiB(): Promise<number | undefined> {
    if (this.pid === undefined) return undefined
    try {
      const file = await open(`/proc/${this.pid}/status`)
      try {
        const peak = /^VmHWM:\s+(\d+) kB$/m.exec(await file.readFile("utf8"))
        return peak === null ? undefined : Math.round(Number(peak[1]) / 1024)
      } finally {
        await file.close()
      }
    } catch {
      return undefined
    }
  }
}
