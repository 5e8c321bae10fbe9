/** Which held results are looked at when, over a queue that is only counted. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import {
  PAGE_RESULTS,
  releaseHeldFrom,
  type HeldQueue,
  type HeldRow
} from "../../../connectors/hr/release-held.ts"
import { CHANGED_LEARNERS_MAX } from "../../../connectors/hr/store-verdicts.ts"
import { ONLY_LANE } from "../../../schemas/lane.ts"

const rows = (from: number, to: number): ReadonlyArray<HeldRow> =>
  Array.from({ length: to - from }, (_, n) => ({
    result_id: String(from + n).padStart(6, "0"),
    learner_id: `L${from + n}`,
    is_waiting: true
  }))

/** Parked results 0…, waiting ones behind them; nobody is ever proven. */
const queueOf = (parked: number, waiting: number) => {
  const asked = { parked: 0, waiting: 0, probed: 0 }
  const all = { parked: rows(0, parked), waiting: rows(parked, parked + waiting) }
  const queue = {
    connector: "test",
    lane: ONLY_LANE,
    readOffset: Effect.succeed({ epoch: "1" }),
    changedLearners: new Set<string>(),
    heldAfter: (result: string, isParked: boolean) =>
      Effect.sync(() => {
        const which = isParked ? "parked" : "waiting"
        asked[which] += 1
        return all[which].filter((row) => row.result_id > result).slice(0, PAGE_RESULTS)
      }),
    heldOfLearners: (learners: ReadonlyArray<string>) =>
      Effect.sync(() =>
        all.parked.filter((row) => learners.includes(row.learner_id!)).slice(0, PAGE_RESULTS)
      ),
    due: (_: number, results: ReadonlyArray<string>) =>
      Effect.sync(() => {
        asked.probed += results.length
        return []
      }),
    lettersAfter: () => Effect.succeed([])
  } as unknown as HeldQueue<{ position: string }>
  const release = releaseHeldFrom(queue)
  const look = async (calls: number) => {
    Object.assign(asked, { parked: 0, waiting: 0, probed: 0 })
    let more = false
    for (let call = 0; call < calls; call++) more = (await Effect.runPromise(release(1))).more
    return { ...asked, more }
  }
  return { look, changedLearners: queue.changedLearners }
}

describe("parked results", () => {
  it("are looked through once, at once, and cost nothing then (G7, G8)", async () => {
    const { look } = queueOf(2500, 10)
    expect(await look(2)).toEqual({ parked: 2, waiting: 0, probed: 2000, more: true })
    expect(await look(1)).toMatchObject({ parked: 1, probed: 500 })
    expect(await look(20)).toEqual({ parked: 0, waiting: 20, probed: 200, more: false })
  })

  it("are looked at when their learner's keys come, and all of them when there are too many to remember (G7)", async () => {
    const { changedLearners, look } = queueOf(2500, 10)
    await look(3)
    changedLearners.add("L7")
    expect(await look(2)).toEqual({ parked: 0, waiting: 1, probed: 11, more: false })
    for (let n = 0; n < CHANGED_LEARNERS_MAX; n++) changedLearners.add(`L${n}`)
    await look(1)
    expect(await look(4)).toMatchObject({ parked: 3, waiting: 1, probed: 2510 })
  })
})
