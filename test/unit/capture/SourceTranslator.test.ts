/** How the stream is taken up on another server in the middle of a transaction. */
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import type { Anchor } from "../../../schemas/anchor.ts"
import type { TableConfig } from "../../../schemas/table-config.ts"
import { CheckpointBody } from "../../../schemas/snapshot-state.ts"
import type { LogMessage } from "../../../src/capture/ChangeLog.ts"
import type { ResumePoint, SourceEvent } from "../../../src/capture/ChangeSource.ts"
import { positionAt, type ResumePlan } from "../../../src/capture/resume-plan.ts"
import { SourceTranslator } from "../../../src/capture/SourceTranslator.ts"

const UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
const TABLE: TableConfig = { table: "lms.t", as: "row", key: ["id"], columns: ["id"] }
const FILE = "binlog.000007"
const IDLE = { paused: false, tables: [] }

const anchorAt = (position: number, timeline: number): Anchor => ({
  file: FILE,
  position,
  gtid: null,
  server: `mysql:${timeline}`,
  timeline
})
const translatorAt = (from: ResumePoint, events = 3) => {
  const plan: ResumePlan = {
    why: "resume",
    anchor: from.anchor,
    last: positionAt(from.anchor),
    previous: positionAt(from.anchor),
    generation: 1,
    epoch: 1,
    committedAt: null
  }
  const limits = { events, bytes: 1_000_000 }
  return new SourceTranslator({ connector: "c", tables: [TABLE], zone: 0, limits }, plan, IDLE, from)
}

const begin = (position: number, gtid: number): SourceEvent => ({
  _tag: "Begin",
  file: FILE,
  position,
  gtid: `${UUID}:${gtid}`,
  committedAtMicros: 1_700_000_000_000_000
})
const rows = (index: number, ...ids: ReadonlyArray<number>): SourceEvent => ({
  _tag: "Rows",
  table: 0,
  change: "insert",
  index,
  before: undefined,
  after: ids.map((id) => [id])
})
const commit = (position: number): SourceEvent => ({ _tag: "Commit", file: FILE, position })
const chunk = (...events: ReadonlyArray<SourceEvent>) => ({ events, bytes: 0 })
const idsIn = (messages: ReadonlyArray<LogMessage>) =>
  messages.flatMap(({ head, body }) =>
    head.kind === "segment"
      ? (JSON.parse(Buffer.from(body).toString()) as ReadonlyArray<{ data: { after: { id: unknown } } }>).map(
          ({ data }) => Number(data.after.id)
        )
      : []
  )
const capturedOf = ({ head, body }: LogMessage) =>
  head.kind === "segment"
    ? head.captured
    : Schema.decodeUnknownSync(Schema.fromJsonString(CheckpointBody))(Buffer.from(body).toString()).captured

/** A transaction of five rows, read from the old server until its first part has left. */
const partOnOldServer = (): ResumePoint => {
  const old = translatorAt({ anchor: anchorAt(100, 1), captured: { gtids: `${UUID}:1-4` } })
  const messages = old.translate(chunk(begin(100, 5), rows(1, 1, 2), rows(2, 3, 4)))
  expect(idsIn(messages)).toEqual([1, 2, 3])
  const { partial } = messages[0]!.head.captured!
  return { anchor: anchorAt(4, 2), captured: { gtids: `${UUID}:1-4`, partial: partial! } }
}

describe("a transaction that was captured in part from another server", () => {
  it("goes on behind its last captured change, however its rows events are cut (G1, G2)", () => {
    const translator = translatorAt(partOnOldServer())
    const messages = translator.translate(
      chunk(
        begin(400, 5),
        rows(1, 1),
        rows(2, 2, 3, 4),
        rows(3, 5),
        commit(900),
        begin(900, 6),
        rows(1, 6),
        commit(999)
      )
    )
    expect(idsIn(messages)).toEqual([4, 5, 6])
    expect(messages.map(capturedOf)).toEqual([{ gtids: `${UUID}:5-6` }])
  })

  it("does so also where a checkpoint stands right before it (G2)", () => {
    const translator = translatorAt(partOnOldServer())
    translator.translate(chunk(begin(300, 9), commit(400)))
    // The end of the transaction before it is the byte where this one begins.
    expect(translator.checkpoint().head.last).toBe(positionAt(anchorAt(400, 2)))
    expect(idsIn(translator.translate(chunk(begin(400, 5), rows(1, 1, 2, 3, 4, 5), commit(900))))).toEqual([
      4, 5
    ])
  })

  it("counts on where it is interrupted once more, there by position (G2)", () => {
    const from = partOnOldServer()
    const first = translatorAt(from, 1)
    const [part] = first.translate(chunk(begin(400, 5), rows(1, 1, 2, 3), rows(2, 4, 5)))
    expect(idsIn([part!])).toEqual([4])
    const { anchor, captured, last } = part!.head
    expect(captured!.partial!.map(({ changes }) => changes)).toEqual([4])
    const plan: ResumePlan = {
      why: "resume",
      anchor,
      last,
      previous: last,
      generation: 1,
      epoch: 2,
      committedAt: null
    }
    const options = { connector: "c", tables: [TABLE], zone: 0, limits: { events: 9, bytes: 1_000_000 } }
    const again = new SourceTranslator(options, plan, IDLE, { anchor, captured: { ...captured!, gtids: "" } })
    expect(
      idsIn(again.translate(chunk(begin(400, 5), rows(1, 1, 2, 3), rows(2, 4, 5), commit(900))))
    ).toEqual([5])
  })
})
