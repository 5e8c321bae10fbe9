/** Revoked results, absent keys, and changes that the database refuses. */
import { describe, expect, it } from "vitest"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { ApplyBatch } from "../../src/apply/ProfileStore.ts"
import { batch, DRILL, exam, EXAM, graded, learner, positionAt, QUIZ, revoked } from "./hr-world.ts"
import { ANNA, BO, type StoreBench } from "./store-bench.ts"

export const queuesConformance = (bench: () => StoreBench): void => {
  const world = () => bench().world
  const apply = (given: ApplyBatch) => bench().apply(given)
  const release = () => bench().release()
  const scores = () => bench().scores()
  const refused = (given: ApplyBatch) => bench().refused(given)
  const offset = () => bench().offset()

  describe("revoking", () => {
    it("deletes, flags or ignores the row, as its target says (G2)", async () => {
      const anna = { phone: ANNA.phone }
      await apply(
        batch(0, [
          exam(1, 1, anna, "1.00"),
          graded(2, "lms.drill", 1, anna, "A"),
          graded(3, "lms.quiz", 1, anna, "B")
        ])
      )
      const outcome = await apply(
        batch(3, [revoked(4, "lms.exam", 1), revoked(5, "lms.drill", 1), revoked(6, "lms.quiz", 1)])
      )
      expect(outcome).toEqual({ applied: 3, stale: 0, held: 0, dead: 0 })
      expect(await world().profile(EXAM)).toEqual([])
      expect(await world().profile(DRILL)).toMatchObject([{ 工号: "E001", grade: "A", state: "revoked" }])
      expect(await world().profile(QUIZ)).toMatchObject([{ 工号: "E001", grade: "B" }])
      await apply(batch(6, [graded(7, "lms.drill", 1, anna, "C")]))
      expect(await world().profile(DRILL)).toMatchObject([{ 工号: "E001", grade: "C", state: "valid" }])
    })

    it("a result that moves leaves no second row where its person is part of the key (G7)", async () => {
      const learners = [learner(1, "7", { phone: ANNA.phone }), learner(2, "8", { phone: BO.phone })]
      await apply(batch(0, [...learners, graded(3, "lms.drill", 1, { id: "7" }, "A")]))
      await apply(batch(3, [graded(4, "lms.drill", 1, { id: "8" }, "B")]))
      expect((await world().profile(DRILL)).filter((row) => row["state"] === "valid")).toMatchObject([
        { 工号: "E002", grade: "B" }
      ])
      expect(
        (await world().profile(DRILL)).filter((row) => row["工号"] === "E001" && row["state"] === "valid")
      ).toEqual([])
    })

    it("what was never filed is revoked without effect, and stays revoked (G2)", async () => {
      expect(await apply(batch(0, [revoked(5, "lms.exam", 1, { id: "7" })]))).toMatchObject({ applied: 1 })
      expect(await apply(batch(5, [exam(3, 1, { phone: ANNA.phone }, "3.00")], { to: 6 }))).toMatchObject({
        stale: 1
      })
    })
  })

  describe("absent and null", () => {
    it("an absent key keeps the column's value on correction, null writes NULL (G1)", async () => {
      const full = { attributes: { note: "first" } }
      await apply(
        batch(0, [
          exam(1, 1, { phone: ANNA.phone }, "1.00", full),
          exam(3, 2, { phone: BO.phone }, "3.00", full)
        ])
      )
      const without = exam(4, 1, { phone: ANNA.phone }, null)
      const { attributes: _, ...rest } = without.data as unknown as { attributes: unknown }
      await apply(
        batch(3, [
          { ...without, data: rest } as unknown as ChangeEvent,
          exam(5, 2, { phone: BO.phone }, "4.00")
        ])
      )
      expect(await world().profile(EXAM)).toMatchObject([
        { 分数: null, 'no"te': "first" },
        { 分数: "4.00", 'no"te': null }
      ])
    })
  })

  describe("dead letters", () => {
    it("one row that is refused fails its batch, and nothing of it is written (G3)", async () => {
      await world().limitScores(true)
      const given = batch(0, [
        exam(1, 1, { phone: ANNA.phone }, "1.00"),
        exam(2, 2, { phone: BO.phone }, "200.00")
      ])
      const error = await refused(given)
      expect(error).toMatchObject({ _tag: "RowRefused", fate: "park" })
      expect(JSON.stringify(error)).not.toContain("200.00")
      expect(await scores()).toEqual([])
      expect(await offset()).toBeUndefined()
    })

    it("a refused change stands in the dead letters, and the offset passes it (G1, G3)", async () => {
      const refusal = { reason: "REFUSED", detail: "23514 constraint score_limit" }
      expect(await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "200.00")], { refusal }))).toEqual({
        applied: 0,
        stale: 0,
        held: 0,
        dead: 1
      })
      expect((await offset())?.position).toBe(positionAt(1))
      expect(await world().letters()).toEqual([["lms.exam:1", "open"]])
      expect(await scores()).toEqual([])
    })

    it("later changes of the result wait behind it, revocations too, other results do not (G2)", async () => {
      const anna = { phone: ANNA.phone }
      await apply(batch(0, [exam(1, 1, anna, "200.00")], { refusal: { reason: "REFUSED", detail: "" } }))
      expect(await apply(batch(1, [exam(2, 1, anna, "2.00"), exam(3, 2, anna, "3.00")]))).toEqual({
        applied: 1,
        stale: 0,
        held: 0,
        dead: 1
      })
      expect(await apply(batch(3, [revoked(4, "lms.exam", 1)]))).toMatchObject({ dead: 1 })
      expect(await scores()).toEqual([["lms.exam:2", "E001", "3.00"]])
      expect(await release()).toEqual({ released: 0, held: 0 })
      expect((await world().letters()).map((letter) => letter[1])).toEqual(["open", "waiting", "waiting"])
    })

    it("one that is replayed is filed, then those behind it, in order (G2)", async () => {
      await world().limitScores(true)
      const anna = { phone: ANNA.phone }
      await apply(batch(0, [exam(1, 1, anna, "200.00")], { refusal: { reason: "REFUSED", detail: "" } }))
      await apply(batch(1, [exam(2, 1, anna, "2.00")]))
      await world().decide("lms.exam:1", "replay")
      expect(await release()).toEqual({ released: 0, held: 0 })
      expect((await world().letters()).map((letter) => letter[1])).toEqual(["open", "waiting"])
      await world().limitScores(false)
      await world().decide("lms.exam:1", "replay")
      await release()
      await release()
      expect(await scores()).toEqual([["lms.exam:1", "E001", "2.00"]])
      expect((await world().letters()).map((letter) => letter[1])).toEqual(["done", "done"])
      expect(await apply(batch(2, [exam(3, 1, anna, "3.00")]))).toMatchObject({ applied: 1, dead: 0 })
    })

    it("one that is discarded lets those behind it go on (G1)", async () => {
      const anna = { phone: ANNA.phone }
      await apply(batch(0, [exam(1, 1, anna, "200.00")], { refusal: { reason: "REFUSED", detail: "" } }))
      await apply(batch(1, [exam(2, 1, anna, "2.00")]))
      await world().decide("lms.exam:1", "discarded")
      await release()
      expect(await scores()).toEqual([["lms.exam:1", "E001", "2.00"]])
    })

    it("the same change sent again stays one letter (G2)", async () => {
      const anna = { phone: ANNA.phone }
      const refusal = { reason: "REFUSED", detail: "" }
      await apply(batch(0, [exam(1, 1, anna, "200.00")], { refusal, to: 1 }))
      expect(await apply(batch(1, [exam(1, 1, anna, "200.00")], { to: 2 }))).toMatchObject({ dead: 1 })
      expect(await world().letters()).toEqual([["lms.exam:1", "open"]])
    })

    it("a score of a table that no target is mapped for is a dead letter (G1)", async () => {
      expect(await apply(batch(0, [graded(1, "lms.gone", 1, { phone: ANNA.phone }, "A")]))).toMatchObject({
        dead: 1
      })
      expect(await world().letters()).toEqual([["lms.gone:1", "open"]])
    })
  })
}
