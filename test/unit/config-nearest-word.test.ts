import { describe, expect, it } from "vitest"
import { nearestWord } from "../../src/runtime/nearest-word.ts"
import { pathText } from "../../src/runtime/path-text.ts"

describe("a misspelt key", () => {
  it.each([
    ["pasword", ["host", "password", "port"], "password"],
    ["tokne", ["token", "user"], "token"],
    ["Fields", ["fields", "key"], "fields"],
    ["完成时閒", ["完成时间", "分数"], "完成时间"],
    ["as", ["is", "key"], "is"],
    ["xyz", ["host", "port"], undefined],
    ["a", [], undefined]
  ])("%j among %j was meant to be %j (G3)", (word, known, meant) => {
    expect(nearestWord(word, known)).toBe(meant)
  })
})

describe("a path", () => {
  it("reads as it stands in the file; what would look like structure is quoted (G3)", () => {
    expect(pathText(["tables", 1, "target", "columns", "完成时间"])).toBe("tables[1].target.columns.完成时间")
    expect(pathText(["tables", 0, "attributes", "a.b c"])).toBe('tables[0].attributes."a.b c"')
    expect(pathText([])).toBe("")
  })
})
