/**
 * The running demo: people write, gradewire works, faults happen on time, the screen follows.
 *
 * A fault disturbs from its first moment until the profile has caught up; {@link ArrivalBook} keeps those times.
 */
import { setTimeout as pause } from "node:timers/promises"
import { ArrivalBook } from "./ArrivalBook.ts"
import { clock, count, duration } from "./figures.ts"
import type { Gradewire } from "./Gradewire.ts"
import { addEmployees, type Arrival } from "./hr-database.ts"
import {
  LAG_SECONDS,
  type LatestArrival,
  type LiveFigures,
  panelLines,
  plainLine,
  type ServerState
} from "./live-panel.ts"
import type { DemoOptions } from "./options.ts"
import type { Employee } from "./people.ts"
import { type Stage, SERVER_NAMES } from "./prepare-stage.ts"
import { countHeld } from "./read-databases.ts"
import type { Screen } from "./Screen.ts"
import type { Writers } from "./Writers.ts"

const REDRAW_MS = 250
/** Seconds of lag in the little graph. */
const GRAPH_SECONDS = 24
/** How long gradewire stays away after SIGKILL; a pod takes longer. */
const AWAY_MS = 500

export class LiveRun {
  readonly book = new ArrivalBook()
  kills = 0
  natsRestarts = 0
  unexpectedExits = 0
  /** committed paced changes per second, once the writers are done */
  achieved = 0
  held: number | undefined
  /** every arrival is told, one line each */
  announce = false
  phase: LiveFigures["phase"] = "starting"
  readonly #stage: Stage
  readonly #options: DemoOptions
  readonly #gradewire: Gradewire
  readonly #screen: Screen
  readonly #states: Record<"source" | "gradewire" | "changeLog" | "target", ServerState>
  readonly #worst: Array<number | undefined> = []
  #startedAt = performance.now()
  #latest: LatestArrival | undefined
  #writers: Writers | undefined
  /** set while the next arrival is news */
  #awaited: (() => void) | undefined
  #watching = false

  constructor(stage: Stage, options: DemoOptions, gradewire: Gradewire, screen: Screen) {
    this.#stage = stage
    this.#options = options
    this.#gradewire = gradewire
    this.#screen = screen
    this.#states = { source: "running", gradewire: "stopped", changeLog: "running", target: "running" }
  }

  arrived({ at, employeeNo, ref, state }: Arrival): void {
    const before = this.book.samples.length
    this.book.arrived(ref, state, at)
    const sample = this.book.samples.at(-1)
    if (
      sample !== undefined &&
      this.book.samples.length > before &&
      state !== null &&
      employeeNo !== undefined
    )
      this.#latest = { ref, score: state, employeeNo, lag: sample.visibleAt - sample.committedAt }
    this.#awaited?.()
    if (this.announce)
      this.event(
        state === null
          ? `${ref} is gone from the profile`
          : `${ref} → 工号 ${employeeNo}  exam_score ${state}`
      )
  }

  /** Starts gradewire and proves it with one score; resolves with the ms that took. */
  async begin(writers: Writers, abort: AbortSignal): Promise<number> {
    this.#writers = writers
    this.book.disturb(performance.now())
    await this.#startGradewire()
    const arrival = this.#nextArrival()
    await writers.single()
    const deadline = performance.now() + 60_000
    while (!(await Promise.race([arrival.then(() => true), pause(50, false)]))) {
      abort.throwIfAborted()
      if (this.#gradewire.pid === undefined) throw new Error(`gradewire ${this.#gradewire.outcome}`)
      if (performance.now() > deadline) throw new Error("no score reached the profile within 60 s")
    }
    this.book.settle(performance.now(), true)
    return performance.now() - this.#gradewire.startedAt
  }

  /** People take exams, faults happen; ends when the time is over and every fault is done. */
  async takeExams(abort: AbortSignal): Promise<void> {
    const { rate, seconds } = this.#options
    const writers = this.#writers!
    this.phase = "taking exams"
    this.#startedAt = performance.now()
    this.#watching = true
    const watch = this.#watch(abort)
    // a failing fault must not leave the others running unheard
    const faults = Promise.all([
      this.#kill(abort),
      this.#restartNats(abort),
      this.#hire(abort),
      this.#import(abort)
    ])
    await Promise.all([
      faults,
      writers.run(rate, seconds, abort).then(() => {
        this.achieved = writers.paced / ((performance.now() - this.#startedAt) / 1000)
        return undefined
      }),
      // what goes wrong while watching ends the demo; its normal end comes later
      Promise.race([watch, Promise.all([pause(seconds * 1000), faults])])
    ])
    abort.throwIfAborted()
  }

  /** After the writers: one last score; then until all that can stand in the profile does. Resolves with what is missing. */
  async drain(limitMs: number, abort: AbortSignal): Promise<string | undefined> {
    this.phase = "draining"
    await this.#writers!.single()
    const startedAt = performance.now()
    const deadline = startedAt + limitMs
    for (;;) {
      abort.throwIfAborted()
      const { book } = this
      book.settle(performance.now(), true)
      const late = book.unreleased()
      if (book.inFlight === 0 && late.length === 0) {
        this.#watching = false
        this.#screen.clear()
        this.event(`everything has arrived ${duration(performance.now() - startedAt)} after the last exam`)
        return undefined
      }
      if (performance.now() > deadline) {
        this.#watching = false
        this.#screen.clear()
        const keys = [...book.waiting(), ...late].slice(0, 5).join(", ")
        return `after ${duration(limitMs)} ${count(book.inFlight)} changes were still in flight and ${count(late.length)} results not released: ${keys}`
      }
      await pause(20)
    }
  }

  /** Something happened. */
  event(text: string): void {
    const at = this.#screen.style("dim", clock(performance.now() - this.#startedAt))
    this.#screen.line(`  ${at}  ${text}`)
  }

  stopWatching(): void {
    this.#watching = false
    this.#screen.clear()
  }

  async #startGradewire(): Promise<void> {
    await this.#gradewire.start()
    this.#states.gradewire = "running"
  }

  #nextArrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#awaited = () => {
      this.#awaited = undefined
      resolve()
    }
    return promise
  }

  /** Resolves at this share of the run, false when it was aborted before. */
  async #at(share: number, abort: AbortSignal): Promise<boolean> {
    const due = this.#startedAt + share * this.#options.seconds * 1000
    return pause(Math.max(0, due - performance.now()), true, { signal: abort }).catch(() => false)
  }

  async #kill(abort: AbortSignal): Promise<void> {
    const { kills } = this.#options
    for (let round = 0; round < kills; round++) {
      if (!(await this.#at(0.2 + (0.45 * (round + 0.5)) / kills, abort))) return
      const killedAt = performance.now()
      this.book.disturb(killedAt)
      this.#states.gradewire = "killed"
      const { pid } = this.#gradewire
      await this.#gradewire.kill()
      this.kills += 1
      this.event(this.#screen.style("red", `SIGKILL gradewire (pid ${pid})`))
      await pause(AWAY_MS)
      const waited = this.book.inFlight
      this.#states.gradewire = "restarting"
      const arrival = this.#nextArrival()
      await this.#gradewire.start()
      await this.#recovered(arrival, killedAt, "gradewire", waited, abort)
      this.#states.gradewire = "running"
    }
  }

  async #restartNats(abort: AbortSignal): Promise<void> {
    if (!(await this.#at(0.8, abort))) return
    const killedAt = performance.now()
    this.book.disturb(killedAt)
    this.#states.changeLog = "killed"
    const { pid } = this.#stage.changeLog
    await this.#stage.changeLog.kill()
    this.event(this.#screen.style("red", `SIGKILL NATS${pid === undefined ? "" : ` (pid ${pid})`}`))
    await pause(AWAY_MS)
    const waited = this.book.inFlight
    this.#states.changeLog = "restarting"
    const arrival = this.#nextArrival()
    await this.#stage.changeLog.restart()
    this.natsRestarts += 1
    this.event("NATS restarted, on the same files")
    this.#states.changeLog = "running"
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
    const back = `${what} is back after ${duration(performance.now() - since)}: scores arrive again`
    this.event(
      this.#screen.style("green", `${back}${waited > 0 ? ` (${count(waited)} changes had waited)` : ""}`)
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
      this.event(
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
      await this.#writers!.bulk(IMPORT_ROWS)
      this.event(this.#screen.style("cyan", `one transaction of ${count(IMPORT_ROWS)} results is committed`))
    }
  }

  /** Screen, queue length and processes, until the drain is over. Rejects when a process ends by itself for good. */
  async #watch(abort: AbortSignal): Promise<void> {
    let nextSecond = performance.now() + 1000
    while (this.#watching && !abort.aborted) {
      const now = performance.now()
      const { changeLog, gradewire } = this.#states
      const isUp = gradewire === "running" && changeLog === "running"
      const since = this.book.disturbedSince
      this.book.settle(now, isUp)
      if (since !== undefined && this.book.disturbedSince === undefined && now - since > AWAY_MS)
        this.event(this.#screen.style("green", `caught up ${duration(now - since)} after it went away`))
      if (gradewire === "running" && this.#gradewire.pid === undefined) await this.#diedByItself()
      if (now >= nextSecond) {
        nextSecond += 1000
        this.#everySecond(now)
        this.held = await countHeld(this.#stage.hr)
        if (!this.#screen.isTerminal) this.#screen.line(plainLine(this.figures()))
      }
      this.#screen.panel(panelLines(this.figures(), this.#screen))
      await pause(REDRAW_MS)
    }
  }

  /** As a supervisor would: start it again; the verdict tells. */
  async #diedByItself(): Promise<void> {
    this.unexpectedExits += 1
    this.event(this.#screen.style("red", `gradewire ${this.#gradewire.outcome} by itself; its last words:`))
    this.#screen.line(await this.#gradewire.logTail(4))
    if (this.unexpectedExits > 3) throw new Error("gradewire does not stay up")
    this.book.disturb(performance.now())
    await this.#startGradewire()
  }

  #everySecond(now: number): void {
    const lags = this.book.lagsSince(now - 1000)
    const waiting = this.book.inFlight > 0 ? now - (this.book.oldestCommit ?? now) : undefined
    const worst = lags.reduce((most, lag) => Math.max(most, lag), waiting ?? 0)
    this.#worst.push(lags.length === 0 && waiting === undefined ? undefined : worst)
    if (this.#worst.length > GRAPH_SECONDS) this.#worst.shift()
  }

  figures(): LiveFigures {
    const { rate, seconds, source } = this.#options
    const elapsedMs = performance.now() - this.#startedAt
    const achieved = (this.#writers?.paced ?? 0) / Math.max(0.001, Math.min(elapsedMs / 1000, seconds))
    const { changeLog, target, source: training } = this.#stage
    return {
      elapsedMs,
      totalMs: seconds * 1000,
      phase: this.phase,
      rate: { asked: rate, achieved },
      written: this.book.written,
      applied: this.book.applied,
      held: this.held,
      inFlight: this.book.inFlight,
      lags: this.book.lagsSince(performance.now() - LAG_SECONDS * 1000),
      worst: this.#worst,
      states: [
        { name: `${SERVER_NAMES[source]} ${training.version}`, state: this.#states.source },
        { name: "gradewire", state: this.#states.gradewire },
        { name: `NATS ${changeLog.version}`, state: this.#states.changeLog },
        { name: `PostgreSQL ${target.version}`, state: this.#states.target }
      ],
      latest: this.#latest
    }
  }
}

const IMPORT_ROWS = 2000
