import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { ChangeEvent } from "../../../schemas/change-event.ts"
import type { TableConfig } from "../../../schemas/table-config.ts"
import { START, transactionPrefix } from "../../../schemas/position.ts"
import { Undecodable, type RowImage, type RowsEvent } from "../../../src/capture/ChangeSource.ts"
import { compileRowsEncoder } from "../../../src/capture/encode-rows.ts"
import { planTable } from "../../../src/capture/table-plan.ts"

const scores: TableConfig = {
  table: "lms.成绩",
  as: "score",
  key: ["id"],
  fields: { learner: "学员id", assessment: "考试id", raw: "分数", max: "满分", submittedAt: "完成时间" },
  attributes: { 备注: "备注" },
  target: { table: "hr.training_record", key: ["ref"], columns: { ref: "resultId" } }
}
const learners: TableConfig = {
  table: "lms.learner",
  as: "learner",
  key: ["id"],
  fields: { phone: "手机号", name: "姓名" }
}
const exams: TableConfig = {
  table: "lms.exam",
  as: "assessment",
  key: ["id"],
  fields: { title: "名称", max: "满分" }
}
const raw: TableConfig = { table: "lms.log", as: "row", key: ["a", "b"], columns: ["b", "note"] }

const transaction = {
  file: "binlog.000003",
  position: 157,
  prefix: transactionPrefix(1, 3, 157),
  idPrefix: "3e11fa47-0000-0000-0000-000000000000:23#",
  time: "2026-11-22T08:00:00.000001Z"
}

const encode = (
  table: TableConfig,
  rows: Pick<RowsEvent, "change" | "before" | "after">,
  knownUpTo = START
): ReadonlyArray<ChangeEvent> => {
  const events: Array<ChangeEvent> = []
  compileRowsEncoder(planTable(table), "lms-hr", 480)(
    transaction,
    { _tag: "Rows", table: 0, index: 2, ...rows },
    {
      knownUpTo,
      add: (position, type, json) => {
        const event = Schema.decodeUnknownSync(ChangeEvent, { onExcessProperty: "error" })(JSON.parse(json))
        expect(event.sequence).toBe(position)
        expect(event.type).toBe(type)
        events.push(event)
      }
    }
  )
  return events
}
const insert = (...after: ReadonlyArray<RowImage>) =>
  ({ change: "insert", before: undefined, after }) as const
const remove = (...before: ReadonlyArray<RowImage>) =>
  ({ change: "delete", before, after: undefined }) as const
const update = (before: RowImage, after: RowImage) =>
  ({ change: "update", before: [before], after: [after] }) as const

const row = (...values: RowImage) => values
const graded = row("7", "5", "E1", "87.50", "100.00", "2026-11-22T07:30:00.125", 'a "quoted" 😀 note')

describe("rows to events", () => {
  it("records an inserted score with every mapped column (G1)", () => {
    expect(encode(scores, insert(graded))).toEqual([
      {
        specversion: "1.0",
        id: "3e11fa47-0000-0000-0000-000000000000:23#17592219598848",
        source: "urn:gradewire:lms-hr",
        type: "gradewire.score.recorded.v1",
        subject: "lms.成绩",
        time: "2026-11-22T08:00:00.000001Z",
        datacontenttype: "application/json",
        sequence: "0001-0000000003-00000000000157-0017592219598848",
        data: {
          resultId: "lms.成绩:7",
          origin: "binlog",
          learner: { id: "5" },
          assessment: { id: "E1" },
          score: { raw: "87.50", max: "100.00" },
          attempt: { submittedAt: "2026-11-21T23:30:00.125Z" },
          attributes: { 备注: 'a "quoted" 😀 note' }
        }
      }
    ])
  })

  it("corrects with what was there before (G1)", () => {
    const [event] = encode(scores, update(graded, row("7", "5", "E1", "90.00", "100.00", null, null)))
    expect(event).toMatchObject({
      type: "gradewire.score.corrected.v1",
      data: {
        score: { raw: "90.00" },
        attempt: { submittedAt: null },
        attributes: { 备注: null },
        previous: { score: { raw: "87.50" }, learner: { id: "5" } }
      }
    })
  })

  it("makes no event of an update that changed no mapped column (G2)", () => {
    expect(encode(scores, update(graded, [...graded]))).toEqual([])
  })

  it("never drops a change for its content: V1, V2, V1 are two corrections (G1)", () => {
    const other = row("7", "5", "E1", "1.00", "100.00", null, null)
    expect(encode(scores, update(graded, other))).toHaveLength(1)
    expect(encode(scores, update(other, graded))).toHaveLength(1)
  })

  it("revokes a deleted score without repeating it (G9)", () => {
    const [event] = encode(scores, remove(graded))
    expect(event?.type).toBe("gradewire.score.revoked.v1")
    expect(event?.data).toEqual({
      resultId: "lms.成绩:7",
      origin: "binlog",
      learner: { id: "5" },
      assessment: { id: "E1" }
    })
  })

  it("ends the old key and begins the new one where a key changes, in that order (G2)", () => {
    const events = encode(scores, update(graded, ["8", ...graded.slice(1)]))
    expect(
      events.map(({ type, data, sequence }) => [
        type,
        "resultId" in data && data.resultId,
        sequence.slice(-9)
      ])
    ).toEqual([
      ["gradewire.score.revoked.v1", "lms.成绩:7", "219598848"],
      ["gradewire.score.recorded.v1", "lms.成绩:8", "219598849"]
    ])
  })

  it("leaves out what the log has already (G2)", () => {
    const all = encode(scores, insert(graded, row("8", "5", "E1", null, null, null, null)))
    expect(encode(scores, insert(graded, graded), all[0]!.sequence)).toHaveLength(1)
    expect(encode(scores, insert(graded), all[1]!.sequence)).toHaveLength(0)
  })

  it("names a value that does not fit, so that apply can refuse the row (G3)", () => {
    const [event] = encode(scores, insert(row("7", "5", "E1", "缺考", "100", "0000-00-00T00:00:00", null)))
    expect(event?.data).toMatchObject({
      score: { raw: null, max: "100" },
      unreadable: { "score.raw": "缺考", "attempt.submittedAt": "0000-00-00T00:00:00" }
    })
  })

  it("stops at a row image without a mapped column, it does not read it as NULL (G3)", () => {
    expect(() => encode(scores, insert(row("7", "5", "E1", undefined, "100", null, null)))).toThrow(
      Undecodable
    )
  })

  it("stops at a row without its key (G3)", () => {
    expect(() => encode(scores, insert(row(null, "5", "E1", "1", "100", null, null)))).toThrow(Undecodable)
  })

  describe("with a policy for zero dates", () => {
    const withPolicy = (policy: "keep" | "null" | "refuse" | null) => ({
      ...scores,
      zeroDates: { 完成时间: policy }
    })
    const at = (moment: string | null) => row("7", "5", "E1", "87.5", "100", moment, null)

    it.each(["null", null] as const)("makes them null, where it says %j (G1)", (policy) => {
      for (const date of ["0000-00-00T00:00:00", "2026-00-00", "2026-02-31T10:00:00.5"]) {
        const [event] = encode(withPolicy(policy), insert(at(date)))
        expect(event?.data).toMatchObject({ attempt: { submittedAt: null } })
        expect(event?.data).not.toHaveProperty("unreadable")
      }
      expect(encode(withPolicy(policy), update(at("0000-00-00"), at(null)))).toEqual([])
      const [real] = encode(withPolicy(policy), insert(at("2026-11-22T08:00:00")))
      expect(real?.data).toMatchObject({ attempt: { submittedAt: "2026-11-22T00:00:00Z" } })
    })

    it("stops at them, and names the column and what to write instead (G3, G9)", () => {
      const change = () => encode(withPolicy("refuse"), insert(at("2026-00-00T00:00:00")))
      expect(change).toThrow(Undecodable)
      expect(change).toThrow(/lms\.成绩 has a zero or partial date in 完成时间/)
      expect(change).not.toThrow(/2026/)
    })

    it("lets the change pass that mends one it refuses (G1)", () => {
      const mended = update(at("0000-00-00T00:00:00"), at("2026-11-22T08:00:00"))
      expect(encode(withPolicy("refuse"), mended)).toHaveLength(1)
    })

    it("keeps their text, as where nothing is said (G1)", () => {
      expect(encode(withPolicy("keep"), insert(at("0000-00-00T00:00:00")))).toEqual(
        encode(scores, insert(at("0000-00-00T00:00:00")))
      )
    })
  })

  it("keeps directories: changed and removed learners, changed and removed assessments (G7)", () => {
    expect(encode(learners, insert(row("5", "13800000000", "李雷")))[0]?.data).toEqual({
      learnerId: "5",
      origin: "binlog",
      phone: "13800000000",
      name: "李雷"
    })
    expect(encode(learners, remove(row("5", "13800000000", "李雷")))[0]?.data).toEqual({
      learnerId: "5",
      origin: "binlog"
    })
    expect(encode(exams, insert(row("E1", "安全", 100)))[0]?.data).toMatchObject({
      removed: false,
      max: "100"
    })
    expect(encode(exams, remove(row("E1", "安全", 100)))[0]?.data).toMatchObject({ removed: true })
  })

  it("publishes raw rows as they are (G1)", () => {
    expect(encode(raw, update(row("x,y", 1, null), row("x,y", 1, "n")))[0]).toMatchObject({
      type: "gradewire.row.updated.v1",
      data: { rowKey: String.raw`lms.log:x\,y,1`, before: { b: 1, note: null }, after: { b: 1, note: "n" } }
    })
  })
})
