/** The offset, the epoch and the guard. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { SnapshotState } from "../../schemas/snapshot-state.ts"
import type { ApplyBatch } from "../../src/apply/ProfileStore.ts"
import { batch, exam, EXAM, learner, offsetAt, positionAt, revoked } from "./hr-world.ts"
import { ANNA, BO, type StoreBench } from "./store-bench.ts"

export const progressConformance = (bench: () => StoreBench): void => {
  const world = () => bench().world
  const apply = (given: ApplyBatch) => bench().apply(given)
  const scores = () => bench().scores()
  const refused = (given: ApplyBatch) => bench().refused(given)
  const offset = () => bench().offset()
  const open = () => bench().another()

  describe("offset", () => {
    it("nothing is stored before the first batch, and the first epoch is 1 (G4)", async () => {
      expect(await offset()).toBeUndefined()
      expect(bench().epoch).toBe(1)
    })

    it("the offset moves with the rows, and a restart goes on from it (G4)", async () => {
      await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "87.50")], { to: 1 }))
      expect(await offset()).toEqual(offsetAt(1))
      const next = await Effect.runPromise(world().process().takeOver)
      expect(next).toEqual({ epoch: 2, offset: offsetAt(1) })
    })

    it("how far the copy of the tables had come is stored and given back, its keys exactly (G4)", async () => {
      const entry = { state: "running", after: ["18446744073709551615", '工"号'], where: "a > '1'" } as const
      const snapshot: SnapshotState = {
        paused: true,
        tables: [
          { table: "lms.exam", ...entry, rows: 7, estimate: null },
          { table: "lms.user", state: "waiting", after: null, where: null, rows: 0, estimate: 12 }
        ]
      }
      const copying = (given: ApplyBatch): ApplyBatch => ({ ...given, offset: { ...given.offset, snapshot } })
      await apply(copying(batch(0, [exam(1, 1, { phone: ANNA.phone }, "87.50")], { to: 1 })))
      expect(await offset()).toEqual({ ...offsetAt(1), snapshot })
      await apply(copying(batch(1, [], { to: 2 })))
      const letter = batch(2, [exam(3, 2, { phone: BO.phone }, "1.00")], { to: 3 })
      await apply({ ...copying(letter), refusal: { reason: "R", detail: "" } })
      const next = await Effect.runPromise(world().process().takeOver)
      expect(next.offset).toEqual({ ...offsetAt(3), snapshot })
    })

    it("a batch without changes moves the offset alone (G1)", async () => {
      expect(await apply(batch(0, [], { to: 5 }))).toEqual({ applied: 0, stale: 0, held: 0, dead: 0 })
      expect(await offset()).toEqual(offsetAt(5))
    })

    it("a batch that follows another offset writes nothing and says what it found (G2)", async () => {
      await apply(batch(0, [], { to: 5 }))
      const error = await refused(batch(4, [exam(6, 1, { phone: ANNA.phone }, "1.00")]))
      expect(error).toMatchObject({ _tag: "OffsetMoved", fate: "retry" })
      expect(await scores()).toEqual([])
      expect(await offset()).toEqual(offsetAt(5))
    })

    it("a batch whose answer was lost counts as done when it is repeated (G2)", async () => {
      const given = batch(0, [exam(1, 1, { phone: ANNA.phone }, "87.50")])
      expect(await apply(given)).toEqual({ applied: 1, stale: 0, held: 0, dead: 0 })
      expect(await apply(given)).toEqual({ applied: 0, stale: 0, held: 0, dead: 0 })
      expect(await scores()).toEqual([["lms.exam:1", "E001", "87.50"]])
    })
  })

  describe("fencing", () => {
    it("who was taken over can neither apply, nor move the offset, nor park, nor release (G6)", async () => {
      const newer = world().process()
      await Effect.runPromise(newer.takeOver)
      const given = batch(0, [exam(1, 1, { phone: ANNA.phone }, "1.00")])
      for (const late of [
        given,
        batch(0, [], { to: 3 }),
        { ...given, refusal: { reason: "R", detail: "" } }
      ]) {
        expect(await refused(late)).toMatchObject({ _tag: "ApplyFenced", epoch: 1, newerEpoch: 2 })
      }
      await Effect.runPromise(newer.apply(2, batch(0, [exam(1, 1, { id: "7" }, "1.00")])))
      await world().hire({ no: "E007", phone: "13800000017" })
      await Effect.runPromise(newer.apply(2, batch(1, [learner(2, "7", { phone: "13800000017" })])))
      expect(await Effect.runPromise(Effect.flip(bench().store.release(1)))).toMatchObject({
        _tag: "ApplyFenced"
      })
      expect(await scores()).toEqual([])
    })

    it("a database restored from a backup is noticed, and the missing part is replayed (G4)", async () => {
      await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "1.00")]))
      const restore = await world().backup()
      const second = batch(1, [
        exam(2, 1, { phone: ANNA.phone }, "2.00"),
        exam(3, 2, { phone: BO.phone }, "3.00")
      ])
      await apply(second)
      await restore()
      expect(await refused(batch(3, [exam(4, 3, { phone: BO.phone }, "4.00")]))).toMatchObject({
        _tag: "OffsetMoved"
      })
      expect((await offset())?.position).toBe(positionAt(1))
      await apply(second)
      expect(await scores()).toEqual([
        ["lms.exam:1", "E001", "2.00"],
        ["lms.exam:2", "E002", "3.00"]
      ])
    })
  })

  describe("guard", () => {
    it("an older change never overwrites a newer one, and a replay changes nothing (G2)", async () => {
      await apply(batch(0, [exam(5, 1, { phone: ANNA.phone }, "5.00")], { to: 5 }))
      const again = [exam(3, 1, { phone: ANNA.phone }, "3.00"), exam(4, 2, { phone: BO.phone }, "4.00")]
      expect(await apply(batch(5, again, { to: 6 }))).toEqual({ applied: 1, stale: 1, held: 0, dead: 0 })
      expect(await apply(batch(6, [exam(5, 1, { phone: ANNA.phone }, "5.00")], { to: 7 }))).toMatchObject({
        applied: 0,
        stale: 1
      })
      expect(await scores()).toEqual([
        ["lms.exam:1", "E001", "5.00"],
        ["lms.exam:2", "E002", "4.00"]
      ])
    })

    it("V1, V2 and back to V1 are three changes (G2)", async () => {
      let after = 0
      for (const [n, raw] of [
        [1, "1.00"],
        [2, "2.00"],
        [3, "1.00"]
      ] as const) {
        expect(await apply(batch(after, [exam(n, 1, { phone: ANNA.phone }, raw)], { to: n }))).toMatchObject({
          applied: 1
        })
        after = n
      }
      expect(await scores()).toEqual([["lms.exam:1", "E001", "1.00"]])
    })

    it("a revoked result is not revived by an older change, but by a newer one (G2)", async () => {
      await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "1.00")], { to: 1 }))
      await apply(batch(1, [revoked(5, "lms.exam", 1)], { to: 5 }))
      await apply(batch(5, [exam(3, 1, { phone: ANNA.phone }, "3.00")], { to: 6 }))
      expect(await scores()).toEqual([])
      await apply(batch(6, [exam(7, 1, { phone: ANNA.phone }, "7.00")], { to: 7 }))
      expect(await scores()).toEqual([["lms.exam:1", "E001", "7.00"]])
    })

    it("an older learner change does not replace a newer one (G2)", async () => {
      await apply(batch(0, [learner(5, "7", { phone: ANNA.phone })], { to: 5 }))
      await apply(batch(5, [learner(3, "7", { phone: BO.phone })], { to: 6 }))
      await apply(batch(6, [exam(7, 1, { id: "7" }, "1.00")], { to: 7 }))
      expect(await scores()).toEqual([["lms.exam:1", "E001", "1.00"]])
    })

    it("whatever the batches and however often they are sent, the last change per result stands (G1, G2)", async () => {
      // n decides result and value; a history is cut into batches at any place and sent again from any place.
      const history = Array.from({ length: 24 }, (_, index) => index + 1)
      const changeAt = (n: number): ChangeEvent =>
        n % 7 === 0
          ? revoked(n, "lms.exam", n % 3)
          : exam(n, n % 3, { phone: n % 3 === 0 ? ANNA.phone : BO.phone }, `${n}.00`)
      const cuts = fc.array(fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 8 })), {
        minLength: 1,
        maxLength: 6
      })
      await fc.assert(
        fc.asyncProperty(cuts, async (sends) => {
          const fresh = await open()
          await fresh.hire(ANNA, BO)
          const process = fresh.process()
          await Effect.runPromise(process.takeOver)
          let end = 0
          for (const [from, size] of [...sends, [20, 5] as const]) {
            const last = new Map<string, ChangeEvent>()
            for (const n of history.slice(from - 1, from - 1 + size)) {
              const change = changeAt(n)
              const key = String(n % 3)
              last.delete(key)
              last.set(key, change)
            }
            const next = batch(end, [...last.values()], { to: end + 100 })
            await Effect.runPromise(process.apply(1, next))
            end += 100
          }
          const rows = await fresh.profile(EXAM)
          expect(rows.map((row) => [row["result_id"], row["分数"]])).toEqual([
            ["lms.exam:0", "24.00"],
            ["lms.exam:1", "22.00"],
            ["lms.exam:2", "23.00"]
          ])
        }),
        { numRuns: 10 }
      )
    })
  })
}
