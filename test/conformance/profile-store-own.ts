/** What gradewire's own tables keep on every server: the row as it is, the history of how it came to be, and what readers see. */
import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import { assessment, batch, exam, graded, learner, positionAt, revoked, type HrWorld } from "./hr-world.ts"
import { ANNA, BO, StoreBench } from "./store-bench.ts"

export interface OwnWorld extends HrWorld {
  /** A store whose revoked rows are deleted. */
  readonly deleting: () => ProfileStore["Service"]
  /** A store with every field mapped. */
  readonly complete: () => ProfileStore["Service"]
  readonly sql: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
}

const anna = { phone: ANNA.phone }
const HISTORY = `select result_id, position, state, event_type, employee_key, score_raw
  from gradewire.training_record_history order by result_id, position, state desc`

const plain = (value: unknown): string | null =>
  typeof value !== "string" ? null : value.replace(/\.0+$|(\.\d*?)0+$/, "$1")

export const ownTablesConformance = (name: string, open: () => Promise<OwnWorld>): void => {
  describe(`own tables: ${name}`, () => {
    let world: OwnWorld
    let bench: StoreBench
    beforeEach(async () => {
      bench = await StoreBench.open(async () => (world = await open()))
    })
    const apply = (given: ApplyBatch) => bench.apply(given)
    /** `["1", "recorded", "corrected", "E001", "87.5"]` by result and position. */
    const history = async () =>
      (await world.sql(HISTORY)).map((row) => [
        String(row["result_id"]).split(":")[1],
        row["state"],
        String(row["event_type"]).split(".")[2],
        row["employee_key"],
        plain(row["score_raw"])
      ])
    const shown = async () =>
      (await world.sql("select result_id from gradewire.training_records order by result_id")).map(
        (row) => row["result_id"]
      )

    it("every change that wins leaves exactly one row in the history, whatever is sent again (G2)", async () => {
      await apply(batch(0, [exam(1, 1, anna, "1.00"), exam(3, 2, anna, "3.00")], { to: 3 }))
      await apply(batch(3, [exam(4, 1, anna, "4.00"), exam(2, 2, anna, "2.00")], { to: 5 }))
      await apply(batch(5, [exam(4, 1, anna, "4.00"), exam(3, 2, anna, "3.00")], { to: 6 }))
      await apply(batch(6, [revoked(7, "lms.exam", 1)], { to: 7 }))
      await apply(batch(7, [revoked(7, "lms.exam", 1), exam(5, 1, anna, "5.00")], { to: 8 }))
      await apply(batch(8, [exam(9, 1, anna, "9.00")], { to: 9 }))
      expect(await history()).toEqual([
        ["1", "recorded", "recorded", "E001", "1"],
        ["1", "recorded", "corrected", "E001", "4"],
        ["1", "revoked", "revoked", "E001", "4"],
        ["1", "recorded", "recorded", "E001", "9"],
        ["2", "recorded", "recorded", "E001", "3"]
      ])
      const places = await world.sql(`select t.position as here, (
        select max(h.position) from gradewire.training_record_history h where h.result_id = t.result_id) as last
        from gradewire.training_record t order by result_id`)
      expect(places).toMatchObject([
        { here: positionAt(9), last: positionAt(9) },
        { here: positionAt(3), last: positionAt(3) }
      ])
    })

    it("a revoked row is kept and hidden, and shown again when it is recorded again (G2)", async () => {
      await apply(batch(0, [exam(1, 1, anna, "1.00"), exam(2, 2, anna, "2.00")]))
      await apply(batch(2, [revoked(3, "lms.exam", 1)]))
      expect(await shown()).toEqual(["lms.exam:2"])
      const [kept] = await world.sql(
        "select state, position, event_type, score_raw from gradewire.training_record where result_id = 'lms.exam:1'"
      )
      expect({ ...kept, score_raw: plain(kept!["score_raw"]) }).toEqual({
        state: "revoked",
        position: positionAt(3),
        event_type: "gradewire.score.revoked.v1",
        score_raw: "1"
      })
      await apply(batch(3, [exam(5, 1, anna, "5.00")], { to: 5 }))
      expect(await shown()).toEqual(["lms.exam:1", "lms.exam:2"])
    })

    it("where revoked rows are deleted or left alone, the history still tells (G2)", async () => {
      const store = world.deleting()
      const { epoch } = await Effect.runPromise(store.takeOver)
      const send = (given: ApplyBatch) => Effect.runPromise(store.apply(epoch, given))
      await send(batch(0, [exam(1, 1, anna, "1.00")]))
      await send(batch(1, [revoked(2, "lms.exam", 1)]))
      expect(await world.sql("select 1 from gradewire.training_record")).toEqual([])
      expect((await history()).map((row) => row[1])).toEqual(["recorded", "revoked"])
      const own = world.process()
      const next = await Effect.runPromise(own.takeOver)
      await Effect.runPromise(own.apply(next.epoch, batch(2, [graded(3, "lms.quiz", 7, anna, "A")])))
      await Effect.runPromise(own.apply(next.epoch, batch(3, [revoked(4, "lms.quiz", 7)])))
      expect(await shown()).toEqual(["lms.quiz:7"])
      expect((await history()).map((row) => row.slice(0, 2))).toEqual([
        ["1", "recorded"],
        ["1", "revoked"],
        ["7", "recorded"],
        ["7", "revoked"]
      ])
    })

    it("a result taken from a person who is not proven any more says so, and moves when the right one is (G7)", async () => {
      await apply(batch(0, [learner(1, "7", anna), exam(2, 1, { id: "7" }, "2.00")]))
      await apply(batch(2, [exam(4, 1, { id: "9" }, "4.00")], { to: 4 }))
      expect(await shown()).toEqual([])
      await apply(batch(4, [learner(5, "9", { phone: BO.phone })]))
      await bench.release()
      expect(await shown()).toEqual(["lms.exam:1"])
      expect(await history()).toEqual([
        ["1", "recorded", "corrected", "E001", "2"],
        ["1", "revoked", "corrected", "E001", "2"],
        ["1", "recorded", "corrected", "E002", "4"]
      ])
    })

    it("held and refused changes reach the history once, when they are filed (G2, G3)", async () => {
      await world.limitScores(true)
      const given = batch(0, [exam(1, 1, { phone: "13800000010" }, "1.00"), exam(2, 2, anna, "200.00")])
      expect(await bench.refused(given)).toMatchObject({ _tag: "RowRefused" })
      await apply(batch(0, [exam(1, 1, { phone: "13800000010" }, "1.00")], { to: 1 }))
      const refusal = { reason: "REFUSED", detail: "score_limit" }
      await apply(batch(1, [exam(2, 2, anna, "200.00")], { refusal }))
      await apply(batch(2, [exam(4, 2, anna, "90.00")], { to: 4 }))
      expect(await history()).toEqual([])
      await world.hire({ no: "E010", phone: "13800000010" })
      await bench.release()
      await world.limitScores(false)
      await world.decide("lms.exam:2", "replay")
      await bench.release()
      await bench.release()
      await bench.release()
      expect(await history()).toEqual([
        ["1", "recorded", "recorded", "E010", "1"],
        ["2", "recorded", "corrected", "E001", "200"],
        ["2", "recorded", "corrected", "E001", "90"]
      ])
    })

    it("who was taken over leaves nothing in it (G6)", async () => {
      await Effect.runPromise(world.process().takeOver)
      expect(await bench.refused(batch(0, [exam(1, 1, anna, "1.00")]))).toMatchObject({ _tag: "ApplyFenced" })
      expect(await history()).toEqual([])
    })

    it("keeps every mapped field in its own type, times in UTC, and what is not mapped as null (G2)", async () => {
      const store = world.complete()
      const { epoch } = await Effect.runPromise(store.takeOver)
      const whole = exam(1, 1, { id: "7", phone: ANNA.phone }, "87.5", {
        assessment: { id: "a" },
        score: { raw: "87.5000000001", min: "-3", max: "100.00", pass: null, text: '优 "😀"' },
        attempt: { number: 3, startedAt: "2026-11-22T23:59:59.000001Z", submittedAt: null },
        attributes: { note: 'it\'s "so"', count: 12, none: null }
      })
      const changes = [assessment(2, "a", "安全考试"), whole].toSorted((a, b) =>
        a.sequence < b.sequence ? -1 : 1
      )
      await Effect.runPromise(store.apply(epoch, batch(0, changes, { to: 2 })))
      for (const table of ["training_record", "training_record_history"]) {
        const [row] =
          await world.sql(`select connector, learner_id, assessment_id, assessment_title, score_raw, score_min,
          score_max, score_pass, score_text, attempt_number, submitted_at, graded_at, attributes, event_id, state
          from gradewire.${table}`)
        const { attributes, ...rest } = row!
        expect({
          ...rest,
          score_raw: plain(rest["score_raw"]),
          score_min: plain(rest["score_min"])
        }).toMatchObject({
          connector: "test",
          learner_id: "7",
          assessment_id: "a",
          assessment_title: "安全考试",
          score_raw: "87.5000000001",
          score_min: "-3",
          score_pass: null,
          score_text: '优 "😀"',
          attempt_number: "3",
          submitted_at: null,
          graded_at: null,
          event_id: whole.id,
          state: "recorded"
        })
        expect(typeof attributes === "string" ? JSON.parse(attributes) : attributes).toEqual({
          note: 'it\'s "so"',
          count: 12,
          none: null
        })
        const times = `select count(*) as n from gradewire.${table}
          where started_at = timestamp '2026-11-22 23:59:59.000001' and event_time = timestamp '2026-11-22 08:00:00.123456'`
        expect(Number((await world.sql(times))[0]!["n"])).toBe(1)
      }
    })
  })
}
