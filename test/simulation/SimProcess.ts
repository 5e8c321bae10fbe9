/** One process of the connector: the real role over the ports of the simulation, to be killed, paused and woken. */
import { Cause, Context, Effect, Exit, Latch, Logger, References, type Fiber } from "effect"
import type { Lane } from "../../schemas/lane.ts"
import { isFailure } from "../../schemas/failure.ts"
import { apply } from "../../src/apply/apply.ts"
import { ChangeFeed } from "../../src/apply/ChangeFeed.ts"
import { SegmentShelf } from "../../src/apply/SegmentShelf.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { ProgressDesk } from "../../src/apply/ProgressDesk.ts"
import { ApplyProgress } from "../../src/capture/ApplyProgress.ts"
import { capture } from "../../src/capture/capture.ts"
import { ChangeLog } from "../../src/capture/ChangeLog.ts"
import { ChangeSource } from "../../src/capture/ChangeSource.ts"
import { SnapshotDesk } from "../../src/capture/SnapshotDesk.ts"
import { SnapshotSource } from "../../src/capture/SnapshotSource.ts"
import {
  applyDesk,
  applyFeed,
  applyStore,
  captureLog,
  captureProgress,
  captureSnapshots,
  captureSource,
  snapshotDesk,
  type Surroundings
} from "./Ports.ts"
import { scoresOf, tablesOf } from "./training-tables.ts"
import { Violation } from "./Violation.ts"
import type { World } from "./World.ts"

export type Role = "capture" | "apply"

export class SimProcess {
  readonly role: Role
  readonly name: string
  readonly gate = Latch.makeUnsafe(true)
  /** Tag of the error it stopped with; `undefined` while it lives, "" where it was killed. */
  stopped: string | undefined
  readonly #fiber: Fiber.Fiber<never, unknown>

  constructor(role: Role, name: string, world: World, withQuiz: boolean, trace: (line: string) => void) {
    this.role = role
    this.name = name
    const around = { world, gate: this.gate, withQuiz }
    const program: Effect.Effect<never, unknown> =
      role === "capture" ? captureOver(around) : applyOver(around)
    const logged = program.pipe(
      Effect.provideService(Logger.CurrentLoggers, new Set([tracer(name, trace)])),
      Effect.provideService(References.MinimumLogLevel, "Info")
    )
    this.#fiber = Effect.runForkWith(world.time.context)(logged)
    this.#fiber.addObserver((exit) => {
      this.stopped = tagOf(exit)
      trace(`${name} ended: ${this.stopped === "" ? "killed" : this.stopped}`)
      if (this.stopped === "defect") world.attempt(() => reportDefect(name, exit))
    })
  }

  get isAlive(): boolean {
    return this.stopped === undefined
  }

  get isPaused(): boolean {
    return this.isAlive && !this.gate.isOpen()
  }

  kill(): void {
    this.#fiber.interruptUnsafe()
  }

  pause(): void {
    this.gate.closeUnsafe()
  }

  wake(): void {
    this.gate.openUnsafe()
  }
}

const tagOf = (exit: Exit.Exit<never, unknown>): string => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return ""
  const failure = Cause.squash(exit.cause)
  return isFailure(failure) ? failure._tag : "defect"
}

const reportDefect = (name: string, exit: Exit.Exit<never, unknown>): never => {
  throw new Violation(
    "G3",
    `${name} died of a defect: ${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""}`
  )
}

const tracer = (name: string, trace: (line: string) => void) =>
  Logger.make(({ message }) => trace(`${name}: ${JSON.stringify(message)}`))

const captureOver = (around: Surroundings): Effect.Effect<never, unknown> => {
  const { settings } = around.world
  return capture({
    connector: "simulation",
    tables: tablesOf(around.withQuiz),
    start: settings.start,
    zone: 480,
    limits: settings.limits,
    largeEvents: "split",
    checkpointMillis: settings.checkpointMillis,
    snapshotRows: settings.snapshotRows
  }).pipe(
    Effect.provideContext(
      Context.empty().pipe(
        Context.add(ChangeSource, captureSource(around)),
        Context.add(SnapshotSource, captureSnapshots(around)),
        Context.add(SnapshotDesk, snapshotDesk(around)),
        Context.add(ChangeLog, captureLog(around)),
        Context.add(ApplyProgress, captureProgress(around))
      )
    )
  )
}

/** All lanes in one process; the first to stop ends them all, as in the program. */
const applyOver = (around: Surroundings): Effect.Effect<never, unknown> => {
  const { lanes } = around.world
  const shelf = lanes === 1 ? undefined : new SegmentShelf()
  return Effect.raceAllFirst(
    Array.from({ length: lanes }, (_, lane) => applyLane(around, { lane, lanes }, shelf))
  )
}

const applyLane = (
  around: Surroundings,
  lane: Lane,
  shelf: SegmentShelf | undefined
): Effect.Effect<never, unknown> => {
  const { batchEvents, releaseMillis } = around.world.settings
  const learnerTables = new Set(scoresOf(around.withQuiz).map(({ table }) => table))
  const routing = lane.lanes === 1 ? undefined : { ...lane, learnerTables }
  return apply({ batchEvents, releaseMillis, routing, shelf }).pipe(
    Effect.provideContext(
      Context.empty().pipe(
        Context.add(ProfileStore, applyStore(around, lane)),
        Context.add(ChangeFeed, applyFeed(around)),
        Context.add(ProgressDesk, applyDesk(around))
      )
    )
  )
}
