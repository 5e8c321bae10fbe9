/** Faults of the links: cut at a moment, frozen, slow, down. */
import { setTimeout as pause } from "node:timers/promises"
import type { Random } from "../../deploy/demo/Random.ts"
import { atMark, type Moment } from "./at-mark.ts"
import type { LinkFaultKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import type { History } from "./History.ts"
import type { TcpProxy } from "./TcpProxy.ts"

const MOST = 25

const cutAt =
  (door: keyof History["doors"], moment: Omit<Moment, "nth" | "when">): Fault =>
  (history, random) =>
    atMark(history, door, { ...moment, when: "before", nth: random.whole(1, MOST) }, () => undefined)

/** Long enough to be noticed by some clocks and too short for others; then it flows again, or is reset. */
const freeze = async (doors: ReadonlyArray<TcpProxy>, random: Random): Promise<void> => {
  for (const door of doors) door.freeze()
  await pause(random.pick([300, 1500, 6000]))
  const isReset = random.chance(0.5)
  for (const door of doors) {
    if (isReset) door.cut()
    else door.thaw()
  }
}

const logDoors = ({ doors }: History): ReadonlyArray<TcpProxy> => [doors.captureLog, doors.applyLog]

export const linkFaults: Readonly<Record<LinkFaultKind, Fault>> = {
  "publish-cut": cutAt("captureLog", { side: "request", mark: "segment" }),
  "acknowledgement-cut": cutAt("captureLog", { side: "answer", mark: "stored" }),
  "delivery-cut": cutAt("applyLog", { side: "answer", mark: "delivered" }),
  "batch-cut": cutAt("hr", { side: "request", mark: "batch" }),
  "commit-answer-cut": cutAt("hr", { side: "answer", mark: "batch" }),
  "binlog-cut": cutAt("source", { side: "answer", mark: "event" }),
  "log-link-frozen": (history, random) => freeze(logDoors(history), random),
  "hr-link-frozen": ({ doors }, random) => freeze([doors.hr], random),
  "source-link-frozen": ({ doors }, random) => freeze([doors.source], random),
  "links-slow": async ({ doors }, random) => {
    const delayMs = random.pick([20, 80, 200])
    for (const door of Object.values(doors)) door.delayMs = delayMs
    await pause(random.whole(1500, 4000))
    for (const door of Object.values(doors)) door.delayMs = 0
  },
  "links-down": async ({ doors }, random) => {
    for (const door of Object.values(doors)) {
      door.refusing = true
      door.cut()
    }
    await pause(random.whole(300, 3000))
    for (const door of Object.values(doors)) door.refusing = false
  }
}
