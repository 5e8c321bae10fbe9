/** The demo's account of what was committed and what was seen: latencies that are honest, histories that tell. */
import { describe, expect, it } from "vitest"
import { ArrivalBook, type Committed, judgeHistory, type ResultState } from "../../deploy/demo/ArrivalBook.ts"

const change = (
  ref: string,
  state: ResultState,
  returnedAt: number,
  more?: Partial<Committed>
): Committed => ({
  ref,
  state,
  sentAt: returnedAt - 1,
  returnedAt,
  expectation: "now",
  weight: 1,
  bulk: false,
  ...more
})

const lags = (book: ArrivalBook) => book.samples.map(({ committedAt, visibleAt }) => visibleAt - committedAt)

describe("latency", () => {
  it("runs from COMMIT returned to visible (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", "80.00", 100))
    expect(book.inFlight).toBe(1)
    book.arrived("a", "80.00", 107)
    expect(lags(book)).toEqual([7])
    expect(book.inFlight).toBe(0)
    expect(book.applied).toBe(1)
  })

  it("is zero, not negative, where the profile was faster than the writer's COMMIT (G1)", () => {
    const book = new ArrivalBook()
    book.arrived("a", "80.00", 99)
    book.committed(change("a", "80.00", 100))
    expect(lags(book)).toEqual([0])
    expect(book.inFlight).toBe(0)
  })

  it("ends for a folded change when a later one of its result is visible (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", "80.00", 100))
    book.committed(change("a", "90.00", 110))
    book.arrived("a", "90.00", 120)
    expect(lags(book)).toEqual([20, 10])
  })

  it("tells the way there from the way back (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", "80.00", 100))
    book.arrived("a", "80.00", 105)
    book.committed(change("a", "90.00", 110))
    book.committed(change("a", "80.00", 120))
    book.arrived("a", "90.00", 130)
    expect(book.inFlight).toBe(1)
    book.arrived("a", "80.00", 140)
    expect(lags(book)).toEqual([5, 20, 20])
  })

  it("has no sample for a result that was deleted before anybody saw it (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", "80.00", 100))
    book.committed(change("a", null, 110))
    book.committed(change("b", "70.00", 120))
    book.arrived("b", "70.00", 130)
    book.settle(400, true)
    expect(book.inFlight).toBe(2)
    book.settle(700, true)
    expect(book.inFlight).toBe(0)
    expect(book.overtaken).toBe(2)
    expect(lags(book)).toEqual([10])
  })

  it("waits for no result of somebody nobody knows (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", "80.00", 100, { expectation: "never" }))
    expect(book.inFlight).toBe(0)
    expect(book.unreleased()).toEqual([])
  })

  it("waits for the last state of somebody who is entered late (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", "80.00", 100, { expectation: "later" }))
    book.committed(change("a", "81.00", 110, { expectation: "later" }))
    book.arrived("a", "80.00", 120)
    expect(book.unreleased()).toEqual(["a"])
    book.arrived("a", "81.00", 130)
    expect(book.unreleased()).toEqual([])
  })

  it("counts a changed key once (G1)", () => {
    const book = new ArrivalBook()
    book.committed(change("a", null, 100, { weight: 0 }))
    book.committed(change("b", "80.00", 100))
    expect(book.written).toBe(1)
  })
})

describe("disturbed time", () => {
  it("lasts until nothing old is in flight, and not while something is down (G1)", () => {
    const book = new ArrivalBook()
    book.disturb(1000)
    book.committed(change("a", "80.00", 1100))
    book.settle(1500, false)
    book.settle(1510, true)
    expect(book.disturbedSince).toBe(1000)
    book.arrived("a", "80.00", 1600)
    book.settle(1605, false)
    expect(book.disturbedSince).toBe(1000)
    book.settle(1610, true)
    expect(book.disturbed).toEqual([{ from: 1000, to: 1610 }])
  })

  it("ends when two piles are through, however slow the machine is (G1)", () => {
    const book = new ArrivalBook()
    book.disturb(1000)
    book.committed(change("a", "1", 1100))
    book.settle(2000, true)
    book.committed(change("b", "1", 2100))
    book.arrived("a", "1", 2400)
    book.settle(2410, true)
    expect(book.disturbedSince).toBe(1000)
    book.committed(change("c", "1", 2420))
    book.arrived("b", "1", 2700)
    book.settle(2710, true)
    expect(book.disturbed).toEqual([{ from: 1000, to: 2710 }])
  })

  it("begins anew with another fault (G1)", () => {
    const book = new ArrivalBook()
    book.disturb(1000)
    book.committed(change("a", "1", 1100))
    book.settle(2000, true)
    book.committed(change("b", "1", 2100))
    book.arrived("a", "1", 2400)
    book.settle(2410, true)
    book.disturb(2420)
    book.committed(change("c", "1", 2430))
    book.arrived("b", "1", 2700)
    book.settle(2710, true)
    expect(book.disturbedSince).toBe(1000)
  })
})

describe("history of one result", () => {
  it.each<[string, ReadonlyArray<ResultState>, ReadonlyArray<ResultState>]>([
    ["every state", ["1", "2", null], ["1", "2", null]],
    ["folded states", ["1", "2", "3"], ["3"]],
    ["there and back", ["1", "2", "1"], ["1", "2", "1"]],
    ["there and back, folded", ["1", "2", "1"], ["1", "1"]],
    ["nothing", ["1", null], []]
  ])("is in order: %s (G2)", (_, committed, shown) => {
    expect(judgeHistory(committed, shown)).toBe("in order")
  })

  it("finds a change that took effect twice (G2)", () => {
    expect(judgeHistory(["1", "2"], ["1", "2", "2"])).toBe("doubled")
  })

  it("finds an older change over a newer one (G2)", () => {
    expect(judgeHistory(["1", "2"], ["2", "1"])).toBe("out of order")
  })

  it("finds a state that was rolled back (G2)", () => {
    expect(judgeHistory(["1"], ["1", "0.01"])).toBe("out of order")
    expect(judgeHistory([], ["1"])).toBe("out of order")
  })
})
