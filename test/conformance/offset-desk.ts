/** What every desk must keep on which an operator moves the stored offsets. */
import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { offsetPlaceOf } from "../../schemas/offset-place.ts"
import type { OffsetDesk, OffsetMove } from "../../src/apply/OffsetDesk.ts"
import { assessment, batch, exam, learner, offsetAt, positionAt, type HrWorld } from "./hr-world.ts"
import { ANNA } from "./store-bench.ts"

interface DeskWorld {
  readonly world: HrWorld
  readonly desk: OffsetDesk
}

const reset = (n: number): ApplyOffset => ({
  ...offsetAt(n, 7),
  streamSequence: 0,
  committedAt: null,
  snapshot: { paused: false, tables: [] },
  captured: { gtids: "c0ffee00-0000-4000-8000-000000000000:1-5" }
})

export const offsetDeskConformance = (name: string, open: () => Promise<DeskWorld>): void => {
  describe(`moving the offsets: ${name}`, () => {
    let world: HrWorld
    let desk: OffsetDesk
    beforeEach(async () => {
      ;({ desk, world } = await open())
    })

    const run = Effect.runPromise
    const moveTo = async (to: ApplyOffset, over: Partial<OffsetMove> = {}) => {
      const from = await run(desk.lanes)
      const slowest = from.reduce((a, b) => (b.offset!.position < a.offset!.position ? b : a))
      return {
        kind: "reset",
        from,
        old: offsetPlaceOf(slowest.offset!),
        to,
        reason: `wrong 'mapping' \\ "yesterday"; -- 😀`,
        changedBy: "ann@hr",
        ...over
      } satisfies OffsetMove
    }

    it("knows nothing of a connector that never applied (G4)", async () => {
      expect(await run(desk.lanes)).toEqual([])
      expect(await run(desk.history(10))).toEqual([])
      expect(await run(desk.record(1))).toBeUndefined()
    })

    it("sets all lanes to the place, fences who applied, and leaves a record, at once (G4, G6)", async () => {
      const stores = [0, 1].map((lane) => world.process({ lane, lanes: 2 }))
      const epochs = await Promise.all(stores.map(async (store) => (await run(store.takeOver)).epoch))
      await run(stores[0]!.apply(epochs[0]!, batch(0, [], { to: 50 })))
      await run(stores[1]!.apply(epochs[1]!, batch(0, [], { to: 30 })))
      const id = await run(desk.move(await moveTo(reset(10))))
      expect(await run(desk.lanes)).toEqual([0, 1].map((lane) => ({ lane, epoch: 2, offset: reset(10) })))
      const fenced = await run(Effect.flip(stores[0]!.apply(epochs[0]!, batch(50, [], { to: 60 }))))
      expect(fenced).toMatchObject({ _tag: "ApplyFenced", newerEpoch: 2 })
      expect(await run(stores[1]!.takeOver)).toEqual({ epoch: 3, offset: reset(10) })
      const record = {
        id,
        kind: "reset",
        changedBy: "ann@hr",
        reason: `wrong 'mapping' \\ "yesterday"; -- 😀`,
        changedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/) as unknown,
        old: offsetPlaceOf(offsetAt(30)),
        new: offsetPlaceOf(reset(10))
      }
      expect(await run(desk.record(id!))).toEqual(record)
      expect(await run(desk.history(10))).toEqual([record])
    })

    it("changes nothing where somebody applied since the look (G2, G4)", async () => {
      const store = world.process()
      const { epoch } = await run(store.takeOver)
      await run(store.apply(epoch, batch(0, [], { to: 20 })))
      const late = await moveTo(reset(10))
      await run(store.apply(epoch, batch(20, [], { to: 21 })))
      expect(await run(desk.move(late))).toBeUndefined()
      await run(store.takeOver)
      expect(await run(desk.move(late))).toBeUndefined()
      expect(await run(desk.lanes)).toMatchObject([{ epoch: 2, offset: { position: positionAt(21) } }])
      expect(await run(desk.history(10))).toEqual([])
    })

    it("of two moves at once one takes effect, and only that one is recorded (G6)", async () => {
      const store = world.process()
      const { epoch } = await run(store.takeOver)
      await run(store.apply(epoch, batch(0, [], { to: 20 })))
      const moves = [await moveTo(reset(10)), await moveTo(reset(11))]
      const ids = await Promise.all(moves.map((move) => run(desk.move(move))))
      expect(ids.filter((id) => id !== undefined)).toHaveLength(1)
      expect(await run(desk.history(10))).toHaveLength(1)
    })

    it("lists the newest move first, no more than asked for (G4)", async () => {
      const store = world.process()
      const { epoch } = await run(store.takeOver)
      await run(store.apply(epoch, batch(0, [], { to: 20 })))
      const first = await run(desk.move(await moveTo(reset(10))))
      const second = await run(desk.move(await moveTo(reset(20), { kind: "restore" })))
      expect((await run(desk.history(10))).map(({ id, kind }) => [id, kind])).toEqual([
        [second, "restore"],
        [first, "reset"]
      ])
      expect(await run(desk.history(1))).toMatchObject([{ id: second }])
    })

    it("tells how far each key was taken: filed, held and refused (G1, G7)", async () => {
      await world.hire(ANNA)
      const store = world.process()
      const { epoch } = await run(store.takeOver)
      const known = { phone: ANNA.phone }
      const changes = [
        learner(10, "7", known),
        assessment(11, "ex", "Title"),
        exam(12, 1, known, "1.00"),
        exam(13, 2, { phone: "nobody's" }, "2.00")
      ]
      await run(store.apply(epoch, batch(0, changes)))
      const refusal = { reason: "REFUSED", detail: "" }
      const last = { ...offsetAt(0), position: positionAt(13) }
      await run(store.apply(epoch, { ...batch(13, [exam(15, 3, known, "3.00")], { refusal }), after: last }))
      const results = ["lms.exam:1", "lms.exam:2", "lms.exam:3", "lms.exam:4", "o'hara"]
      expect(Object.fromEntries(await run(desk.taken("result", results)))).toEqual({
        "lms.exam:1": positionAt(12),
        "lms.exam:2": positionAt(13),
        "lms.exam:3": positionAt(15)
      })
      expect([...(await run(desk.taken("learner", ["7", "8"])))]).toEqual([["7", positionAt(10)]])
      expect([...(await run(desk.taken("assessment", ["ex"])))]).toEqual([["ex", positionAt(11)]])
    })

    it("what was applied before comes again behind a reset without effect (G2)", async () => {
      await world.hire(ANNA)
      const store = world.process()
      const { epoch } = await run(store.takeOver)
      const score = exam(12, 1, { phone: ANNA.phone }, "1.00")
      await run(store.apply(epoch, batch(0, [score])))
      const before = await world.profile("hr.training_record")
      await run(desk.move(await moveTo(reset(5))))
      const lease = await run(store.takeOver)
      const again = { ...batch(5, [score], { generation: 8 }), after: lease.offset }
      expect(await run(store.apply(lease.epoch, again))).toMatchObject({ applied: 0, stale: 1 })
      expect(await world.profile("hr.training_record")).toEqual(before)
    })
  })
}
