/** Faults of gradewire's own processes. */
import { setTimeout as pause } from "node:timers/promises"
import type { Random } from "../../deploy/demo/Random.ts"
import type { Fault } from "./faults.ts"
import type { Role } from "./Role.ts"

const killAndLeave = async (roles: ReadonlyArray<Role>, random: Random): Promise<void> => {
  const away = pause(random.whole(0, 800))
  await Promise.all(roles.map((role) => role.kill(away)))
}

/** Mostly shorter than a start takes. */
const killLoop = async (role: Role, random: Random): Promise<void> => {
  const rounds = random.whole(3, 7)
  for (let round = 0; round < rounds; round++) {
    await pause(random.whole(50, 1500))
    await role.kill()
  }
}

type Kind = "capture-killed" | "apply-killed" | "both-killed" | "capture-kill-loop" | "apply-kill-loop"

export const processFaults: Readonly<Record<Kind, Fault>> = {
  "capture-killed": (history, random) => killAndLeave([history.capture], random),
  "apply-killed": (history, random) => killAndLeave([history.apply], random),
  "both-killed": (history, random) => killAndLeave(history.roles, random),
  "capture-kill-loop": (history, random) => killLoop(history.capture, random),
  "apply-kill-loop": (history, random) => killLoop(history.apply, random)
}
