/**
 * One gradewire process and its supervisor, which does what Kubernetes would: whatever ends is started again.
 *
 * - A process that ends by itself is noted with the tag it reported; the judge decides whether it was right to.
 * - The number of restarts is bounded: a crash loop is a failure, not a way to heal.
 */
import { writeFileSync } from "node:fs"
import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { setTimeout as pause } from "node:timers/promises"
import type { ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import { OwnedProcess } from "../../deploy/servers/OwnedProcess.ts"

export type RoleName = "capture" | "apply" | "all"

/** A process that ended without having been told to. */
export interface OwnExit {
  readonly role: RoleName
  readonly outcome: string
  /** of the last line with a remedy, else "unknown" */
  readonly tag: string
}

const SHIFT_CLOCK = pathToFileURL(join(import.meta.dirname, "shift-clock.ts")).href

const LOOK_MS = 15
/** A pod's first back-off is ten seconds; histories are shorter than that. */
const RESTART_MS = 300
const RESTARTS_MAX = 40
const STOP_MS = 20_000

export interface RoleParts {
  readonly name: RoleName
  readonly program: ProgramCopy
  /** for its log */
  readonly folder: string
  readonly config: string
  /** whether {@link Role.setClock} has an effect; costs a little of every start */
  readonly hasOwnClock: boolean
  /** Told of every process that ended by itself, before it is started again. */
  readonly exited: (exit: OwnExit) => void
}

export class Role {
  readonly name: RoleName
  readonly logFile: string
  /** how often it has been started */
  starts = 0
  readonly #parts: RoleParts
  #process: OwnedProcess | undefined
  #isWanted = false
  #isKilled = false
  /** Kept down on purpose until this resolves. */
  #leave: Promise<unknown> = Promise.resolve()
  #supervision: Promise<void> = Promise.resolve()
  #failure: Error | undefined
  #number = 0
  #linesBefore = 0

  constructor(parts: RoleParts, number = 0) {
    this.#parts = parts
    this.#number = number
    this.name = parts.name
    this.logFile = join(parts.folder, `${parts.name}${number === 0 ? "" : `-${number}`}.log`)
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Why the supervisor gave up, if it did. */
  get failure(): Error | undefined {
    return this.#failure
  }

  async start(): Promise<void> {
    const { folder, name } = this.#parts
    const own = join(folder, `process-${name}-${this.#number}`)
    await mkdir(own, { recursive: true })
    this.#process = new OwnedProcess(own)
    this.#isWanted = true
    this.#launch(own)
    this.#supervision = this.#supervise(own)
  }

  /** SIGKILL at once, without waiting; the supervisor starts it again. One that was abandoned is left alone. */
  strike(): void {
    const { pid } = this
    if (pid === undefined || !this.#isWanted) return
    this.#isKilled = true
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // it ended meanwhile
    }
  }

  /** SIGKILL; it stays away until `leave` resolves. */
  async kill(leave: Promise<unknown> = Promise.resolve()): Promise<void> {
    this.#leave = leave
    const { pid } = this
    this.strike()
    // the next one may be there before anybody looks
    const isThere = (): boolean => pid !== undefined && this.pid === pid && this.#isWanted
    while (isThere()) await pause(LOOK_MS)
    await leave
  }

  /** From now on its wall clock stands so far away from the true one; only where `hasOwnClock`. */
  setClock(milliseconds: number): void {
    writeFileSync(this.#clockFile, String(milliseconds))
  }

  /** SIGSTOP. */
  pause(): void {
    this.#process?.pause()
  }

  /** SIGCONT. */
  resume(): void {
    this.#process?.resume()
  }

  /** Nobody starts it again from now on. */
  async abandon(): Promise<void> {
    this.#isWanted = false
    await this.#supervision
  }

  /** SIGTERM; resolves with how it ended. */
  async stop(): Promise<string> {
    await this.abandon()
    await this.#process?.end("SIGTERM", STOP_MS)
    return this.#process?.outcome ?? "was never started"
  }

  /** Ends it whatever it does. */
  async discard(): Promise<void> {
    await this.abandon()
    await this.#process?.kill()
    this.#process?.release()
  }

  /** Whether it ended by itself within the time; it must have been abandoned. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    const deadline = performance.now() + milliseconds
    while (this.pid !== undefined && performance.now() < deadline) await pause(LOOK_MS)
    return this.pid === undefined
  }

  /** Lines of its log, parsed; what is no JSON is left out. */
  async lines(): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
    const text = await readFile(this.logFile, "utf8").catch(() => "")
    return text.split("\n").flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]
      } catch {
        return []
      }
    })
  }

  /** Of the last error it reported; "unknown" where there is none. */
  async lastTag(): Promise<string> {
    const tag = (await this.lines()).findLast((line) => line["level"] === "error")?.["tag"]
    return typeof tag === "string" ? tag : "unknown"
  }

  /** Whether the process that runs now has said so; its log goes on where the one before it ended. */
  async hasSaid(message: string): Promise<boolean> {
    return (await this.lines()).slice(this.#linesBefore).some((line) => line["message"] === message)
  }

  /** How many lines say so. */
  async said(message: string): Promise<number> {
    return (await this.lines()).filter((line) => line["message"] === message).length
  }

  get #clockFile(): string {
    return join(this.#parts.folder, `clock-${this.name}`)
  }

  #launch(own: string): void {
    const { config, hasOwnClock, name, program } = this.#parts
    this.#isKilled = false
    this.starts += 1
    const args = ["run", "--config", config, "--role", name, "--log-format", "json", "--http", "off"]
    const command = program.command(...args)
    const shifted = {
      ...command,
      args: ["--import", SHIFT_CLOCK, ...command.args],
      environment: { ...command.environment, GRADEWIRE_CHAOS_CLOCK: this.#clockFile }
    }
    this.#process!.start(hasOwnClock ? shifted : command, own, this.logFile)
  }

  async #supervise(own: string): Promise<void> {
    while (this.#isWanted) {
      await pause(LOOK_MS)
      if (this.pid !== undefined || !this.#isWanted) continue
      if (!this.#isKilled) await this.#noteExit()
      await Promise.all([this.#leave, pause(this.#isKilled ? 0 : RESTART_MS)])
      if (!this.#isWanted) return
      if (this.starts > RESTARTS_MAX) {
        this.#failure = new Error(`${this.name} was started ${this.starts} times and does not stay`)
        return
      }
      this.#linesBefore = (await this.lines()).length
      this.#launch(own)
    }
  }

  async #noteExit(): Promise<void> {
    const { exited, name } = this.#parts
    exited({ role: name, outcome: this.#process!.outcome, tag: await this.lastTag() })
  }
}
