/** The simulation must be able to fail: a connector that breaks one promise does not live long. */
import { describe, expect, it } from "vitest"
import { Life } from "../simulation/Life.ts"
import { MUTATIONS } from "../simulation/mutations.ts"

const LIVES_MAX = 200

describe("the simulation", () => {
  it.each(MUTATIONS)("catches a connector that $mistake (G1, G2, G3)", ({ twist, provokedBy }) => {
    let lives = 0
    let failure: string | undefined
    while (failure === undefined && lives < LIVES_MAX)
      failure = new Life(++lives, twist(), provokedBy).run().failure
    expect(failure, `nothing noticed in ${LIVES_MAX} lives`).toMatch(/^(G[1-9]|I3): /)
  })
})
