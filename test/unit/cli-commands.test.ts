import { Effect, Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { Fate } from "../../schemas/failure.ts"
import type { SnapshotStatus } from "../../schemas/snapshot-command.ts"
import type { Actions, PartFinding } from "../../src/cli/Actions.ts"
import type { LoggedEventView } from "../../src/cli/LoggedEvents.ts"
import { runCommand } from "../support/run-command.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { message: Schema.String }) {
  readonly fate: Fate = "halt"
  readonly remedy = "try the other door"
}

const COPY: SnapshotStatus = {
  paused: false,
  tables: [
    { table: "lms.成绩", state: "done", filtered: false, rows: 12, estimate: 10, percent: 100 },
    { table: "lms.exam", state: "canceled", filtered: true, rows: 3, estimate: null, percent: null }
  ]
}

const FINDING: PartFinding = {
  part: "source",
  severity: "error",
  check: "binlog_format",
  found: "STATEMENT",
  wanted: "ROW",
  fix: "SET GLOBAL binlog_format = 'ROW';"
}

const EVENTS: ReadonlyArray<LoggedEventView> = [
  {
    sequence: 17,
    generation: 1,
    position: "0001-0000000003-00000000001378-0017592202821632",
    time: "2026-11-22T08:00:00Z",
    type: "score.corrected",
    key: "lms.成绩:4711",
    changed: ["score.raw", "attempt.gradedAt"],
    revealed: false,
    event: { id: "e", data: { resultId: "lms.成绩:4711", score: { raw: "•••" } } }
  },
  {
    sequence: 18,
    generation: 1,
    position: "0001-0000000003-00000000001655-0017592202821632",
    time: "2026-11-22T08:00:00.123456Z",
    type: "learner.changed",
    key: "learner 7",
    changed: [],
    revealed: false,
    event: {}
  }
]

const actions: Actions = {
  run: () => Effect.fail(new Refused({ message: "no" })),
  validate: (file) =>
    Effect.succeed({ connector: file, tables: [{ table: "lms.成绩", as: "score", target: "hr.x" }] }),
  effective: () => Effect.succeed({ source: { port: 3306 } }),
  schema: Effect.succeed({ $id: "urn:x" }),
  check: (_, parts) =>
    Effect.succeed(
      parts.map((part) => (part === "source" ? FINDING : { ...FINDING, part, severity: "ok", fix: "" }))
    ),
  checkIdentity: () => Effect.fail(new Refused({ message: "not here" })),
  offsets: () => Effect.fail(new Refused({ message: "not here" })),
  snapshot: (connector, command) =>
    command.command === "status"
      ? Effect.succeed({ connector, from: "hr", updatedAt: "2026-11-22T08:00:00Z", ...COPY })
      : Effect.succeed({
          connector: JSON.stringify(command),
          from: "capture",
          updatedAt: null,
          paused: false,
          tables: []
        }),
  letters: () => Effect.fail(new Refused({ message: "not here" })),
  letter: () => Effect.fail(new Refused({ message: "not here" })),
  settle: () => Effect.fail(new Refused({ message: "not here" })),
  eventsTail: (_, { lines, reveal }, print) =>
    print(EVENTS.slice(0, lines).map((event) => ({ ...event, revealed: reveal }))),
  event: (_, position, reveal) => Effect.succeed({ ...EVENTS[0]!, position, revealed: reveal }),
  divide: () => Effect.fail(new Refused({ message: "not here" })),
  traceResult: () => Effect.fail(new Refused({ message: "not here" })),
  traceEmployee: () => Effect.fail(new Refused({ message: "not here" })),
  testAlerts: () => Effect.fail(new Refused({ message: "not here" })),
  openLag: () => Effect.fail(new Refused({ message: "not here" })),
  throttle: () => Effect.fail(new Refused({ message: "not here" })),
  held: () => Effect.fail(new Refused({ message: "not here" })),
  heldCsv: () => Effect.fail(new Refused({ message: "not here" })),
  heldResult: () => Effect.fail(new Refused({ message: "not here" })),
  heldExport: () => Effect.fail(new Refused({ message: "not here" })),
  heldResolve: () => Effect.fail(new Refused({ message: "not here" })),
  heldImport: () => Effect.fail(new Refused({ message: "not here" })),
  heldAside: () => Effect.fail(new Refused({ message: "not here" })),
  relink: () => Effect.fail(new Refused({ message: "not here" })),
  moveOffsets: () => Effect.fail(new Refused({ message: "not here" })),
  offsetMoves: () => Effect.fail(new Refused({ message: "not here" })),
  repair: () => Effect.fail(new Refused({ message: "not here" })),
  reports: () => Effect.fail(new Refused({ message: "not here" })),
  report: () => Effect.fail(new Refused({ message: "not here" })),
  checkReport: () => Effect.fail(new Refused({ message: "not here" })),
  verify: () => Effect.fail(new Refused({ message: "not here" })),
  migrate: () => Effect.fail(new Refused({ message: "no way in" })),
  status: () => Effect.fail(new Refused({ message: "not here" })),
  guide: Effect.succeed(
    "# Guide\n\n## Doors\nAll.\n\n### Refused\nhalt. It is shut.\n\n### Locked\nhalt. Twice.\n"
  ),
  control: (connector, roles, wish) =>
    Effect.succeed({
      connector,
      controls: roles.map((role) => ({
        role,
        ...wish,
        eventsPerSecond: null,
        changedBy: "dba@bastion",
        changedAt: "2026-11-22T08:00:00.123Z"
      }))
    })
}

const gradewire = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  runCommand(actions, args, env)

describe("gradewire", () => {
  it("takes the file from --config or from GRADEWIRE_CONFIG, the first before the second (G3)", async () => {
    const named = await gradewire(["config", "validate", "--config", "a.yaml"], {
      GRADEWIRE_CONFIG: "b.yaml"
    })
    const fallen = await gradewire(["config", "validate"], { GRADEWIRE_CONFIG: "b.yaml" })
    expect(named.out).toContain("connector a.yaml")
    expect(fallen.out).toContain("connector b.yaml")
  })

  it("shows events in columns, the titles once, and values only where they are asked for (G9)", async () => {
    const tail = await gradewire(["events", "tail", "--config", "c.yaml"])
    expect(tail.out).toBe(
      [
        "      SEQ  POSITION                                         COMMITTED_AT                 TYPE                KEY            CHANGED",
        "       17  0001-0000000003-00000000001378-0017592202821632  2026-11-22T08:00:00Z         score.corrected     lms.成绩:4711  score.raw, attempt.gradedAt",
        "       18  0001-0000000003-00000000001655-0017592202821632  2026-11-22T08:00:00.123456Z  learner.changed     learner 7      -"
      ].join("\n")
    )
    const lines = await gradewire(["events", "tail", "-n", "1", "--config", "c.yaml", "-o", "json"])
    expect(JSON.parse(lines.out)).toEqual(EVENTS[0])
    const one = await gradewire(["events", "show", EVENTS[0]!.position, "--config", "c.yaml"])
    expect(one.out).toContain("Personal values are masked; --reveal prints them.")
    const wrong = await gradewire(["events", "show", "12", "--config", "c.yaml"])
    expect(wrong).toMatchObject({ code: 2, out: "" })
  })

  it("answers a missing file with a usage error, on standard error alone (G3)", async () => {
    expect(await gradewire(["offsets", "list"])).toEqual({
      code: 2,
      out: "",
      err: "gradewire: --config FILE is missing, and GRADEWIRE_CONFIG is not set\n  see: gradewire offsets list --help"
    })
  })

  it.each([
    [["rnu"], "Did you mean this? run"],
    [["run", "--config", "x", "--role", "both"], "--role"],
    [["check", "nats", "--config", "x"], "source"],
    [
      ["verify", "--config", "x", "--since", "yesterday"],
      '--since: "yesterday": expected a time with its zone'
    ],
    [["held", "list", "--config", "x", "--limit", "0"], "expected 1 or more, got 0"],
    [["report", "list", "--config", "x", "--limit", "-3"], "expected 1 or more, got -3"],
    [["check", "--confg", "x"], "--config"]
  ])("answers %j with a usage error and a hint (G3)", async (args, hint) => {
    const { code, out, err } = await gradewire(args)
    expect({ code, out }).toEqual({ code: 2, out: "" })
    expect(err).toContain(hint)
  })

  it("prints an error for people, or as JSON where JSON was asked for, and exits with 1 (G3)", async () => {
    expect(await gradewire(["migrate", "--config", "x"])).toEqual({
      code: 1,
      out: "",
      err: "gradewire: Refused: no way in\n  fix: try the other door\n  see: docs/operations.md#refused"
    })
    const json = await gradewire(["migrate", "--config", "x", "-o", "json"])
    expect({ ...json, err: JSON.parse(json.err) as unknown }).toMatchObject({
      code: 1,
      out: "",
      err: { error: { tag: "Refused", fix: "try the other door" } }
    })
  })

  it("keeps standard error one JSON object a line when run logs JSON (G3)", async () => {
    const { code, err } = await gradewire(["run", "--config", "x", "--log-format", "json"])
    expect(code).toBe(1)
    expect(JSON.parse(err)).toMatchObject({ error: { tag: "Refused" } })
  })
})

describe("gradewire check", () => {
  it("says to a watcher that its thresholds can not both be met (G3)", async () => {
    const lag = await gradewire(["check", "lag", "--config", "x", "--warning", "5m", "--critical", "10s"])
    expect(lag).toMatchObject({ code: 3, err: "", out: expect.stringMatching(/^GRADEWIRE UNKNOWN - /) })
  })

  it("shows what to mend and exits with 1 where something is wrong (G3)", async () => {
    const { code, out, err } = await gradewire(["check", "--config", "x"])
    expect({ code, err }).toEqual({ code: 1, err: "" })
    expect(out).toContain("source binlog_format:\n  SET GLOBAL binlog_format = 'ROW';")
    expect(out).toMatch(/1 error, 0 warnings\.$/)
  })

  it("looks at one part where one is named (G3)", async () => {
    const { code, out } = await gradewire(["check", "target", "--config", "x", "-o", "json"])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ ok: true, findings: [{ part: "target", severity: "ok" }] })
  })
})

describe("gradewire snapshot", () => {
  it("shows the copy of the tables, what is unknown as unknown, and who says so (G1)", async () => {
    const { code, out } = await gradewire(["snapshot", "status", "--config", "lms-hr", "--watch"])
    expect(code).toBe(0)
    expect(out.split("\n")).toEqual([
      "TABLE     STATE     ROWS  ESTIMATE  PERCENT  ONLY",
      "lms.成绩  DONE        12        10     100%  -",
      "lms.exam  CANCELED     3   unknown  unknown  a condition",
      "",
      "lms-hr: as applied to the HR database at 2026-11-22T08:00:00Z; no running capture answers."
    ])
    const json = await gradewire(["snapshot", "status", "--config", "lms-hr", "-o", "json"])
    expect(JSON.parse(json.out)).toMatchObject({ connector: "lms-hr", from: "hr", tables: COPY.tables })
  })

  it.each([
    [["start", "--table", "lms.exam"], { command: "start", table: "lms.exam", where: null }],
    [["start", "-t", "a.b", "--where", "id > 7"], { command: "start", table: "a.b", where: "id > 7" }],
    [
      ["start", "-t", "a.b", "--key", "7", "--key", String.raw`x\,y,8`],
      { command: "start", table: "a.b", where: null, keys: ["7", String.raw`x\,y,8`] }
    ],
    [["pause"], { command: "pause" }],
    [["resume"], { command: "resume" }],
    [["cancel"], { command: "cancel", table: null }],
    [["cancel", "--table", "a.b"], { command: "cancel", table: "a.b" }]
  ])("hands snapshot %j to the running capture (G1)", async (args, command) => {
    const { code, out } = await gradewire(["snapshot", ...args, "--config", "x", "-o", "json"])
    expect(code).toBe(0)
    expect(JSON.parse((JSON.parse(out) as { connector: string }).connector)).toEqual(command)
  })

  it("wants a table for a copy to start (G3)", async () => {
    expect(await gradewire(["snapshot", "start", "--config", "x"])).toMatchObject({ code: 2, out: "" })
  })
})
