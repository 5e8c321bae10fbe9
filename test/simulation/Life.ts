/**
 * One simulated life of the connector, from its seed: the training system writes, faults strike, processes die and come
 * back; then everything is mended, the pipeline comes to rest, and the end is judged.
 */
import { formatPosition } from "../../schemas/position.ts"
import type { MemoryHrDatabase } from "../support/fakes/MemoryHrDatabase.ts"
import { FATAL, LOSES_LOG, strike, WEIGHTS, type Fault } from "./faults.ts"
import { judgeEnd } from "./judge-end.ts"
import { SimProcess, type Role } from "./SimProcess.ts"
import type { Twist } from "./Twist.ts"
import { Violation } from "./Violation.ts"
import { World } from "./World.ts"

export interface Verdict {
  readonly seed: number
  /** Why the life failed; `undefined` where every promise held. */
  readonly failure: string | undefined
  readonly faults: ReadonlyArray<Fault>
  readonly commits: number
  readonly steps: number
  readonly trace: ReadonlyArray<string>
}

const ROLES: ReadonlyArray<Role> = ["capture", "apply"]
const CALM_ODDS = 0.15
const DRAIN_MILLIS_MAX = 5 * 60_000
const DRAIN_STEPS_MAX = 400_000

/** Stops that are the right answer to what a life met, besides the fatal ones. */
const RIGHT_STOPS: ReadonlySet<string> = new Set([
  "CaptureFenced",
  "ApplyFenced",
  "ChangeLogHole",
  "LanesMismatch"
])
/** Stops that a fatal fault must lead to. */
const FATAL_STOPS: ReadonlySet<string> = new Set(["PositionPurged", "BinlogMismatch"])

export class Life {
  readonly world: World
  readonly trace: Array<string> = []
  readonly faults: Array<Fault> = []
  #processes: Array<SimProcess> = []
  #started = 0
  #withQuiz: boolean
  #copies: Array<MemoryHrDatabase> = []
  readonly #seed: number
  readonly #weights: typeof WEIGHTS

  /** @param provokedBy only these faults strike, and often; otherwise all of them by their weight */
  constructor(seed: number, twist: Twist = {}, provokedBy?: ReadonlyArray<Fault>) {
    this.#seed = seed
    this.#weights = provokedBy?.map((fault) => [1, fault] as const) ?? WEIGHTS
    this.world = new World(seed, twist)
    this.#withQuiz = this.world.chance.odds(0.4)
  }

  run(): Verdict {
    const undo = this.world.twist.patch?.()
    let failure: string | undefined
    try {
      this.#live()
    } catch (error) {
      failure =
        error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error)
    } finally {
      undo?.()
    }
    const { witness, time } = this.world
    const { faults, trace } = this
    return { seed: this.#seed, failure, faults, commits: witness.commits, steps: time.steps, trace }
  }

  #live(): void {
    const { chance, history, server } = this.world
    for (let before = chance.pick([0, 4, 12, 30]); before > 0; before--) history.write()
    if (chance.odds(0.3)) server.rotate()
    // What lies before a connector's first day is in the tables, not always in the binlog.
    if (this.world.settings.start === "snapshot" && chance.odds(0.3))
      server.purgeTo(server.files.at(-1)!.number)
    for (const role of ROLES) this.start(role)
    const [length, faultOdds] = [
      chance.between(20, 90),
      this.#weights !== WEIGHTS ? 0.15 : chance.odds(CALM_ODDS) ? 0 : chance.pick([0.05, 0.12])
    ]
    for (let move = 0; move < length; move++) {
      this.#move(faultOdds)
      if (this.faults.some((fault) => FATAL.has(fault))) return this.#endLoudly()
    }
    this.#drain()
    judgeEnd(this.world, this.#withQuiz)
  }

  #move(faultOdds: number): void {
    const { chance, history, server, time, database } = this.world
    if (chance.odds(0.4)) history.write()
    if (chance.odds(0.1)) history.writeNoise()
    if (chance.odds(0.35)) server.showNext()
    if (chance.odds(0.1)) server.showAll()
    if (chance.odds(0.08)) this.#copies.push(database.copy())
    if (chance.odds(faultOdds)) this.#strike(chance.weighted(this.#weights))
    for (const process of this.#processes) if (process.isPaused && chance.odds(0.1)) process.wake()
    this.#keepAlive(0.3)
    const work = chance.between(1, 120)
    for (let step = 0; step < work; step++) {
      if (!time.runOne()) time.advance(chance.between(1, 60))
      this.#check()
    }
  }

  #strike(fault: Fault): void {
    this.#note(`fault: ${fault}`)
    this.faults.push(fault)
    if (LOSES_LOG.has(fault)) this.world.logWitness.isWhole = false
    strike(this, fault)
  }

  start(role: Role): void {
    if (this.#alive(role).length >= 2) return
    const name = `${role}${++this.#started}`
    this.#note(`${name} starts`)
    this.#processes = this.#processes.filter(({ isAlive }) => isAlive)
    this.#processes.push(new SimProcess(role, name, this.world, this.#withQuiz, (line) => this.#note(line)))
  }

  kill(role: Role): void {
    const [one] = this.#alive(role)
    one?.kill()
  }

  pause(role: Role): void {
    this.#alive(role)[0]?.pause()
    this.start(role)
  }

  remap(withQuiz: boolean): void {
    this.world.wasUnmapped ||= this.#withQuiz && !withQuiz
    this.#withQuiz = withQuiz
    for (const process of this.#processes) process.kill()
  }

  restoreProfile(): void {
    const { database, chance, witness, history } = this.world
    if (this.#copies.length === 0) return
    database.restore(chance.pick(this.#copies))
    // Who works here is told by another system, and is not forgotten.
    const hired = [...history.hired]
    history.hired.clear()
    database.staff = []
    for (const learner of hired) this.world.hire(learner)
    witness.startOver()
  }

  /** Whoever applies finds out by itself. */
  divide(): void {
    const { database, lanes, witness } = this.world
    if (database.lanes.every(({ epoch }) => epoch === 0)) return
    database.divide(lanes)
    witness.startOver()
  }

  /** The oldest binlog file that the log, the profile or a copy of it may send capture back to. */
  oldestFileNeeded(): number {
    const { log, database, server } = this.world
    const anchors = [
      ...database.lanes.flatMap(({ offset }, lane) => [
        offset?.anchor,
        ...this.world.witness.offsetsOf(lane).map(({ anchor }) => anchor)
      ]),
      ...this.#copies.flatMap(({ lanes }) => lanes.map(({ offset }) => offset?.anchor)),
      ...log.messages.slice(-26).map(({ head }) => head?.anchor)
    ]
    if (this.#copies.some(({ progress }) => progress === undefined) || database.progress === undefined)
      return 0
    const files = anchors.flatMap((anchor) =>
      anchor === undefined ? [] : [Number(anchor.file.split(".")[1])]
    )
    return Math.min(server.files.at(-1)!.number, ...files)
  }

  #alive(role: Role): ReadonlyArray<SimProcess> {
    return this.#processes.filter((process) => process.role === role && process.isAlive)
  }

  /** What a supervisor does: a role of which nobody is left is started again. */
  #keepAlive(odds: number): void {
    for (const role of ROLES) {
      if (this.#alive(role).length === 0 && this.world.chance.odds(odds)) this.start(role)
    }
  }

  #check(): void {
    if (this.world.violation !== undefined) throw this.world.violation
    for (const { name, stopped } of this.#processes) {
      if (stopped === undefined || stopped === "" || RIGHT_STOPS.has(stopped)) continue
      if (FATAL_STOPS.has(stopped) && this.faults.some((fault) => FATAL.has(fault))) continue
      throw new Violation("G5", `${name} stopped with ${stopped}, for no good reason`)
    }
  }

  /** Everything is mended; the pipeline has to come to rest by itself, its roles restarted where they stopped. */
  #drain(): void {
    const { server, history, log, time } = this.world
    this.#note("everything is mended")
    this.world.faultOdds = 0
    this.world.copyMillis = 0
    this.world.refusesPoison = false
    server.setDown(false)
    log.setDown(false)
    log.messagesMax = Number.POSITIVE_INFINITY
    for (const learner of [1, 2, 3]) this.world.hire(learner)
    this.world.command({ command: "resume" })
    history.mend()
    history.writeNoise()
    server.showAll()
    for (const process of this.#processes) process.wake()
    const [until, steps] = [time.now + DRAIN_MILLIS_MAX, time.steps + DRAIN_STEPS_MAX]
    let restAt: number | undefined
    let operateAt = time.now
    while (restAt === undefined || time.now < restAt) {
      if (time.now > until || time.steps > steps) throw new Violation("G5", `no rest: ${this.#standing()}`)
      if (time.now >= operateAt) {
        this.#operate()
        operateAt = time.now + 1000
      }
      while (time.runOne()) this.#check()
      this.#check()
      time.advance(Math.min((time.nextTimerAt ?? operateAt) - time.now, operateAt - time.now) + 1)
      if (!this.#isCaughtUp()) restAt = undefined
      else restAt ??= time.now + 3 * this.world.settings.releaseMillis
    }
  }

  /** What operators do about what they are shown: start what stopped, replay what was refused. */
  #operate(): void {
    if (this.world.database.lanes.length !== this.world.lanes) this.divide()
    const roles = this.#processes.filter(({ stopped }) => stopped === "ChangeLogHole")
    this.#keepAlive(1)
    // The remedy of a hole: start capture again.
    if (roles.length > 0) for (const process of this.#alive("capture")) process.kill()
    this.world.command({ command: "resume" })
    for (const letter of this.world.database.letters) if (letter.state === "open") letter.state = "replay"
  }

  #isCaughtUp(): boolean {
    const { server, database, log } = this.world
    const end = formatPosition({
      timeline: 1,
      file: server.files.at(-1)!.number,
      transaction: server.end.position,
      ordinal: 0
    })
    const offset = database.progress
    const last = log.messages.at(-1)?.head?.last
    return (
      offset !== undefined &&
      last !== undefined &&
      offset.position >= end &&
      offset.position >= last &&
      (offset.snapshot?.tables ?? []).every(({ state }) => state === "done") &&
      database.letters.every(({ state }) => state === "done")
    )
  }

  #standing(): string {
    const { database, log, server } = this.world
    const roles = this.#processes.map(({ name, stopped }) => `${name} ${stopped ?? "lives"}`)
    const copied = database.progress?.snapshot?.tables.map(({ table, state }) => `${table} ${state}`)
    return `${roles.join(", ")}; offsets ${database.lanes.map(({ position }) => position).join()}, log ${log.messages.at(-1)?.head?.last}, source ${server.end.file}:${server.end.position}; ${copied?.join(", ")}; letters ${database.letters.map(({ state }) => state).join()}`
  }

  /** After a fatal fault nothing more can be promised than this: nothing wrong is applied, and capture says so. */
  #endLoudly(): void {
    const { time } = this.world
    const until = time.now + 60_000
    while (time.now < until) {
      this.#keepAlive(0.05)
      while (time.runOne()) this.#check()
      this.#check()
      time.advance(500)
    }
  }

  #note(line: string): void {
    this.trace.push(`${this.world.time.now - 1_763_769_600_000} ms  ${line}`)
  }
}
