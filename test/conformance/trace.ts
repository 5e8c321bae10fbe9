/** What a trace finds in the HR database, on a real server. */
import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { HeldDesk } from "../../src/apply/HeldDesk.ts"
import type { TraceDesk } from "../../src/apply/TraceDesk.ts"
import { batch, exam, positionAt, revoked, type HrWorld } from "./hr-world.ts"
import { ANNA, BO, StoreBench } from "./store-bench.ts"

interface TraceWorld {
  readonly world: HrWorld
  readonly desk: HeldDesk
  readonly trace: TraceDesk
}

const run = Effect.runPromise

export const traceConformance = (name: string, open: () => Promise<TraceWorld>): void => {
  describe(`trace: ${name}`, () => {
    let desk: HeldDesk
    let trace: TraceDesk
    let bench: StoreBench
    beforeEach(async () => {
      const opened = await open()
      ;({ desk, trace } = opened)
      bench = await StoreBench.open(async () => opened.world)
    })

    it("finds the last change, the rule that proved the person, and how the row came to be (G1, G7)", async () => {
      const anna = { id: "7", phone: ANNA.phone }
      await bench.apply(batch(0, [exam(1, 1, anna, "1.00")]))
      await bench.apply(batch(1, [exam(2, 1, anna, "2.00"), exam(3, 2, anna, "3.00")]))
      const { history, ledger } = await run(trace.result("lms.exam:1"))
      expect(ledger).toMatchObject({
        result: "lms.exam:1",
        state: "recorded",
        position: positionAt(2),
        eventId: "binlog.000001:2#1",
        learner: "7",
        employee: ANNA.no,
        rule: "link:phone"
      })
      expect(ledger!.appliedAt).toMatch(/^20\d\d-.*T.*Z$/)
      expect(history).toMatchObject([
        {
          position: positionAt(1),
          state: "recorded",
          type: "gradewire.score.recorded.v1",
          employee: ANNA.no,
          rule: "phone"
        },
        { position: positionAt(2), rule: "link:phone", committedAt: "2026-11-22T08:00:00.123456Z" }
      ])
      expect(await run(trace.linkOf("7"))).toMatchObject({ learner: "7", employee: ANNA.no, rule: "phone" })
      expect(await run(trace.linkOf("8"))).toBeUndefined()
      expect(await run(trace.result("lms.exam:9"))).toEqual({ ledger: null, history: [] })
      expect(await run(trace.lanes)).toMatchObject([
        { lane: 0, position: positionAt(3), committedAt: "2026-11-22T08:00:00.123456Z" }
      ])
    })

    it("finds what an employee was given and what was taken away again (G7)", async () => {
      const anna = { id: "7", phone: ANNA.phone }
      await bench.apply(batch(0, [exam(1, 1, anna, "1.00"), exam(2, 2, anna, "2.00")]))
      await bench.apply(batch(2, [revoked(3, "lms.exam", 2, anna)]))
      await run(desk.relink({ learner: "7", to: BO.no, by: "ann@hr", why: "mixed up" }))
      const [before, now] = [await run(trace.employee(ANNA.no, 10)), await run(trace.employee(BO.no, 1))]
      expect(before).toMatchObject({
        results: [],
        links: [],
        decisions: [{ subject: "7", action: "relink" }]
      })
      expect(now.results).toMatchObject([{ result: "lms.exam:2", state: "revoked", rule: "relink" }])
      expect(now.links).toMatchObject([{ learner: "7", rule: "relink" }])
      await bench.apply(batch(3, [exam(4, 3, anna, "4.00")]))
      const later = await run(trace.result("lms.exam:3"))
      expect(later).toMatchObject({ ledger: { employee: BO.no, rule: "link:relink" } })
      expect(now.decisions).toMatchObject([{ from: ANNA.no, to: BO.no, by: "ann@hr", why: "mixed up" }])
    })

    it("keeps what proved the person with every result, and goes on with it where no learner is named (G7)", async () => {
      await bench.apply(
        batch(0, [
          exam(1, 1, { id: "7" }, "1.00"),
          exam(2, 2, { id: "7", phone: ANNA.phone, email: ANNA.email }, "2.00"),
          exam(3, 3, { employeeNo: BO.no }, "3.00"),
          exam(4, 4, { phone: "13899999999" }, "4.00"),
          exam(5, 5, { id: "9", phone: "13899999999" }, "5.00")
        ])
      )
      await bench.apply(batch(5, [exam(6, 3, { employeeNo: ANNA.no }, "6.00"), revoked(7, "lms.exam", 2)]))
      const order = { place: 0, employee: BO.no, why: "they say so" }
      await run(desk.resolve([{ ...order, subject: "lms.exam:4" }], "ann@hr"))
      await run(desk.resolve([{ ...order, subject: "9" }], "ann@hr"))
      const rules = []
      for (let n = 1; n <= 5; n++) rules.push((await run(trace.result(`lms.exam:${n}`))).ledger?.rule)
      expect(rules).toEqual(["link:email", "email", "employeeNo", "resolve", "link:resolve"])
      expect((await run(trace.result("lms.exam:3"))).history.map(({ rule }) => rule)).toEqual([
        "employeeNo",
        "employeeNo"
      ])
    })
  })
}
