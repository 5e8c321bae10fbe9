/** Everything outside of the connector's processes in one simulated life: servers, network, chance and time. */
import { Effect, Latch } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { SnapshotCommand } from "../../schemas/snapshot-command.ts"
import type { SegmentLimits } from "../../src/capture/SegmentCutter.ts"
import type { StartAt } from "../../src/capture/resume-plan.ts"
import { MemoryHrDatabase } from "../support/fakes/MemoryHrDatabase.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { MemoryTrainingServer } from "../support/fakes/MemoryTrainingServer.ts"
import type { ApplyProgress } from "../../src/capture/ApplyProgress.ts"
import type { ChangeSource } from "../../src/capture/ChangeSource.ts"
import type { SnapshotSource } from "../../src/capture/SnapshotSource.ts"
import type { ChangeFeed } from "../../src/apply/ChangeFeed.ts"
import type { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { Chance } from "./Chance.ts"
import { LogWitness } from "./LogWitness.ts"
import { StoreWitness } from "./StoreWitness.ts"
import { TrainingHistory } from "./TrainingHistory.ts"
import { KEYS, numberOf, phoneOf } from "./training-tables.ts"
import type { Twist } from "./Twist.ts"
import { VirtualTime } from "./VirtualTime.ts"
import type { WireOptions } from "./Wire.ts"

/** What stays the same through one life. */
export interface Settings {
  readonly start: StartAt
  readonly limits: SegmentLimits
  /** Bytes of the largest body; larger changes travel in pieces. `undefined`: none is. */
  readonly bodyBytes: number | undefined
  readonly batchEvents: number
  readonly snapshotRows: number
  readonly checkpointMillis: number
  readonly releaseMillis: number
}

export interface Desk {
  readonly gate: Latch.Latch
  readonly offset: Effect.Effect<ApplyOffset | undefined, unknown>
}

interface Twistable {
  readonly source: ChangeSource["Service"]
  readonly snapshots: SnapshotSource["Service"]
  readonly progress: ApplyProgress["Service"]
  readonly feed: ChangeFeed["Service"]
  readonly store: ProfileStore["Service"]
}

const BUSY_BYTES = 600_000

export class World {
  readonly chance: Chance
  readonly time: VirtualTime
  readonly server: MemoryTrainingServer
  readonly history: TrainingHistory
  readonly log = new MemoryLog()
  readonly logWitness: LogWitness
  readonly database = new MemoryHrDatabase()
  readonly witness: StoreWitness
  readonly desks: Array<Desk> = []
  /** What operators have asked of the copy and nobody has taken yet. */
  readonly commands: Array<SnapshotCommand> = []
  #commanded = Latch.makeUnsafe(false)
  readonly settings: Settings
  readonly twist: Twist
  readonly wire: WireOptions
  /** Into how many lanes apply is divided, as the configuration has it. */
  lanes: number
  /** Whether the HR database refuses a row with the poisonous score. */
  refusesPoison: boolean
  /** How often a call of a port fails. */
  faultOdds: number
  /** How slow ports are, at most. */
  slowMillis: number
  /** How long a chunk of a copy takes, at most; slow copies meet more of what happens meanwhile. */
  copyMillis: number
  /** Whether a mapped table was not mapped for a while. */
  wasUnmapped = false
  /** First promise broken so far. */
  violation: unknown

  constructor(seed: number, twist: Twist) {
    const chance = new Chance(seed)
    this.chance = chance
    this.twist = twist
    this.time = new VirtualTime(chance)
    this.settings = randomSettings(chance)
    this.server = new MemoryTrainingServer({
      keys: KEYS,
      hasGtids: chance.odds(0.7),
      nowMicros: () => this.time.now * 1000
    })
    this.server.waitsForVisibility = twist.ignoresVisibility !== true
    this.history = new TrainingHistory(this.server, chance)
    this.logWitness = new LogWitness(this.log)
    this.witness = new StoreWitness(this.database, this.history)
    this.lanes = twist.lanes ?? (Object.keys(twist).length > 0 ? 1 : chance.pick([1, 1, 2, 3]))
    this.refusesPoison = chance.odds(0.5)
    this.faultOdds = chance.pick([0, 0.01, 0.03])
    this.slowMillis = chance.pick([1, 20, 400])
    this.copyMillis = chance.pick([0, 100, 1500])
    this.wire = {
      log: this.log,
      time: this.time,
      chance,
      lossOdds: () => this.faultOdds,
      delayMillis: this.slowMillis,
      checksExpectation: twist.ignoresExpectation !== true,
      stored: (sequence) => this.attempt(() => this.logWitness.stored(sequence))
    }
    for (const learner of [1, 2]) this.hire(learner)
  }

  /** Most calls are at once, some give way, few take long. */
  delay(): Effect.Effect<void> {
    const { chance } = this
    if (chance.odds(0.55)) return Effect.void
    if (chance.odds(0.7)) return Effect.yieldNow
    return Effect.sleep(chance.between(1, this.slowMillis))
  }

  cut(waiting: number): { readonly events: number; readonly bytes: number } {
    const events = this.chance.odds(0.3) ? waiting : this.chance.between(1, Math.min(waiting, 6))
    return { events, bytes: this.chance.odds(0.15) ? BUSY_BYTES : events * 100 }
  }

  hire(learner: number): void {
    if (this.history.hired.has(learner)) return
    this.history.hired.add(learner)
    this.database.staff.push({ 工号: numberOf(learner), mobile: phoneOf(learner) })
  }

  command(command: SnapshotCommand): void {
    this.commands.push(command)
    const commanded = this.#commanded
    this.#commanded = Latch.makeUnsafe(false)
    commanded.openUnsafe()
  }

  get commanded(): Effect.Effect<void> {
    return Effect.suspend(() => this.#commanded.await)
  }

  twisted<K extends keyof Twistable>(port: K, service: Twistable[K]): Twistable[K] {
    const { source, snapshots, progress, feed, store } = this.twist
    const around: { readonly [P in keyof Twistable]: ((service: Twistable[P]) => Twistable[P]) | undefined } =
      {
        source,
        snapshots,
        progress: progress && ((asked) => progress(asked, this.server)),
        feed: feed && ((read) => feed(read, this.database)),
        store: store && ((written) => store(written, this.database))
      }
    return around[port]?.(service) ?? service
  }

  /** Remembers the first promise broken; the life ends at its next step. */
  attempt(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.violation ??= error
    }
  }
}

const randomSettings = (chance: Chance): Settings => ({
  start: chance.odds(0.8) ? "snapshot" : "earliest",
  limits: { events: chance.between(1, 5), bytes: chance.pick([700, 4000, 100_000]) },
  batchEvents: chance.between(1, 10),
  snapshotRows: chance.pick([1, 1, 2, 3, 5]),
  checkpointMillis: chance.pick([20, 200, 2000]),
  releaseMillis: chance.pick([200, 1000]),
  bodyBytes: chance.odds(0.25) ? chance.between(200, 500) : undefined
})
