/** Faults of clocks: gradewire's own processes and the training database's sessions, each for itself. */
import { setTimeout as pause } from "node:timers/promises"
import type { Random } from "../../deploy/demo/Random.ts"
import type { ClockFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"

const HOUR_MS = 3_600_000
const JUMPS_MS = [
  -24 * HOUR_MS,
  -HOUR_MS,
  -30_000,
  -1_500,
  1_500,
  30_000,
  HOUR_MS,
  24 * HOUR_MS,
  400 * 24 * HOUR_MS
]

export const clockFaults: Readonly<Record<ClockFaultKind, Fault>> = {
  "clocks-jump": async (history, random: Random) => {
    const rounds = random.whole(2, 5)
    for (let round = 0; round < rounds; round++) {
      for (const role of history.roles) role.setClock(random.pick([0, ...JUMPS_MS]))
      // timestamps of binlog events go back and forth, and stand still
      await history.workload.setClock(random.pick([0, ...JUMPS_MS]) / 1000)
      await pause(random.whole(100, 1200))
    }
    for (const role of history.roles) if (random.chance(0.5)) role.setClock(0)
    await history.workload.setClock(0)
  }
}
