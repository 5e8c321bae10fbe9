/**
 * What one of several lanes of a role knows about itself. The process's own vitals then say what holds for all of them: the
 * worst state, and the horizon of the slowest.
 */
import { Vitals, type RoleName, type RoleState, type Stage } from "./Vitals.ts"

/** The worst first. */
const STATES: ReadonlyArray<RoleState> = ["stopped", "waiting", "starting", "paused", "running"]

export class LaneVitals extends Vitals {
  override readonly connections: Vitals["connections"]
  override readonly epochs: Vitals["epochs"]
  readonly #shared: Vitals
  readonly #lanes: ReadonlyArray<Vitals>

  /** @param lanes all lanes of the process, this one among them once it is made */
  constructor(shared: Vitals, lanes: ReadonlyArray<Vitals>) {
    super()
    this.connections = shared.connections
    this.epochs = shared.epochs
    this.#shared = shared
    this.#lanes = lanes
  }

  override turn(role: RoleName, state: RoleState, now: number, tag?: string, note?: string): void {
    super.turn(role, state, now, tag, note)
    for (const worst of STATES) {
      const found = this.#lanes.map(({ roles }) => roles.get(role)).find((own) => own?.state === worst)
      if (found !== undefined) return this.#shared.turn(role, worst, now, found.tag, found.note)
    }
  }

  override hears(stage: Stage, horizonMillis: number, now: number): void {
    super.hears(stage, horizonMillis, now)
    const heard = this.#lanes.map(({ stages }) => stages.get(stage))
    const known = heard.filter((own) => own !== undefined)
    // Nothing is known of the whole before every lane has heard something.
    if (known.length < heard.length) return
    const slowest = known.reduce((low, own) => (own.horizonMillis < low.horizonMillis ? own : low))
    this.#shared.hears(stage, slowest.horizonMillis, slowest.heardMillis)
  }
}
