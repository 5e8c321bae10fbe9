/**
 * The running demo: people write, gradewire works, faults happen on time, the screen follows.
 *
 * A fault disturbs from its first moment until the profile has caught up; {@link ArrivalBook} keeps those times.
 */
import { setTimeout as pause } from "node:timers/promises"
import type { ArrivalBook } from "./ArrivalBook.ts"
import type { Afflicted, States } from "./Faults.ts"
import { clock, count, duration } from "./figures.ts"
import type { Gradewire } from "./Gradewire.ts"
import type { Arrival } from "./hr-database.ts"
import { LAG_SECONDS, type LatestArrival, type LiveFigures, panelLines, plainLine } from "./live-panel.ts"
import type { DemoOptions } from "./options.ts"
import { type Stage, SERVER_NAMES } from "./prepare-stage.ts"
import { countHeld } from "./read-databases.ts"
import type { Screen } from "./Screen.ts"
import type { Writers } from "./Writers.ts"

const REDRAW_MS = 250
/** How often processes and backlog are looked at. */
const WATCH_MS = 50
/** Seconds of lag in the little graph. */
const GRAPH_SECONDS = 24

export class LiveRun implements Afflicted {
  readonly book: ArrivalBook
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
  readonly #abort: AbortController
  readonly states: States
  readonly #worst: Array<number | undefined> = []
  startedAt = performance.now()
  #latest: LatestArrival | undefined
  readonly #writers: Writers
  /** set while the next arrival is news */
  #awaited: (() => void) | undefined
  #watching = false

  constructor(
    stage: Stage,
    options: DemoOptions,
    gradewire: Gradewire,
    writers: Writers,
    book: ArrivalBook,
    screen: Screen,
    abort: AbortController
  ) {
    this.#stage = stage
    this.#options = options
    this.#gradewire = gradewire
    this.#writers = writers
    this.book = book
    this.#screen = screen
    this.#abort = abort
    this.states = { source: "running", gradewire: "stopped", changeLog: "running", target: "running" }
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
  async begin(): Promise<number> {
    this.book.disturb(performance.now())
    await this.#startGradewire()
    const arrival = this.nextArrival()
    await this.#writers.single()
    const deadline = performance.now() + 60_000
    while (!(await Promise.race([arrival.then(() => true), pause(50, false)]))) {
      this.#abort.signal.throwIfAborted()
      if (this.#gradewire.pid === undefined) throw new Error(`gradewire ${this.#gradewire.outcome}`)
      if (performance.now() > deadline) throw new Error("no score reached the profile within 60 s")
    }
    this.book.calm(performance.now())
    return performance.now() - this.#gradewire.startedAt
  }

  /** People take exams, faults happen; ends when the time is over and every fault is. */
  async takeExams(faults: { run(abort: AbortSignal): Promise<void> }): Promise<void> {
    const { rate, seconds } = this.#options
    const { signal } = this.#abort
    const writers = this.#writers
    this.phase = "taking exams"
    this.startedAt = performance.now()
    this.#watching = true
    // it goes on into the drain, so nobody waits for it; what goes wrong there ends the demo
    this.#watch().catch((error: unknown) => this.#abort.abort(error))
    const writing = async (): Promise<void> => {
      await writers.run(rate, seconds, signal)
      this.achieved = writers.paced / ((performance.now() - this.startedAt) / 1000)
    }
    await Promise.all([faults.run(signal), writing()])
    signal.throwIfAborted()
  }

  /** After the writers: one last score; then until all that can stand in the profile does. Resolves with what is missing. */
  async drain(limitMs: number): Promise<string | undefined> {
    this.phase = "draining"
    await this.#writers.single()
    const startedAt = performance.now()
    const deadline = startedAt + limitMs
    for (;;) {
      this.#abort.signal.throwIfAborted()
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
    const at = this.#screen.style("dim", clock(performance.now() - this.startedAt))
    this.#screen.line(`  ${at}  ${text}`)
  }

  stopWatching(): void {
    this.#watching = false
    this.#screen.clear()
  }

  async #startGradewire(): Promise<void> {
    await this.#gradewire.start()
    this.states.gradewire = "running"
  }

  nextArrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#awaited = () => {
      this.#awaited = undefined
      resolve()
    }
    return promise
  }

  /** Screen, queue length and processes, until the drain is over. Rejects when a process ends by itself for good. */
  async #watch(): Promise<void> {
    let nextSecond = performance.now() + 1000
    let nextDraw = 0
    while (this.#watching && !this.#abort.signal.aborted) {
      const now = performance.now()
      const { changeLog, gradewire } = this.states
      const isUp = gradewire === "running" && changeLog === "running"
      const since = this.book.disturbedSince
      this.book.settle(now, isUp)
      if (since !== undefined && this.book.disturbedSince === undefined)
        this.event(
          this.#screen.style(
            "green",
            `caught up after ${duration(now - since)}: what had piled up has arrived`
          )
        )
      if (gradewire === "running" && this.#gradewire.pid === undefined) await this.#diedByItself()
      if (now >= nextSecond) {
        nextSecond += 1000
        this.#everySecond(now)
        this.held = await countHeld(this.#stage.hr)
        if (!this.#watching) return
        if (!this.#screen.isTerminal) this.#screen.line(plainLine(this.figures()))
      }
      if (now >= nextDraw) {
        nextDraw = now + REDRAW_MS
        this.#screen.panel(panelLines(this.figures(), this.#screen))
      }
      await pause(WATCH_MS)
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
    const elapsedMs = performance.now() - this.startedAt
    const achieved = this.#writers.paced / Math.max(0.001, Math.min(elapsedMs / 1000, seconds))
    const { changeLog, target, source: training } = this.#stage
    return {
      elapsedMs,
      totalMs: seconds * 1000,
      phase: this.phase,
      rate: { asked: rate, achieved, queued: this.#writers.queued },
      written: this.book.written,
      applied: this.book.applied,
      held: this.held,
      inFlight: this.book.inFlight,
      lags: this.book.lagsSince(performance.now() - LAG_SECONDS * 1000),
      worst: this.#worst,
      states: [
        { name: `${SERVER_NAMES[source]} ${training.version}`, state: this.states.source },
        { name: "gradewire", state: this.states.gradewire },
        { name: `NATS ${changeLog.version}`, state: this.states.changeLog },
        { name: `PostgreSQL ${target.version}`, state: this.states.target }
      ],
      latest: this.#latest
    }
  }
}
