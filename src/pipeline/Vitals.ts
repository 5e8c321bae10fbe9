/**
 * What a process knows about its own state: written by the roles as they go, read by whoever asks.
 *
 * - A write is an assignment; nothing here waits, so the hot path may call it once per chunk.
 * - A stage's *horizon* is a time on the source's clock: everything that the source committed until then has passed the
 *   stage. Changes move it, and so do heartbeats that travel the same way while nothing changes. What is not known is
 *   `undefined`, never zero.
 */
import type { DamageKind } from "../../schemas/reconciliation.ts"
import { Context } from "effect"
import type { SnapshotState } from "../../schemas/snapshot-state.ts"

export const ROLE_NAMES = ["capture", "apply"] as const
export type RoleName = (typeof ROLE_NAMES)[number]

export const STAGES = ["capture", "log", "apply"] as const
export type Stage = (typeof STAGES)[number]

export const SYSTEMS = ["source", "log", "hr"] as const
export type OutsideSystem = (typeof SYSTEMS)[number]

/**
 * - `starting` on its way to work for the first time, or after a pause
 * - `running`  reads and writes
 * - `standby`  another process does this work
 * - `waiting`  something failed that may pass; it is tried again
 * - `paused`   an operator said so
 * - `stopped`  it halted, and the process is about to end
 */
export const ROLE_STATES = ["starting", "running", "standby", "waiting", "paused", "stopped"] as const
export type RoleState = (typeof ROLE_STATES)[number]

export interface RoleVitals {
  readonly state: RoleState
  /** Wall clock, ms since 1970 UTC. */
  readonly sinceMillis: number
  /** Of the last failure, while it waits or has stopped. */
  readonly tag: string | undefined
  /** Who paused it and why. */
  readonly note: string | undefined
}

export interface StageVitals {
  /** Horizon, ms since 1970 UTC by the source's clock. */
  readonly horizonMillis: number
  /** When it was heard, by this process's wall clock. */
  readonly heardMillis: number
}

/** Whatever is held and refused, as the HR database counted it last. */
export interface QueueVitals {
  readonly held: number
  readonly oldestHeldSeconds: number
  readonly deadLetters: number
  /** Of the slowest lane, whichever process has it. */
  readonly lagSeconds: number | undefined
}

export interface ComparisonVitals {
  /** When it was finished, ms since 1970 UTC. */
  readonly finishedMillis: number
  /** Rows by kind that differ and that no repair has been sent for. */
  readonly differences: ReadonlyMap<DamageKind, number>
  /** Rows that are too many to be mended by themselves; 0: none; `undefined`: nothing is meant to be. */
  readonly withheld: number | undefined
}

/** Heartbeats come every ten seconds from an idle source; two may be late before the silence counts as lag. */
const QUIET_MILLIS_MAX = 25_000

export class Vitals {
  readonly roles = new Map<RoleName, RoleVitals>()
  readonly stages = new Map<Stage, StageVitals>()
  readonly connections = new Map<OutsideSystem, boolean>()
  readonly epochs = new Map<RoleName, number>()
  /** Last thing that the watchdog saw the process do, ms on the wall clock. */
  beatMillis: number | undefined = undefined
  /** Whether our own tables in the HR database are there; `undefined` where this process does not need them. */
  migrated: boolean | undefined = undefined
  snapshot: SnapshotState | undefined = undefined
  queues: QueueVitals | undefined = undefined
  /** The last comparison of everything; `undefined`: not known, or none ever was. */
  comparison: ComparisonVitals | undefined = undefined
  purgeMarginSeconds: number | undefined = undefined
  /** When the first certificate of a system's connection ends, ms since 1970 UTC. */
  readonly certificateEnds = new Map<OutsideSystem, number>()

  turn(role: RoleName, state: RoleState, now: number, tag?: string, note?: string): void {
    const before = this.roles.get(role)
    if (before?.state === state && before.tag === tag && before.note === note) return
    this.roles.set(role, {
      state,
      sinceMillis: before?.state === state ? before.sinceMillis : now,
      tag,
      note
    })
  }

  hears(stage: Stage, horizonMillis: number, now: number): void {
    this.stages.set(stage, { horizonMillis, heardMillis: now })
  }

  /**
   * Seconds. While the stage hears of the source: how old the news was when it came. Once it should have heard and has
   * not, or its role does not work: the age of the last thing it knows.
   */
  lagSeconds(stage: Stage, now: number): number | undefined {
    const heard = this.stages.get(stage)
    if (heard === undefined) return undefined
    const works = this.roles.get(stage === "apply" ? "apply" : "capture")?.state === "running"
    const isFresh = works && now - heard.heardMillis <= QUIET_MILLIS_MAX
    return Math.max(0, (isFresh ? heard.heardMillis : now) - heard.horizonMillis) / 1000
  }

  heartbeatAgeSeconds(stage: Stage, now: number): number | undefined {
    const heard = this.stages.get(stage)
    return heard === undefined ? undefined : Math.max(0, now - heard.heardMillis) / 1000
  }
}

/** One for the whole process, unless somebody gives another. */
export const CurrentVitals = Context.Reference<Vitals>("gradewire/pipeline/Vitals", {
  defaultValue: () => new Vitals()
})
