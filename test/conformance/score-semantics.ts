/** What becomes of a score through its life, and what readers of gradewire's own tables see of it, on every server. */
import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import { assessment, batch, exam, revoked } from "./hr-world.ts"
import { ANNA, BO, StoreBench } from "./store-bench.ts"
import type { OwnWorld } from "./profile-store-own.ts"

interface Life {
  readonly raw?: string | null
  readonly max?: string | null
  readonly text?: string | null
  readonly attempt?: string
  readonly submittedAt?: string
  readonly phone?: string
}

/** Every mapped field, as a change with a full row image has them. */
const scored = (n: number, result: number, over: Life): ChangeEvent =>
  exam(
    n,
    result,
    { id: over.phone ?? ANNA.phone, phone: over.phone ?? ANNA.phone, email: null, employeeNo: null },
    null,
    {
      assessment: { id: "A" },
      score: { raw: over.raw ?? null, min: null, max: over.max ?? null, pass: null, text: over.text ?? null },
      attempt: {
        number: over.attempt ?? null,
        startedAt: null,
        submittedAt: over.submittedAt ?? null,
        gradedAt: null
      },
      attributes: { note: null, count: null, none: null }
    }
  )

const at = (hour: number) => `2026-11-22T${String(hour).padStart(2, "0")}:00:00Z`
const plain = (value: unknown): string | null =>
  typeof value !== "string" ? null : value.replace(/\.0+$|(\.\d*?)0+$/, "$1")

export const scoreSemanticsConformance = (name: string, open: () => Promise<OwnWorld>): void => {
  describe(`the life of a score: ${name}`, () => {
    let world: OwnWorld
    let store: ProfileStore["Service"]
    let epoch: number
    let last: number
    beforeEach(async () => {
      await StoreBench.open(async () => (world = await open()))
      store = world.complete()
      epoch = (await Effect.runPromise(store.takeOver)).epoch
      last = 0
      await apply(assessment(1, "A", "Safety"))
    })
    const apply = async (...changes: ReadonlyArray<ChangeEvent>) => {
      const given: ApplyBatch = batch(last, changes)
      await Effect.runPromise(store.apply(epoch, given))
      last = Number(given.offset.position.split("-")[2])
    }
    /** `["1", "80", "100", null]` by result: points, full mark, grade. */
    const seen = async (view: string) =>
      (
        await world.sql(`select result_id, employee_key, score_raw, score_max, score_text
          from gradewire.${view} order by result_id`)
      ).map((row) => [
        String(row["result_id"]).split(":")[1],
        plain(row["score_raw"]),
        plain(row["score_max"]),
        row["score_text"]
      ])

    it("not graded yet is no score, and zero is one (G2)", async () => {
      await apply(scored(2, 1, { raw: null }), scored(4, 2, { raw: "0.00", submittedAt: at(1) }))
      expect(await seen("training_records")).toEqual([
        ["1", null, null, null],
        ["2", "0", null, null]
      ])
      for (const view of ["training_latest", "training_first", "training_best"]) {
        expect(await seen(view)).toEqual([["2", "0", null, null]])
        const [proof] = await world.sql(`select match_rule from gradewire.${view}`)
        expect(proof!["match_rule"]).toMatch(/^(link:)?phone$/)
      }
      await apply(scored(6, 1, { raw: "80.00", submittedAt: at(2) }))
      expect(await seen("training_latest")).toEqual([["1", "80", null, null]])
      await apply(scored(8, 1, { raw: null }))
      expect(await seen("training_latest")).toEqual([["2", "0", null, null]])
    })

    it("corrected, taken back, given again: each is what the source says last (G2)", async () => {
      await apply(scored(2, 1, { raw: "60.00" }))
      await apply(scored(4, 1, { raw: "95.00" }))
      expect(await seen("training_best")).toEqual([["1", "95", null, null]])
      await apply(revoked(6, "lms.exam", 1))
      expect(await seen("training_best")).toEqual([])
      await apply(scored(8, 1, { raw: "60.00" }))
      expect(await seen("training_best")).toEqual([["1", "60", null, null]])
    })

    it("of several attempts readers see the latest, the first and the best; a revoked one is none (G2)", async () => {
      await apply(
        scored(2, 1, { raw: "70.00", max: "100.00", attempt: "1", submittedAt: at(1) }),
        scored(4, 2, { raw: "90.00", max: "100.00", attempt: "2", submittedAt: at(2) }),
        scored(6, 3, { raw: "80.00", max: "100.00", attempt: "3", submittedAt: at(3) }),
        scored(8, 4, { raw: "10.00", max: "100.00", submittedAt: at(4), phone: BO.phone })
      )
      const first = async (view: string) => (await seen(view)).map(([result]) => result)
      expect(await first("training_latest")).toEqual(["3", "4"])
      expect(await first("training_first")).toEqual(["1", "4"])
      expect(await first("training_best")).toEqual(["2", "4"])
      await apply(revoked(10, "lms.exam", 2), revoked(12, "lms.exam", 1))
      expect(await first("training_first")).toEqual(["3", "4"])
      expect(await first("training_best")).toEqual(["3", "4"])
    })

    it("the best is so by the share of the full mark of its own time, and a later full mark rewrites nothing (G2)", async () => {
      await apply(scored(2, 1, { raw: "45.00", max: "50.00", submittedAt: at(1) }))
      await apply(assessment(3, "A", "Safety, longer"))
      await apply(scored(4, 2, { raw: "80.00", max: "100.00", submittedAt: at(2) }))
      expect(await seen("training_records")).toEqual([
        ["1", "45", "50", null],
        ["2", "80", "100", null]
      ])
      expect(await seen("training_best")).toEqual([["1", "45", "50", null]])
      expect(await seen("training_latest")).toEqual([["2", "80", "100", null]])
    })

    it("grades in words and points beyond the full mark are kept as they are (G2)", async () => {
      await apply(
        scored(2, 1, { text: "合格", submittedAt: at(1) }),
        scored(4, 2, { raw: "105.00", max: "100.00", text: "A+", submittedAt: at(2) })
      )
      expect(await seen("training_records")).toEqual([
        ["1", null, null, "合格"],
        ["2", "105", "100", "A+"]
      ])
      expect(await seen("training_first")).toEqual([["1", null, null, "合格"]])
      expect(await seen("training_best")).toEqual([["2", "105", "100", "A+"]])
    })
  })
}
