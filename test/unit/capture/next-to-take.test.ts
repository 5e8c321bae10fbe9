/** Whether the log leads on from apply's offset shows at the message that apply takes next, not at the log's ends. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { LogHead } from "../../../schemas/log-head.ts"
import { formatPosition } from "../../../schemas/position.ts"
import { ChangeLog } from "../../../src/capture/ChangeLog.ts"
import { nextToTake } from "../../../src/capture/next-to-take.ts"
import { planResume, type ApplyAnswer } from "../../../src/capture/resume-plan.ts"
import { layerMemoryChangeLog } from "../../support/fakes/MemoryChangeLog.ts"
import { MemoryLog } from "../../support/fakes/MemoryLog.ts"

const at = (transaction: number) => formatPosition({ timeline: 1, file: 1, transaction, ordinal: 0 })
const anchor = { file: "binlog.000001", position: 4, gtid: null, server: "mysql:a", timeline: 1 }
const headOf = (n: number, generation = 1): LogHead => ({
  version: 1,
  kind: "segment",
  connector: "c",
  generation,
  epoch: 1,
  previous: at(n - 1),
  first: at(n),
  last: at(n),
  count: 1,
  types: [],
  anchor,
  committedAt: null
})
const appliedAt = (n: number, generation = 1): ApplyAnswer => ({
  position: at(n),
  generation,
  streamSequence: n,
  anchor,
  committedAt: null
})

/** Messages 1 to 9, without `lost`. */
const planFor = (lost: ReadonlyArray<number>, applied: ApplyAnswer) => {
  const log = new MemoryLog()
  for (let n = 1; n <= 9; n++) log.append(n - 1, headOf(n), new Uint8Array())
  log.messages = log.messages.filter(({ sequence }) => !lost.includes(sequence))
  const bounds = {
    server: "mysql:a",
    first: { file: "binlog.000001", position: 4 },
    last: { file: "binlog.000001", position: 900 }
  }
  return Effect.runPromise(
    Effect.gen(function* () {
      const tail = yield* (yield* ChangeLog).tail
      const next = yield* nextToTake(tail, applied)
      const { previous, why } = planResume({ ...tail, firstHead: next }, applied, bounds, "earliest", {
        generation: 0,
        epoch: 0
      })
      return { why, previous }
    }).pipe(Effect.provide(layerMemoryChangeLog(log)))
  )
}

describe("a log that lost messages in its middle", () => {
  it("is bridged from the binlog where apply has not come past the hole (G1, G5)", async () => {
    expect(await planFor([5], appliedAt(4))).toEqual({ why: "heal", previous: at(4) })
    expect(await planFor([4, 5, 7], appliedAt(3))).toEqual({ why: "heal", previous: at(3) })
  })

  it("is resumed where apply has, or has yet to come to it (G5)", async () => {
    expect(await planFor([5], appliedAt(5))).toMatchObject({ why: "resume" })
    expect(await planFor([5], appliedAt(9))).toMatchObject({ why: "resume" })
    expect(await planFor([7], appliedAt(4))).toMatchObject({ why: "resume" })
    expect(await planFor([], appliedAt(4))).toMatchObject({ why: "resume" })
    expect(await planFor([5], "silent")).toMatchObject({ why: "resume" })
  })
})
