import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { DeadLetter } from "../../schemas/dead-letter.ts"
import { DeadLettersNone } from "../../src/apply/settle-letters.ts"
import type { Actions } from "../../src/cli/Actions.ts"
import { runCommand } from "../support/run-command.ts"

const POSITION = "0001-0000000123-00000004567890-0000000033554434"

const LETTER: DeadLetter = {
  position: POSITION,
  table: "lms.exam",
  result: "lms.exam:7",
  type: "gradewire.score.recorded.v1",
  eventId: "binlog.000123:4567890#1",
  reason: "23514",
  detail: "23514 constraint score_limit",
  state: "open",
  at: "2026-11-22T08:00:00Z",
  updatedAt: "2026-11-22T08:00:00Z",
  ageSeconds: 3700,
  behind: null
}
const outcomeOf = (action: "replay" | "discard") => (action === "replay" ? "pending" : "discarded")

const actions = {
  letters: (_, filter, limit) =>
    Effect.succeed({ letters: filter.reason === "none" ? [] : [LETTER], more: limit < 2 }),
  letter: (_, position, revealed) =>
    Effect.succeed({
      letter: { ...LETTER, position },
      event: { data: { score: { raw: revealed ? "99.5" : "•••" } } },
      decisions: [{ at: "2026-11-22T09:00:00Z", action: "replay", by: "ann@hr", why: null }],
      revealed
    }),
  settle: (_, request) =>
    request.choice === undefined
      ? Effect.fail(new DeadLettersNone({ message: "one or the other" }))
      : Effect.succeed({
          action: request.action,
          executed: request.execute,
          following: 1,
          writer: { holder: "pod-1:17", idleSeconds: 400 },
          letters: [
            {
              ...LETTER,
              detail: JSON.stringify(request),
              outcome: request.execute ? outcomeOf(request.action) : null
            }
          ]
        })
} satisfies Partial<Actions>

const gradewire = (args: ReadonlyArray<string>) => runCommand(actions as unknown as Actions, args)

describe("gradewire deadletters", () => {
  const asked = (out: string) =>
    JSON.parse((JSON.parse(out) as { letters: [{ detail: string }] }).letters[0].detail) as unknown

  it("lists what was refused, and says when there is more (G1)", async () => {
    const { out } = await gradewire(["deadletters", "list", "--config", "x", "--limit", "1"])
    expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["POSITION", "STATE", "AGE", "RESULT", "REASON", "DETAIL"],
      [POSITION, "OPEN", "1h1m", "lms.exam:7", "23514", "23514 constraint score_limit"],
      [""],
      ["There are more: raise --limit, or filter."]
    ])
    expect((await gradewire(["deadletters", "list", "--config", "x", "--reason-is", "none"])).out).toBe(
      "No dead letters."
    )
    const bad = await gradewire(["deadletters", "list", "--config", "x", "--older-than", "soon"])
    expect(bad).toMatchObject({ code: 2, out: "" })
    expect(bad.err).toContain("90s, 15m, 2h or 7d")
  })

  it("shows one with its values masked, and with them where that is asked for (G9)", async () => {
    const masked = await gradewire(["deadletters", "show", "0001-x", "--config", "x"])
    expect(masked.out).toContain("--reveal")
    expect(masked.out).toContain("replay by ann@hr")
    expect(masked.out).not.toContain("99.5")
    expect((await gradewire(["deadletters", "show", "0001-x", "--config", "x", "--reveal"])).out).toContain(
      "99.5"
    )
  })

  it("does at once what names letters, and only says what --all would do without --execute (G3)", async () => {
    const one = await gradewire([
      "deadletters",
      "replay",
      "p1",
      "p2",
      "--config",
      "x",
      "--timeout",
      "3",
      "-o",
      "json"
    ])
    expect(one.code).toBe(3)
    expect(asked(one.out)).toMatchObject({
      action: "replay",
      execute: true,
      waitMillis: 3000,
      choice: { positions: ["p1", "p2"] }
    })
    const all = [
      "deadletters",
      "replay",
      "--all",
      "--reason-is",
      "23514",
      "--older-than",
      "2h",
      "--config",
      "x"
    ]
    const plan = await gradewire([...all, "-o", "json"])
    expect(plan.code).toBe(0)
    expect(asked(plan.out)).toMatchObject({
      execute: false,
      choice: { filter: { reason: "23514", olderThan: 7200 } }
    })
    expect((await gradewire(all)).out).toContain("Nothing was changed; --execute does it.")
    expect(asked((await gradewire([...all, "--execute", "-o", "json"])).out)).toMatchObject({ execute: true })
    const text = (await gradewire(["deadletters", "replay", "p1", "--config", "x"])).out
    expect(text).toContain("No apply process took them: pod-1:17 wrote last, 6m40s before this was asked")
    expect(text).toContain("1 more follow by themselves")
  })

  it("wants a reason to discard, and names or --all, not both (G3)", async () => {
    expect(await gradewire(["deadletters", "discard", "p1", "--config", "x"])).toMatchObject({
      code: 2,
      out: ""
    })
    for (const args of [[], ["p1", "--all"]]) {
      const { code } = await gradewire(["deadletters", "discard", ...args, "--reason", "r", "--config", "x"])
      expect(code).toBe(1)
    }
    const done = await gradewire([
      "deadletters",
      "discard",
      "p1",
      "--reason",
      "测试",
      "--by",
      "bo",
      "--config",
      "x",
      "-o",
      "json"
    ])
    expect(done.code).toBe(0)
    expect(asked(done.out)).toMatchObject({ action: "discard", why: "测试", by: "bo" })
  })
})
