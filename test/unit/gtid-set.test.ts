/** Sets of transactions against plain sets of numbers. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { GtidSet } from "../../schemas/GtidSet.ts"

const UUIDS = ["3e11fa47-71ca-11e1-9e33-c80aa9429562", "00000000-0000-0000-0000-00000000000a"]
const SOURCES = [...UUIDS, `${UUIDS[0]}:blue`, `${UUIDS[1]}:blue`]

const gtids = fc.array(
  fc.tuple(fc.constantFrom(...SOURCES), fc.integer({ min: 1, max: 30 })).map(([uuid, n]) => `${uuid}:${n}`),
  { maxLength: 60 }
)

const setOf = (all: ReadonlyArray<string>): GtidSet => {
  const set = new GtidSet()
  for (const gtid of all) set.add(gtid)
  return set
}
const members = (set: GtidSet): ReadonlyArray<string> =>
  SOURCES.flatMap((source) => Array.from({ length: 32 }, (_, n) => `${source}:${n}`)).filter((gtid) =>
    set.has(gtid)
  )
const sorted = (all: Iterable<string>): ReadonlyArray<string> => [...new Set(all)].sort()
const parse = (text: string): GtidSet => {
  const set = GtidSet.parse(text)
  expect(set).toBeDefined()
  return set!
}

describe("GTID sets of MySQL", () => {
  it("hold exactly what was added, in any order (G1, G2)", () => {
    fc.assert(
      fc.property(gtids, (all) => {
        expect(sorted(members(setOf(all)))).toEqual(sorted(all))
      })
    )
  })

  it("join, subtract and compare as plain sets do (G1, G2)", () => {
    fc.assert(
      fc.property(gtids, gtids, (a, b) => {
        const [x, y] = [setOf(a), setOf(b)]
        expect(sorted(members(x.minus(y)))).toEqual(sorted(a.filter((gtid) => !b.includes(gtid))))
        expect(x.isWithin(y)).toBe(a.every((gtid) => b.includes(gtid)))
        const both = x.copy()
        both.addAll(y)
        expect(sorted(members(both))).toEqual(sorted([...a, ...b]))
        expect(sorted(members(x))).toEqual(sorted(a))
        expect(both.toString()).toBe(setOf([...b, ...a]).toString())
      })
    )
  })

  it("survive the way through text, gaps and tags included (G2)", () => {
    fc.assert(
      fc.property(gtids, (all) => {
        const set = setOf(all)
        expect(parse(set.toString()).toString()).toBe(set.toString())
        expect(sorted(members(parse(set.toString())))).toEqual(sorted(all))
      })
    )
  })

  it("are read as the server writes them (G1)", () => {
    const [a, b] = UUIDS as [string, string]
    const set = parse(`${a.toUpperCase()}:1-3:7:blue:4-5:8:green:1,\n${b}:9223372036854775806`)
    expect(set.toString()).toBe(`${b}:9223372036854775806,${a}:1-3:7,${a}:blue:4-5:8,${a}:green:1`)
    expect(set.has(`${b}:9223372036854775806`)).toBe(true)
    expect(set.has(`${b}:9223372036854775805`)).toBe(false)
    expect(set.has(`${a}:4`)).toBe(false)
    expect(set.has(`${a}:blue:4`)).toBe(true)
    expect(set.intervals).toBe(6)
    expect(parse("").isEmpty).toBe(true)
  })

  it("refuse what is no set (G3)", () => {
    for (const text of ["x", `${UUIDS[0]}`, `${UUIDS[0]}:0`, `${UUIDS[0]}:1-`, "0-1", "0-1-", "c0ffee:1"]) {
      expect([text, GtidSet.parse(text)]).toEqual([text, undefined])
    }
  })
})

describe("GTID positions of MariaDB", () => {
  it("stand for everything up to them, domain by domain and server by server (G1, G2)", () => {
    const set = parse("0-1-100,0-2-140,7-1-9")
    expect(set.has("0-1-100")).toBe(true)
    expect(set.has("0-1-1")).toBe(true)
    expect(set.has("0-1-101")).toBe(false)
    expect(set.has("0-3-1")).toBe(false)
    set.add("0-1-150")
    expect(set.toString()).toBe("0-1-150,0-2-140,7-1-9")
    expect([...set.domains()]).toEqual([
      ["0", { server: "1", sequence: 150n }],
      ["7", { server: "1", sequence: 9n }]
    ])
    expect(parse("0-1-99").isWithin(set)).toBe(true)
    expect(parse("0-2-141,7-1-9").minus(set).toString()).toBe("0-2-141")
    expect(set.lastOf("7", "1")).toBe(9n)
    expect(set.lastOf("7", "2")).toBeUndefined()
  })
})
