/**
 * Some hundred lives of the whole pipeline under faults; thousands by hand: node test/simulation/main.ts --seeds 20000
 *
 * A failure names its seed; `node test/simulation/main.ts --seeds 1 --first-seed SEED --trace` replays it step by step.
 */
import { describe, expect, it } from "vitest"
import { Life } from "../simulation/Life.ts"

const LIVES = 200
const LIVES_A_TEST = 40

const replay = (seed: number): string => `node test/simulation/main.ts --seeds 1 --first-seed ${seed} --trace`

describe("a life under faults", () => {
  const firsts = Array.from({ length: LIVES / LIVES_A_TEST }, (_, index) => 1 + index * LIVES_A_TEST)
  it.each(firsts)(
    "ends with every row of the source in the profile, or rightly waiting, from seed %i on (G1, G2, G3, G4, G5, G6, G7)",
    (first) => {
      let commits = 0
      for (let seed = first; seed < first + LIVES_A_TEST; seed++) {
        const verdict = new Life(seed).run()
        expect({ failure: verdict.failure, replay: replay(seed) }).toEqual({ replay: replay(seed) })
        commits += verdict.commits
      }
      // A life in which nothing is applied proves nothing.
      expect(commits).toBeGreaterThan(LIVES_A_TEST * 10)
    }
  )

  it("is the same every time it is lived, step by step (G1)", () => {
    const once = new Life(7).run()
    expect(new Life(7).run()).toEqual(once)
    expect(once.steps).toBeGreaterThan(100)
  })
})
