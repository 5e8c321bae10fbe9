import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { LaneState } from "../../src/apply/LaneDesk.ts"
import type { Actions } from "../../src/cli/Actions.ts"
import { runCommand } from "../support/run-command.ts"

const lane = (number: number, epoch: number): LaneState => ({
  lane: number,
  position: "0001-0000000123-00000004567890-0000000033554434",
  epoch,
  holder: number === 0 ? "pod-1:17" : "",
  idleSeconds: 1.5
})

const actions = {
  divide: (connector, wanted, execute) => {
    const before = connector === "new" ? [] : [lane(0, 7)]
    const executed = execute && before.length > 0
    const after = executed ? Array.from({ length: wanted }, (_, number) => lane(number, 8)) : before
    return Effect.succeed({ connector, configured: 2, wanted, executed, before, after })
  }
} satisfies Partial<Actions>

const gradewire = (args: ReadonlyArray<string>) => runCommand(actions as unknown as Actions, args)

describe("gradewire lanes set", () => {
  it("only says what would be, until it is told to do it (G3)", async () => {
    const plan = await gradewire(["lanes", "set", "3", "--config", "x"])
    expect(plan.code).toBe(0)
    expect(plan.out).toContain("x is divided into 1 lane now and would be into 3 lanes")
    expect(plan.out).toContain("Nothing was changed; --execute does it.")
    const done = await gradewire(["lanes", "set", "3", "--config", "x", "--execute"])
    expect(done.out).toContain("x is divided into 3 lanes now; whoever applied before is fenced.")
    expect(done.out).toContain("Set apply.lanes: 3 in the configuration")
    expect((await gradewire(["lanes", "set", "2", "--config", "x", "--execute"])).out).toContain(
      "Start its processes again."
    )
    const json = await gradewire(["lanes", "set", "2", "--config", "x", "-o", "json"])
    expect(JSON.parse(json.out)).toMatchObject({ executed: false, wanted: 2, before: [{ lane: 0 }] })
    expect((await gradewire(["lanes", "set", "2", "--config", "new", "--execute"])).out).toContain(
      "new has never applied anything"
    )
  })

  it.each([["0"], ["65"], ["many"]])("refuses %s as a number (G3)", async (lanes) => {
    expect(await gradewire(["lanes", "set", lanes, "--config", "x"])).toMatchObject({ code: 2, out: "" })
  })
})

describe("gradewire run --lanes", () => {
  it.each([["a"], ["0,"], ["-1"], ["0;1"]])("refuses %s (G3)", async (lanes) => {
    expect(await gradewire(["run", "--config", "x", "--lanes", lanes])).toMatchObject({ code: 2, out: "" })
  })
})
