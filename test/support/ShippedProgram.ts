/** The shipped program over real servers: built once, told what to do, and everything that it printed kept. */
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as pause } from "node:timers/promises"
import { buildProgram } from "../../deploy/build.ts"
import { heldAgainstSchema, type AnswerName } from "./answer-schema.ts"

const LOOK_MS = 100

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export class ShippedProgram {
  readonly folder: string
  /** Everything that any of its processes ever printed. */
  printed = ""
  /** Schemas of the answers that it gave as JSON; every one is held against its schema. */
  readonly answers = new Set<AnswerName>()
  readonly #running = new Set<ChildProcess>()

  private constructor(folder: string) {
    this.folder = folder
  }

  static async build(): Promise<ShippedProgram> {
    const folder = await mkdtemp(join(tmpdir(), "gradewire-e2e-"))
    await buildProgram(join(folder, "dist"))
    return new ShippedProgram(folder)
  }

  start(...args: ReadonlyArray<string>): ChildProcess {
    return this.startOf(join(this.folder, "dist/gradewire.js"), ...args)
  }

  /** @param file another build of the program */
  startOf(file: string, ...args: ReadonlyArray<string>): ChildProcess {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: this.folder,
      env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: join(this.folder, "cache") },
      stdio: ["ignore", "pipe", "pipe"]
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => (this.printed += String(chunk)))
    }
    this.#running.add(child)
    child.on("exit", () => this.#running.delete(child))
    return child
  }

  async run(...args: ReadonlyArray<string>): Promise<Outcome> {
    const child = this.start(...args)
    const [out, err, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, "exit")
    ])
    for (const name of heldAgainstSchema(args, { out, err })) this.answers.add(name)
    return { code: code as number | null, out, err }
  }

  async stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const gone = once(child, "exit")
    child.kill(signal)
    await gone
    return child.exitCode
  }

  /** Waits until `look` gives something; fails with what was printed where the process ends first. */
  async until<A>(look: () => Promise<A | undefined>, child?: ChildProcess): Promise<A> {
    while (true) {
      const found = await look().catch(() => undefined)
      if (found !== undefined) return found
      if (child !== undefined && child.exitCode !== null) throw new Error(this.printed.slice(-4000))
      await pause(LOOK_MS)
    }
  }

  async discard(): Promise<void> {
    for (const child of this.#running) child.kill("SIGKILL")
    await rm(this.folder, { recursive: true, force: true })
  }
}
