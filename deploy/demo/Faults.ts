/** What happens to the running demo, on time: SIGKILLs, a NATS restart, late employees, a large import. */
import { setTimeout as pause } from "node:timers/promises"
import type { ArrivalBook } from "./ArrivalBook.ts"
import { count, duration } from "./figures.ts"
import type { Gradewire } from "./Gradewire.ts"
import { addEmployees } from "./hr-database.ts"
import type { ServerState } from "./live-panel.ts"
import type { DemoOptions } from "./options.ts"
import type { Employee } from "./people.ts"
import type { Stage } from "./prepare-stage.ts"
import type { Screen } from "./Screen.ts"
import type { Writers } from "./Writers.ts"

export type States = Record<"source" | "gradewire" | "changeLog" | "target", ServerState>

/** The run that the faults happen to. */
export interface Afflicted {
  readonly book: ArrivalBook
  readonly states: States
  /** `performance.now()` when people began to take exams */
  readonly startedAt: number
  event(text: string): void
  /** Resolves when the next score arrives in the profile. */
  nextArrival(): Promise<void>
}

/** How long gradewire or NATS stays away after SIGKILL; a pod takes longer. */
const AWAY_MS = 500
const IMPORT_ROWS = 2000

export class Faults {
  kills = 0
  natsRestarts = 0
  readonly #live: Afflicted
  readonly #stage: Stage
  readonly #options: DemoOptions
  readonly #gradewire: Gradewire
  readonly #writers: Writers
  readonly #screen: Screen

  constructor(
    live: Afflicted,
    stage: Stage,
    options: DemoOptions,
    gradewire: Gradewire,
    writers: Writers,
    screen: Screen
  ) {
    this.#live = live
    this.#stage = stage
    this.#options = options
    this.#gradewire = gradewire
    this.#writers = writers
    this.#screen = screen
  }

  /** Resolves when the last one is over. */
  async run(abort: AbortSignal): Promise<void> {
    await Promise.all([this.#kill(abort), this.#restartNats(abort), this.#hire(abort), this.#import(abort)])
  }

  /** Resolves at this share of the run, false when it was aborted before. */
  async #at(share: number, abort: AbortSignal): Promise<boolean> {
    const due = this.#live.startedAt + share * this.#options.seconds * 1000
    return pause(Math.max(0, due - performance.now()), true, { signal: abort }).catch(() => false)
  }

  async #kill(abort: AbortSignal): Promise<void> {
    const { kills } = this.#options
    for (let round = 0; round < kills; round++) {
      if (!(await this.#at(0.2 + (0.45 * (round + 0.5)) / kills, abort))) return
      const killedAt = performance.now()
      this.#live.book.disturb(killedAt)
      this.#live.states.gradewire = "killed"
      this.#live.event(this.#screen.style("red", `SIGKILL gradewire (pid ${this.#gradewire.pid})`))
      await this.#gradewire.kill()
      this.kills += 1
      await pause(AWAY_MS)
      const waited = this.#live.book.inFlight
      this.#live.states.gradewire = "restarting"
      const arrival = this.#live.nextArrival()
      await this.#gradewire.start()
      await this.#recovered(arrival, killedAt, "gradewire", waited, abort)
      this.#live.states.gradewire = "running"
    }
  }

  async #restartNats(abort: AbortSignal): Promise<void> {
    if (!(await this.#at(0.8, abort))) return
    const killedAt = performance.now()
    this.#live.book.disturb(killedAt)
    this.#live.states.changeLog = "killed"
    const { pid } = this.#stage.changeLog
    this.#live.event(this.#screen.style("red", `SIGKILL NATS${pid === undefined ? "" : ` (pid ${pid})`}`))
    await this.#stage.changeLog.kill()
    await pause(AWAY_MS)
    const waited = this.#live.book.inFlight
    this.#live.states.changeLog = "restarting"
    const arrival = this.#live.nextArrival()
    await this.#stage.changeLog.restart()
    this.natsRestarts += 1
    this.#live.event("NATS restarted, on the same files")
    this.#live.states.changeLog = "running"
    await this.#recovered(arrival, killedAt, "the way", waited, abort)
  }

  async #recovered(
    arrival: Promise<void>,
    since: number,
    what: string,
    waited: number,
    abort: AbortSignal
  ): Promise<void> {
    // where nothing is written, nothing arrives; the end of the run decides then
    const over = this.#at(1, abort)
    const isBack = await Promise.race([arrival.then(() => true), over.then(() => false)])
    if (!isBack) return
    const back = `${what} is back after ${duration(performance.now() - since)}: scores arrive`
    this.#live.event(
      this.#screen.style("green", `${back}${waited > 0 ? `, ${count(waited)} had waited` : ""}`)
    )
  }

  /** HR enters the missing employees, in two rounds. */
  async #hire(abort: AbortSignal): Promise<void> {
    const { late } = this.#stage.people
    const half = Math.ceil(late.length / 2)
    const rounds: ReadonlyArray<readonly [number, ReadonlyArray<Employee>]> = [
      [0.28, late.slice(0, half)],
      [0.6, late.slice(half)]
    ]
    for (const [share, employees] of rounds) {
      if (!(await this.#at(share, abort))) return
      await addEmployees(this.#stage.hr, employees)
      this.#live.event(
        this.#screen.style(
          "cyan",
          `HR enters ${employees.length} employees: their held scores can be filed now`
        )
      )
    }
  }

  /** A course is imported: one transaction of 2,000 rows, again every half minute. */
  async #import(abort: AbortSignal): Promise<void> {
    const { seconds } = this.#options
    for (let at = 0.12 * seconds; at < 0.95 * seconds; at += 30) {
      if (!(await this.#at(at / seconds, abort))) return
      await this.#writers.bulk(IMPORT_ROWS)
      this.#live.book.disturb(performance.now())
      this.#live.event(
        this.#screen.style("cyan", `one transaction of ${count(IMPORT_ROWS)} results is committed`)
      )
    }
  }
}
