import * as fc from "fast-check"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { decodeConfig } from "../../src/runtime/decode-config.ts"
import { CONNECTOR_YAML } from "../support/connector-yaml.ts"

const lines = CONNECTOR_YAML.split("\n")

/** What is wrong with the answer itself; empty where it is a configuration, or problems that stand in the text. */
const flawsOf = (text: string): ReadonlyArray<unknown> => {
  const decoded = decodeConfig("c.yaml", text)
  if (Result.isSuccess(decoded)) return []
  const { problems } = decoded.failure
  const count = text.split(/\r\n|\n|\r/).length
  const outside = problems.filter(
    ({ line, column, message }) => line < 1 || line > count + 1 || column < 1 || message === ""
  )
  return problems.length === 0 ? ["no problem named"] : outside
}

describe("whatever the file holds", () => {
  it("the answer is a configuration or problems that stand in it, never a crash: one line changed (G3)", () => {
    const scraps = [
      "~",
      "[]",
      "{}",
      "- x",
      "key: [",
      "&a",
      "*a",
      "!!binary x",
      "<<: *a",
      "? x",
      "'",
      '"',
      "\t",
      "1e999",
      "__proto__: 1"
    ]
    fc.assert(
      fc.property(
        fc.nat(lines.length - 1),
        fc.oneof(fc.constantFrom(...scraps), fc.string({ unit: "grapheme" })),
        fc.constantFrom("replace", "after", "value", "remove"),
        (index, scrap, how) => {
          const line = lines[index]!
          const changed = {
            replace: [scrap],
            after: [line, scrap],
            value: [line.replace(/:.*$/, `: ${scrap}`)],
            remove: []
          }[how]
          expect(
            flawsOf([...lines.slice(0, index), ...changed, ...lines.slice(index + 1)].join("\n"))
          ).toEqual([])
        }
      ),
      { numRuns: 300 }
    )
  })

  it.each([
    "a: &a [*a]",
    "tables: &t [{ as: score, fields: *t }]",
    "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]",
    "tables: [null, 1, [], {}]",
    "tables: { 0: { as: score } }",
    "__proto__: { version: 1 }",
    "constructor: 1\nversion: 1"
  ])("the answer to %j is problems (G3)", (text) => {
    expect(Result.isFailure(decodeConfig("c.yaml", text))).toBe(true)
    expect(flawsOf(text)).toEqual([])
  })
})
