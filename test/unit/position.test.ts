import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  binlogFileNumber,
  formatPosition,
  ordinalOf,
  parsePosition,
  START,
  type Position
} from "../../schemas/position.ts"

const positions: fc.Arbitrary<Position> = fc.record({
  timeline: fc.integer({ min: 1, max: 9999 }),
  file: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  transaction: fc.integer({ min: 4, max: 99_999_999_999_999 }),
  ordinal: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
})
const fields = ({ timeline, file, transaction, ordinal }: Position) => [timeline, file, transaction, ordinal]
const compare = (a: Position, b: Position): number =>
  fields(a)
    .map((field, index) => field - fields(b)[index]!)
    .find((difference) => difference !== 0) ?? 0

describe("positions", () => {
  it("order as text as they order as numbers (G2)", () => {
    fc.assert(
      fc.property(positions, positions, (a, b) => {
        const [x, y] = [formatPosition(a), formatPosition(b)]
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(Math.sign(compare(a, b)))
      })
    )
  })

  it("survive the way through text (G2)", () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(parsePosition(formatPosition(position))).toEqual(position)
      })
    )
  })

  it("stand after the start of everything (G1)", () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(formatPosition(position) > START).toBe(true)
      })
    )
  })

  it.each(["", "1-2-3-4", `${START}0`, "0001-0000000001-00000000000004-9999999999999999", "x".repeat(47)])(
    "are not read out of %j (G3)",
    (text) => expect(parsePosition(text)).toBeUndefined()
  )

  it("tell rows of neighbouring events apart (G2)", () => {
    expect(ordinalOf(2, 0, 0)).toBeGreaterThan(ordinalOf(1, 2 ** 23 - 1, 1))
    expect(ordinalOf(1, 1, 0)).toBeGreaterThan(ordinalOf(1, 0, 1))
  })

  it("number binlog files past six digits (G2)", () => {
    expect(binlogFileNumber("mysql-bin.000123")).toBe(123)
    expect(binlogFileNumber("bin.log.1000000")).toBe(1_000_000)
    expect(binlogFileNumber("binlog")).toBeUndefined()
  })
})
