/** What an operator asks and says from the command line: lag, thresholds, alerts, limits. */
import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { Fate } from "../../schemas/failure.ts"
import type { Actions } from "../../src/cli/Actions.ts"
import { LagAverages, monitorLine } from "../../src/cli/lag-text.ts"
import type { LagSample } from "../../src/cli/LagSample.ts"
import type { PipelineStatus } from "../../src/cli/PipelineStatus.ts"
import { runCommand } from "../support/run-command.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {
  readonly fate: Fate = "halt"
  readonly remedy = "try the other door"
}

const LAG: LagSample = {
  connector: "lms-hr",
  lagSeconds: 0,
  heartbeatAgeSeconds: 0.9,
  readSeconds: 0.21,
  publishSeconds: 0.24,
  applySeconds: null,
  held: 4,
  deadLetters: 1,
  paused: [],
  trouble: null
}

const STATUS = {
  connector: "lms-hr",
  source: { address: "db:3306", server: "mysql:1", file: "binlog.000003", position: 1378, trouble: null },
  bytesBehind: null,
  snapshot: [{ table: "lms.成绩", state: "done" }],
  processes: []
} as unknown as PipelineStatus

const actions = {
  status: () => Effect.succeed(STATUS),
  check: () => Effect.succeed([]),
  testAlerts: () =>
    Effect.succeed([
      { webhook: "ops", delivered: true, answer: "0 ok", fix: null },
      { webhook: "值班", delivered: false, answer: "WebhookRefused: 310000", fix: "look there" }
    ]),
  openLag: (file) =>
    file === "nowhere"
      ? Effect.fail(new Refused({ message: "no way in" }))
      : Effect.succeed(Effect.succeed({ ...LAG, lagSeconds: file === "unknown" ? null : Number(file) })),
  throttle: (connector, roles, wish) =>
    Effect.succeed({
      connector,
      controls: roles.map((role) => ({
        role,
        paused: role === "capture",
        ...wish,
        changedBy: "dba@bastion",
        changedAt: "2026-11-22T08:00:00.123Z"
      }))
    })
} satisfies Partial<Actions>

const gradewire = (args: ReadonlyArray<string>) => runCommand(actions as unknown as Actions, args)

describe("gradewire lag", () => {
  it("shows the way and its parts, unknown where nobody says (G1)", async () => {
    expect(await gradewire(["lag", "--config", "0.38"])).toEqual({
      code: 0,
      err: "",
      out: "lms-hr  lag 0.38s  heartbeat 0.90s ago  read 0.21s  publish 0.24s  apply unknown  held 4  dead 1"
    })
    const json = await gradewire(["lag", "--config", "unknown", "-o", "json"])
    expect(JSON.parse(json.out)).toEqual({ ...LAG, lagSeconds: null })
  })

  it("is watched with averages of what was known (G1)", () => {
    const averages = new LagAverages()
    const at = (seconds: number, lagSeconds: number | null) => {
      averages.take({ ...LAG, lagSeconds }, seconds * 1000)
      return monitorLine({ ...LAG, lagSeconds }, averages.of(seconds * 1000))
    }
    const rest = "  read 0.21s  publish 0.24s  apply unknown  held 4  dead 1"
    expect(at(0, null)).toBe(`unknown [unknown, unknown, unknown ]${rest}`)
    expect(at(1, 0.5)).toBe(`  0.50s [  0.50s,   0.50s,   0.50s ]${rest}`)
    expect(at(100, 1.5)).toBe(`  1.50s [  1.50s,   1.00s,   1.00s ]${rest}`)
    expect(at(399, 4)).toBe(`  4.00s [  4.00s,   2.75s,   2.00s ]${rest}`)
    expect(at(2_000, null)).toBe(`unknown [unknown, unknown, unknown ]${rest}`)
  })
})

describe("gradewire check lag", () => {
  it.each([
    ["0.38", 0, "OK - lms-hr: lag 0.38s, heartbeat 0.90s ago | lag=0.380s;30;300;0"],
    ["31", 1, "WARNING - lms-hr: lag 31.0s"],
    ["301", 2, "CRITICAL - lms-hr: lag 5m1s"],
    ["unknown", 3, "UNKNOWN - lms-hr: nothing has been applied yet | lag=U;30;300;0"]
  ])("of %s s ends with %i, in one line with figures (G1)", async (lag, code, said) => {
    const answer = await gradewire(["check", "lag", "--config", lag])
    expect({ code: answer.code, err: answer.err }).toEqual({ code, err: "" })
    expect(answer.out.startsWith(`GRADEWIRE ${said}`)).toBe(true)
    expect(answer.out).toMatch(/^[^\n|]+ \| lag=\S+ heartbeat_age=0\.900s;;;0 held=4;;;0 dead_letters=1;;;0$/)
  })

  it("takes thresholds, and is unknown where it cannot even begin (G1)", async () => {
    const given = ["--warning", "1m", "--critical", "10m"]
    expect((await gradewire(["check", "lag", "--config", "59", ...given])).code).toBe(0)
    expect((await gradewire(["check", "lag", "--config", "601", ...given])).code).toBe(2)
    const failed = await gradewire(["check", "lag", "--config", "nowhere"])
    expect(failed).toMatchObject({ code: 3, out: "GRADEWIRE UNKNOWN - Refused" })
    expect(failed.err).toContain("no way in")
    const misused = await gradewire(["check", "lag", "--config", "1", "--warning", "soon"])
    expect({ code: misused.code, out: misused.out }).toEqual({
      code: 3,
      out: "GRADEWIRE UNKNOWN - wrong usage"
    })
  })

  it("leaves the check of the servers as it is (G3)", async () => {
    expect((await gradewire(["check", "target", "--config", "x"])).out).toContain("All is well.")
    expect((await gradewire(["check", "--config", "x"])).code).toBe(0)
  })
})

describe("gradewire alerts test", () => {
  it("shows what each receiver answered, and ends with 1 where one was not reached (G3)", async () => {
    const { code, out } = await gradewire(["alerts", "test", "--config", "x"])
    expect(code).toBe(1)
    expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["WEBHOOK", "DELIVERED", "ANSWER"],
      ["ops", "yes", "0 ok"],
      ["值班", "NO", "WebhookRefused: 310000"],
      [""],
      ["To mend:"],
      [""],
      ["值班:"],
      ["", "look there"]
    ])
    const json = await gradewire(["alerts", "test", "--config", "x", "-o", "json"])
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      webhooks: [{ webhook: "ops" }, { delivered: false }]
    })
  })
})

describe("gradewire status", () => {
  it("is one value a line with -G, NULL where nobody knows (G1)", async () => {
    const { code, out } = await gradewire(["status", "-G", "--config", "x"])
    expect({ code, lines: out.split("\n") }).toEqual({
      code: 0,
      lines: [
        "*************************** lms-hr ***************************",
        "       Connector: lms-hr",
        "  Source_Address: db:3306",
        "   Source_Server: mysql:1",
        "     Source_File: binlog.000003",
        " Source_Position: 1378",
        "  Source_Trouble: NULL",
        "    Bytes_Behind: NULL",
        "Snapshot_1_Table: lms.成绩",
        "Snapshot_1_State: done",
        "       Processes: -"
      ]
    })
  })

  it("is the same in YAML as in JSON (G1)", async () => {
    const yaml = await gradewire(["status", "-o", "yaml", "--config", "x"])
    const json = await gradewire(["status", "-o", "json", "--config", "x"])
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out))
    expect(parse(yaml.out)).toEqual(STATUS)
  })
})

describe("gradewire throttle", () => {
  it("limits one role or both, and lifts the limit (G8)", async () => {
    const one = await gradewire(["throttle", "apply", "--events-per-second", "50", "--config", "x"])
    expect(one.out).toContain(
      "x apply: may run, at most 50 events/s since 2026-11-22T08:00:00.123Z, said dba@bastion"
    )
    const off = await gradewire(["throttle", "--events-per-second", "off", "--config", "x"])
    expect(off.out.split("\n").slice(0, 2)).toEqual([
      "x capture: paused since 2026-11-22T08:00:00.123Z, said dba@bastion",
      "x apply: may run since 2026-11-22T08:00:00.123Z, said dba@bastion"
    ])
  })

  it.each([["0"], ["-1"], ["fast"], ["9999999"]])("refuses %s as a limit (G3)", async (limit) => {
    const { code, err } = await gradewire(["throttle", `--events-per-second=${limit}`, "--config", "x"])
    expect(code).toBe(2)
    expect(err).toContain("1 to 1000000, or off")
  })
})
