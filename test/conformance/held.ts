/** What people do about held scores and wrong links, on a real server, while a store applies beside them. */
import { Effect, Schedule } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { HELD_STATES, type HeldFilter } from "../../schemas/held.ts"
import type { HeldDesk, ResolveOrder } from "../../src/apply/HeldDesk.ts"
import { assessment, batch, exam, learner, type HrWorld } from "./hr-world.ts"
import { ANNA, BO, StoreBench } from "./store-bench.ts"

export interface HeldWorld<W extends HrWorld = HrWorld> {
  readonly world: W
  readonly desk: HeldDesk
}

const NEW = { id: "7", phone: "13800000007" }
const run = Effect.runPromise

const order = (subject: string, employee: string, place = 1): ResolveOrder => ({
  place,
  subject,
  employee,
  why: "HR knows; 已核实"
})

/** As apply does it: a batch that met an operator's decision is made again. */
export const persistently = <A>(step: Effect.Effect<A, { readonly _tag: string }>): Promise<A> =>
  run(
    Effect.retry(step, {
      while: ({ _tag }) => _tag === "StoreContended",
      schedule: Schedule.jittered(Schedule.spaced("5 millis"))
    })
  )

export const heldConformance = (name: string, open: () => Promise<HeldWorld>): void => {
  describe(`held scores: ${name}`, () => {
    let desk: HeldDesk
    let bench: StoreBench
    beforeEach(async () => {
      const opened = await open()
      desk = opened.desk
      bench = await StoreBench.open(async () => opened.world)
    })
    const list = (over: Partial<HeldFilter> = {}, limit = 100) =>
      run(desk.list({ states: HELD_STATES, ...over }, limit))
    const resolve = (...orders: ReadonlyArray<ResolveOrder>) => run(desk.resolve(orders, "ann@hr"))
    const refusal = async (...orders: ReadonlyArray<ResolveOrder>) => {
      const error = await run(Effect.flip(desk.resolve(orders, "ann@hr")))
      return "orders" in error ? error.orders : error
    }
    const aside = (subject: string, ignore = true) =>
      desk.setAside({ subject, ignore, by: "ann@hr", why: "test account" })
    /** Results 1 and 2 of learner 7, whom HR does not know; 3 of nobody; 4 hits both employees. */
    const holdFour = async () => {
      await bench.apply(batch(0, [learner(1, "7", { phone: NEW.phone })]))
      await bench.apply(batch(1, [exam(2, 1, NEW, "1.00"), exam(3, 2, NEW, "2.00")]))
      await bench.apply(batch(3, [exam(4, 3, { phone: "none" }, "3.00")]))
      const both = { id: "8", phone: ANNA.phone, employeeNo: BO.no }
      await bench.apply(batch(4, [exam(5, 4, both, "4.00")]))
    }

    it("are listed oldest first, filtered by reason, learner, result and age, and counted (G1, G7)", async () => {
      await holdFour()
      const all = await list()
      expect(all).toMatchObject([
        { result: "lms.exam:1", learner: "7", reason: "ABSENT", candidates: 0, state: "waiting" },
        { result: "lms.exam:2", learner: "7" },
        { result: "lms.exam:3", learner: null },
        { result: "lms.exam:4", learner: "8", reason: "CONFLICT", candidates: 2 }
      ])
      expect(all[0]!.heldAt).toMatch(/^20\d\d-.*Z$/)
      const results = async (over: Partial<HeldFilter>, limit?: number) =>
        (await list(over, limit)).map(({ result }) => result.at(-1))
      expect(await results({ reason: "CONFLICT" })).toEqual(["4"])
      expect(await results({ learner: "7" })).toEqual(["1", "2"])
      expect(await results({ result: "lms.exam:3" })).toEqual(["3"])
      expect(await results({ olderThan: 3600 })).toEqual([])
      expect(await results({ olderThan: 0 }, 2)).toEqual(["1", "2"])
      expect(await run(desk.counts)).toEqual({ waiting: 4, ignored: 0, unqualified: 0 })
      const people = await run(desk.people({ states: ["waiting"] }, 100))
      expect(people).toMatchObject([
        {
          result: "lms.exam:1",
          learner: "7",
          results: 2,
          phone: `+86${NEW.phone}`,
          email: null,
          employeeNo: null
        },
        { result: "lms.exam:3", learner: null, results: 1, phone: "?not-a-mobile-number none" },
        { result: "lms.exam:4", learner: "8", results: 1, employeeNo: BO.no }
      ])
    })

    it("are shown with the employees that some key hits (G7)", async () => {
      await holdFour()
      const content = await run(desk.content("lms.exam:4"))
      expect(content).toMatchObject({
        keys: { employeeNo: BO.no, phone: `+86${ANNA.phone}`, email: null, name: null },
        linked: null,
        decisions: []
      })
      expect(content!.candidates).toEqual(
        expect.arrayContaining([
          { employee: BO.no, by: ["employeeNo"] },
          { employee: ANNA.no, by: ["phone"] }
        ])
      )
      expect(JSON.parse(content!.event)).toMatchObject({ data: { resultId: "lms.exam:4" } })
      expect((await run(desk.content("lms.exam:1")))!.candidates).toEqual([])
      expect(await run(desk.content("lms.exam:9"))).toBeUndefined()
    })

    it("resolved are filed at once, all of the learner's, and later ones follow the link (G7)", async () => {
      await holdFour()
      expect(await resolve(order("lms.exam:2", BO.no))).toEqual([
        { place: 1, result: "lms.exam:1", learner: "7", filed: 2, held: 0 }
      ])
      expect(await bench.scores()).toEqual([
        ["lms.exam:1", BO.no, "1.00"],
        ["lms.exam:2", BO.no, "2.00"]
      ])
      await bench.apply(batch(5, [exam(6, 5, { id: "7" }, "5.00")]))
      expect((await bench.scores()).at(-1)).toEqual(["lms.exam:5", BO.no, "5.00"])
      expect((await list()).map(({ result }) => result)).toEqual(["lms.exam:3", "lms.exam:4"])
      await bench.apply(
        batch(6, [exam(7, 6, { id: "7", phone: "13999" }, null, { assessment: { id: "A" } })])
      )
      const content = await run(desk.content("lms.exam:6"))
      expect(content).toMatchObject({
        linked: BO.no,
        decisions: [
          { action: "resolve", from: null, to: BO.no, results: 2, by: "ann@hr", why: "HR knows; 已核实" }
        ]
      })
    })

    it("that name no learner are resolved alone, and their later changes follow (G7)", async () => {
      await holdFour()
      expect(await resolve(order("lms.exam:3", BO.no))).toMatchObject([{ learner: null, filed: 1 }])
      await bench.apply(batch(5, [exam(6, 3, { phone: "none" }, "6.00")]))
      expect(await bench.scores()).toEqual([["lms.exam:3", BO.no, "6.00"]])
    })

    it("that wait for their assessment go on waiting, and are filed when it comes (G7)", async () => {
      await bench.apply(batch(0, [exam(1, 1, { id: "7" }, "1.00", { assessment: { id: "A" } })]))
      expect(await resolve(order("7", BO.no))).toMatchObject([{ filed: 0, held: 1 }])
      await bench.apply(batch(1, [assessment(2, "A", "Safety")]))
      await bench.release()
      expect(await bench.scores()).toEqual([["lms.exam:1", BO.no, "1.00"]])
    })

    it("are resolved all or not at all, with everything that is wrong said at once (G3, G7)", async () => {
      await holdFour()
      await bench.apply(batch(5, [exam(6, 5, { id: "5", phone: ANNA.phone }, "5.00")]))
      const wrong = await refusal(
        order("7", BO.no, 1),
        order("7", "E999", 2),
        order("lms.exam:2", ANNA.no, 3),
        order("lms.exam:9", BO.no, 4),
        order("5", BO.no, 5),
        order("5", ANNA.no, 6)
      )
      expect(wrong).toEqual([
        { place: 2, problem: "EMPLOYEE_UNKNOWN" },
        { place: 3, problem: "CONTRADICTION" },
        { place: 4, problem: "NOT_HELD" },
        { place: 5, problem: "LINKED_ELSEWHERE" }
      ])
      expect(await run(desk.counts)).toEqual({ waiting: 4, ignored: 0, unqualified: 0 })
      expect(await bench.scores()).toEqual([["lms.exam:5", ANNA.no, "5.00"]])
    })

    it("one that its target refuses is refused with all others, and nothing is half done (G4)", async () => {
      await bench.world.limitScores(true)
      await bench.apply(batch(0, [exam(1, 1, NEW, "1.00"), exam(2, 2, NEW, "200.00")]))
      expect(await refusal(order("7", BO.no))).toMatchObject({ _tag: "RowRefused" })
      expect(await bench.scores()).toEqual([])
      await bench.release()
      expect(await run(desk.counts)).toEqual({ waiting: 2, ignored: 0, unqualified: 0 })
      await bench.world.limitScores(false)
      expect(await resolve(order("7", BO.no))).toMatchObject([{ filed: 2 }])
    })

    it("resolved twice change nothing the second time (G2)", async () => {
      await holdFour()
      await resolve(order("7", BO.no))
      expect(await resolve(order("7", BO.no))).toEqual([])
      expect(await run(desk.counts)).toEqual({ waiting: 2, ignored: 0, unqualified: 0 })
    })

    it("put aside are filed by no look at the queue until they are taken back (G1, G7)", async () => {
      await holdFour()
      expect(await run(aside("7"))).toBe(2)
      expect(await run(desk.counts)).toEqual({ waiting: 2, ignored: 2, unqualified: 0 })
      expect((await list({ states: ["ignored"] })).map(({ learner: id }) => id)).toEqual(["7", "7"])
      await bench.world.hire({ no: "E007", phone: NEW.phone })
      expect((await bench.release()).released).toBe(0)
      expect(await bench.scores()).toEqual([])
      expect(await run(aside("lms.exam:2", false))).toBe(1)
      await bench.release()
      expect(await bench.scores()).toEqual([["lms.exam:2", "E007", "2.00"]])
      expect(await run(Effect.flip(aside("lms.exam:2")))).toMatchObject({ orders: [{ problem: "NOT_HELD" }] })
      const again = await run(Effect.flip(aside("lms.exam:3", false)))
      expect(again).toMatchObject({ orders: [{ problem: "NOT_IGNORED" }] })
      const content = await run(desk.content("lms.exam:1"))
      expect(content?.decisions).toMatchObject([{ action: "ignore", results: 2, why: "test account" }])
    })

    it("resolved while apply writes are filed once, to the right person, whichever came first (G2, G6, G7)", async () => {
      await bench.apply(batch(0, [exam(1, 1, NEW, "1.00")]))
      const decided = resolve(order("7", BO.no))
      for (let n = 2; n <= 12; n++)
        await persistently(bench.store.apply(bench.epoch, batch(n - 1, [exam(n, n, { id: "7" }, `${n}.00`)])))
      await decided
      await persistently(bench.store.release(bench.epoch))
      const scores = await bench.scores()
      expect(scores).toHaveLength(12)
      expect(new Set(scores.map(([, employee]) => employee))).toEqual(new Set([BO.no]))
      expect(await run(desk.counts)).toEqual({ waiting: 0, ignored: 0, unqualified: 0 })
    })
  })
}
