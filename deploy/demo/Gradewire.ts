/** gradewire as its own process: started, ended with SIGKILL, started again, stopped in order. It never outlives the demo. */
import { existsSync } from "node:fs"
import { cp, mkdir, open, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { OwnedProcess } from "../servers/OwnedProcess.ts"
import { type Program, run } from "../servers/run.ts"

/** What `make demo` builds first. */
export const DIST = fileURLToPath(new URL("../../dist", import.meta.url))

/** gradewire in some shape that can be started: a copy of the build, or an image. */
export interface Runnable {
  command(...args: ReadonlyArray<string>): Program
}

/**
 * The program, in a copy of its own: a build beside a running demo must not pull it away.
 * Its compile cache lies there too, so that nothing of it remains on the machine.
 */
export class ProgramCopy implements Runnable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Rejects where the program has not been built. */
  static async into(folder: string, dist = DIST): Promise<ProgramCopy> {
    if (!existsSync(join(dist, "gradewire.js")))
      throw new Error("dist/gradewire.js is missing; `make demo` builds it, so does `npm run build`")
    const copy = join(folder, "program")
    await cp(dist, copy, { recursive: true })
    return new ProgramCopy(copy)
  }

  command(...args: ReadonlyArray<string>): Program {
    return {
      file: process.execPath,
      args: [join(this.#folder, "gradewire.js"), ...args],
      environment: { NODE_COMPILE_CACHE: join(this.#folder, "compile-cache") }
    }
  }

  /** Runs one command to its end; resolves with what it printed, rejects with that when it fails. */
  run(...args: ReadonlyArray<string>): Promise<string> {
    return run(this.command(...args))
  }
}

/** A stop in order takes seconds (design, graceful stop); what takes longer than this is ended. */
const STOP_MS = 30_000

export class Gradewire {
  readonly logFile: string
  startedAt = 0
  readonly #config: string
  readonly #process: OwnedProcess
  readonly #folder: string
  readonly #program: Runnable

  /** `folder` is for its log and may hold more; a folder of the process's own is made below it. */
  constructor(program: Runnable, folder: string, config: string) {
    this.#program = program
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
    const program = this.#program.command(
      "run",
      "--config",
      this.#config,
      "--log-format",
      "json",
      "--http",
      "off"
    )
    this.#process.start(program, this.#folder, this.logFile)
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
