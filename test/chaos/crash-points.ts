/** SIGKILL in the moment in which a door sees a durable step. */
import type { Random } from "../../deploy/demo/Random.ts"
import { atMark, type Moment } from "./at-mark.ts"
import type { CrashPointKind } from "./FaultKind.ts"
import type { Fault } from "./faults.ts"
import type { History } from "./History.ts"

type Victim = "capture" | "apply"

/** The victim dies at the moment; where it takes part in starting only, it is killed before, so that it starts. */
const dieAt =
  (
    victim: Victim,
    door: keyof History["doors"],
    moment: Omit<Moment, "nth">,
    most: number,
    atStart = false
  ): Fault =>
  async (history, random: Random) => {
    const nth = random.whole(1, most)
    const struck = atMark(history, door, { ...moment, nth }, () => history[victim].strike())
    if (atStart) await history[victim].kill()
    await struck
  }

export const crashPoints: Readonly<Record<CrashPointKind, Fault>> = {
  "killed-at-binlog-event": dieAt(
    "capture",
    "source",
    { side: "answer", mark: "event", when: "before" },
    200
  ),
  "killed-at-dump": dieAt("capture", "source", { side: "request", mark: "dump", when: "before" }, 1, true),
  "killed-at-copy": dieAt("capture", "source", { side: "request", mark: "copy", when: "behind" }, 6, true),
  "killed-after-first-checkpoint": dieAt(
    "capture",
    "captureLog",
    { side: "answer", mark: "stored", when: "behind" },
    1,
    true
  ),
  "killed-after-take-over": dieAt(
    "apply",
    "hr",
    { side: "answer", mark: "take-over", when: "behind" },
    1,
    true
  ),
  "killed-at-first-checkpoint": dieAt(
    "capture",
    "captureLog",
    { side: "request", mark: "checkpoint", when: "behind" },
    1,
    true
  ),
  "killed-before-publish": dieAt(
    "capture",
    "captureLog",
    { side: "request", mark: "segment", when: "before" },
    20
  ),
  "killed-before-acknowledgement": dieAt(
    "capture",
    "captureLog",
    { side: "answer", mark: "stored", when: "before" },
    20
  ),
  "killed-after-acknowledgement": dieAt(
    "capture",
    "captureLog",
    { side: "answer", mark: "stored", when: "behind" },
    20
  ),
  "killed-at-delivery": dieAt("apply", "applyLog", { side: "answer", mark: "delivered", when: "before" }, 20),
  "killed-at-take-over": dieAt("apply", "hr", { side: "answer", mark: "take-over", when: "before" }, 1, true),
  "killed-before-batch": dieAt("apply", "hr", { side: "request", mark: "batch", when: "before" }, 20),
  "killed-within-batch": dieAt("apply", "hr", { side: "request", mark: "batch", when: "behind" }, 20),
  "killed-before-commit-answer": dieAt("apply", "hr", { side: "answer", mark: "batch", when: "before" }, 20),
  "killed-after-commit-answer": dieAt("apply", "hr", { side: "answer", mark: "batch", when: "behind" }, 20)
}
