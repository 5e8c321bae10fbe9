/** What another server's history is held against, without servers. */
import { describe, expect, it } from "vitest"
import { FailoverSeam } from "../../../connectors/mysql/FailoverSeam.ts"
import { lackingIn } from "../../../connectors/mysql/mariadb-history.ts"
import { GtidSet } from "../../../schemas/GtidSet.ts"

const set = (text: string): GtidSet => GtidSet.parse(text)!
const lacks = (logged: string, replicated: string, required: string) =>
  lackingIn({ logged: set(logged), replicated: set(replicated) }, set(required)).toString()

describe("MariaDB's history of another server", () => {
  it("holds what was captured, domain by domain and server by server (G1)", () => {
    expect(lacks("0-1-100,0-2-120,5-1-7", "0-1-100", "0-1-100,5-1-7")).toBe("")
    expect(lacks("0-1-99,0-2-120", "0-1-99", "0-1-100")).toBe("0-1-100")
    expect(lacks("0-1-100", "0-1-100", "0-1-100,5-1-7")).toBe("5-1-7")
  })

  it("proves what came with a backup by its last transaction only (G1, G3)", () => {
    expect(lacks("", "0-1-100", "0-1-100")).toBe("")
    expect(lacks("", "0-1-105", "0-1-100")).toBe("")
    expect(lacks("", "0-2-105", "0-1-100")).toBe("0-1-100")
    // An older server of the domain, long behind what both have.
    expect(lacks("0-2-150", "0-2-150", "0-1-100,0-2-150")).toBe("")
    // Behind a third server: its tail was lost, although the domain went on.
    expect(lacks("0-1-99,0-2-105", "0-2-105", "0-1-100")).toBe("0-1-100")
  })
})

describe("the seam of a failover", () => {
  it("lets each domain go on with its next transaction (G1)", () => {
    const seam = new FailoverSeam(set("0-1-100,5-1-7"))
    for (const gtid of ["0-2-101", "0-2-102", "5-2-8", "9-2-1"]) seam.cross(gtid)
    expect(() => seam.cross("5-2-10")).toThrow(/goes on with 5-2-10/)
  })

  it("refuses a gap, and a transaction that nobody can tell from a captured one (G3)", () => {
    expect(() => new FailoverSeam(set("0-1-100")).cross("0-2-102")).toThrow(/everything up to 100/)
    expect(() => new FailoverSeam(set("0-1-100")).cross("9-2-2")).toThrow(/domain 9/)
    expect(() => new FailoverSeam(new GtidSet()).cross(null)).toThrow(/without GTID/)
    expect(() => new FailoverSeam(set("0-1-100")).cross("0-2-90")).toThrow(/out of order/)
    new FailoverSeam(new GtidSet()).cross("3e11fa47-71ca-11e1-9e33-c80aa9429562:77")
  })
})
