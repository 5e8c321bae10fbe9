import { describe, expect, it } from "vitest"
import { nextRows } from "../../../src/reconcile/compared-page.ts"

describe("the next chunk of a comparison", () => {
  it("is half as large after one that kept the servers too long, and never larger than it may be (G8)", () => {
    expect(nextRows(2000, 1000, 2000)).toBe(2000)
    expect(nextRows(2000, 2001, 2000)).toBe(1000)
    expect(nextRows(150, 5000, 2000)).toBe(100)
    expect(nextRows(70, 5000, 70)).toBe(70)
    expect(nextRows(100, 499, 2000)).toBe(200)
    expect(nextRows(1500, 10, 2000)).toBe(2000)
  })
})
