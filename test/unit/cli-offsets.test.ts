import { Effect } from "effect"
import { parse } from "yaml"
import { describe, expect, it } from "vitest"
import type { StageOffset } from "../../schemas/stage-offset.ts"
import type { Actions } from "../../src/cli/Actions.ts"
import { answered } from "../support/answer-schema.ts"
import { runCommand } from "../support/run-command.ts"

const OFFSET: StageOffset = {
  connector: "lms-hr",
  stage: "sink",
  lane: 0,
  position: "0001-0000000123-00000004567890-0000000033554434",
  logFile: "binlog.000123",
  logPosition: 4567890,
  resume: "binlog.000123:4567000",
  gtid: null,
  server: "mysql:3e11fa47",
  generation: 0,
  streamSequence: 91875,
  committedAt: "2026-11-22T08:00:00.123Z",
  updatedAt: "2026-11-22T08:00:00.5Z",
  lagSeconds: null,
  ageSeconds: 75.4,
  epoch: 7,
  holder: "pod-1:17",
  events: "48211",
  applied: "48000",
  held: "4",
  deadLetters: "1",
  purgeMarginHours: 165,
  messagesBehind: 3,
  bytesBehind: null,
  state: "running",
  trouble: null
}

const SOURCE: StageOffset = {
  ...OFFSET,
  stage: "source",
  lane: null,
  position: null,
  logFile: null,
  logPosition: null,
  server: null,
  state: null,
  trouble: { tag: "SourceConnectionLost", message: "connect ECONNREFUSED" }
}

const actions = { offsets: () => Effect.succeed([SOURCE, OFFSET]) } satisfies Partial<Actions>

const gradewire = (args: ReadonlyArray<string>) => runCommand(actions as unknown as Actions, args)

describe("gradewire offsets list", () => {
  it("never shows unknown as zero, and what cannot be asked with its reason (G4)", async () => {
    const { out } = await gradewire(["offsets", "list", "--config", "x"])
    expect(out.split("\n").map((line) => line.split(/ {2,}/).join(" "))).toEqual([
      "CONNECTOR STAGE LANE POSITION STREAM_SEQ LAG MESSAGES BYTES AGE STATE HELD DEAD EPOCH",
      "lms-hr source - unknown - unknown - - - unknown - - -",
      "lms-hr sink 0 binlog.000123:4567890 91875 unknown 3 unknown 1m15s RUNNING 4 1 7",
      "",
      "source unknown: SourceConnectionLost: connect ECONNREFUSED"
    ])
  })

  it("gives programs everything, unknown as null, in the shape of its schema (G4)", async () => {
    const { out } = await gradewire(["offsets", "list", "--config", "x", "-o", "json"])
    expect(answered("offset-list", out)).toEqual([SOURCE, OFFSET])
    const yaml = await gradewire(["offsets", "show", "--config", "x", "-o", "yaml"])
    expect(parse(yaml.out)).toEqual([SOURCE, OFFSET])
    const wide = await gradewire(["offsets", "list", "--config", "x", "-o", "wide"])
    expect(wide.out).toContain(OFFSET.position)
    expect(wide.out).toMatch(/PURGE_MARGIN[^]*\b6d21h\b/)
  })

  it("prints one field a line as a DBA is used to, without what means nothing to the stage (G4)", async () => {
    const { out } = await gradewire(["offsets", "show", "--config", "x"])
    expect(out).toMatch(/^\*+ 1\. lms-hr source \*+\n +Connector: lms-hr\n/)
    expect(out).toMatch(/\n\*+ 2\. lms-hr sink \*+\n[^]*\n +Stream_Seq: 91875\n +Lag: unknown\n/)
    expect(out.split("sink")[0]).not.toContain("Stream_Seq")
    expect((await gradewire(["offsets", "list", "--config", "x", "-G"])).out).toBe(out)
  })
})
