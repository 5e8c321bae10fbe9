/** Fault histories as the seeds draw them, each a test. In several files, because tests of one file come after each other. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { planHistory } from "./plan-history.ts"
import { replayCommand } from "./replay-command.ts"
import { Stage } from "./Stage.ts"

const HUGE_ROWS = 20_000
/** The first history of a kind of server waits for its start. */
const HISTORY_MS = 360_000

export const seededHistories = (firstSeed: number, seeds: number): void => {
  const plans = Array.from({ length: seeds }, (_, place) => {
    const plan = planHistory(firstSeed + place, HUGE_ROWS)
    const kinds = plan.faults.map(({ kind }) => kind).join(", ")
    return { plan, name: `seed ${plan.seed}, ${plan.source} to ${plan.target}: ${kinds}` }
  })

  describe("faults drawn by seeds", () => {
    let stage: Stage
    beforeAll(async () => {
      stage = await Stage.open()
    })
    afterAll(() => stage.close())

    it.each(plans)(
      "$name lose, double and misfile nothing (G1, G2, G4, G5, G6, G7)",
      { timeout: HISTORY_MS },
      async ({ plan }) => {
        const { complaints } = await stage.run(plan)
        expect(complaints.length === 0 ? [] : [replayCommand(plan, false), ...complaints]).toEqual([])
      }
    )
  })
}
