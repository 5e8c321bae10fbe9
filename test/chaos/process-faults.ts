/** Faults of gradewire's own processes. */
import { setTimeout as pause } from "node:timers/promises"
import type { Random } from "../../deploy/demo/Random.ts"
import type { ProcessFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import { type History, until } from "./History.ts"
import type { Role } from "./Role.ts"

const killAndLeave = async (roles: ReadonlyArray<Role>, random: Random): Promise<void> => {
  const away = pause(random.whole(0, 800))
  await Promise.all(roles.map((role) => role.kill(away)))
}

/** Mostly shorter than a start takes. */
const killLoop = async (role: Role, random: Random): Promise<void> => {
  const rounds = random.whole(3, 6)
  for (let round = 0; round < rounds; round++) {
    await pause(random.whole(50, 1200))
    await role.kill()
  }
}

const TAKE_OVER_MS = 40_000
/** The old one may be within a pause of its own, 5 s at most, when it wakes. */
const LEAVE_MS = 25_000
const FENCED = ["CaptureFenced", "ApplyFenced", "ServerIdTaken"]

/** The old process must end by itself, for one of the reasons that say it is no longer the one. */
const oldOneWakes = async (history: History, old: Role, begins: string, random: Random): Promise<void> => {
  // one that has not found its feet yet may still take over, and rightly; another fault may have it killed meanwhile
  const isUp = async (): Promise<boolean> => old.pid !== undefined && (await old.hasSaid(begins))
  do {
    if (!(await until(isUp, TAKE_OVER_MS))) throw new Error(`${old.name} never said "${begins}"`)
    await pause(random.whole(100, 800))
  } while (!(await isUp()))
  old.pause()
  await old.abandon()
  // who sleeps long enough wakes without connections
  const { doors } = history
  if (random.chance(0.5)) for (const door of Object.values(doors)) door.cut()
  await pause(random.whole(0, 500))
  const successor = history.role(old.name)
  history.replace(old, successor)
  await successor.start()
  if (!(await until(() => successor.hasSaid(begins), TAKE_OVER_MS)))
    throw new Error(`no successor of ${old.name} said "${begins}" within ${TAKE_OVER_MS / 1000} s`)
  await pause(random.whole(0, 1500))
  history.note(`the old ${old.name} wakes`)
  old.resume()
  const hasLeft = await old.endsWithin(LEAVE_MS)
  const tag = await old.lastTag()
  await old.discard()
  if (!hasLeft) throw new Error(`the old ${old.name} lives on ${LEAVE_MS / 1000} s after it was replaced`)
  history.note(`the old ${old.name} left: ${tag}`)
  if (!FENCED.includes(tag)) throw new Error(`the old ${old.name} left because of ${tag}`)
}

export const processFaults: Readonly<Record<ProcessFaultKind, Fault>> = {
  "capture-killed": (history, random) => killAndLeave([history.capture], random),
  "apply-killed": (history, random) => killAndLeave([history.apply], random),
  "both-killed": (history, random) => killAndLeave(history.roles, random),
  "capture-kill-loop": (history, random) => killLoop(history.capture, random),
  "apply-kill-loop": (history, random) => killLoop(history.apply, random),
  "old-capture-wakes": (history, random) => oldOneWakes(history, history.capture, "capture begins", random),
  "old-apply-wakes": (history, random) => oldOneWakes(history, history.apply, "apply begins", random)
}
