/** The schemas of answers and the types that the program prints from say the same, to the field. */
import { describe, expect, it } from "vitest"
import type {
  DeadLettersAnswer,
  HeldAnswer,
  LagAnswer,
  MoveAnswer,
  StatusAnswer
} from "../../schemas/answers.ts"
import { ANSWER_SCHEMAS } from "../../schemas/answers.ts"
import { answered } from "../support/answer-schema.ts"
import type { LetterList } from "../../src/cli/Actions.ts"
import type { HeldList } from "../../src/cli/HeldAnswer.ts"
import type { LagSample } from "../../src/cli/LagSample.ts"
import type { MoveView } from "../../src/cli/OffsetMoves.ts"
import type { PipelineStatus } from "../../src/cli/PipelineStatus.ts"

/** The compiler refuses this file where one has a field, or a value, that the other lacks. */
type Same<A, B> = [A, B] extends [B, A] ? true : never
const SAME: readonly [
  Same<PipelineStatus, typeof StatusAnswer.Type>,
  Same<LagSample, typeof LagAnswer.Type>,
  Same<HeldList["results"], typeof HeldAnswer.Type>,
  Same<LetterList["letters"], typeof DeadLettersAnswer.Type>,
  Same<MoveView, typeof MoveAnswer.Type>
] = [true, true, true, true, true]

describe("the schema of an answer", () => {
  it("says what the program's own type says (G4)", () => {
    expect(SAME).not.toContain(false)
  })

  it("refuses what lacks a field, and takes one that a later release adds (G4)", () => {
    const lag = {
      connector: "lms-hr",
      lagSeconds: null,
      heartbeatAgeSeconds: 0.5,
      readSeconds: null,
      publishSeconds: null,
      applySeconds: null,
      held: 0,
      deadLetters: 0,
      paused: [],
      trouble: null
    }
    expect(answered("lag", JSON.stringify({ ...lag, later: 1 }))).toMatchObject(lag)
    expect(() => answered("lag", JSON.stringify({ ...lag, held: undefined }))).toThrow(/held/)
    expect(Object.keys(ANSWER_SCHEMAS).length).toBeGreaterThan(5)
  })
})
