/** What becomes of everything that a wrong link filed, on a real server, while a store applies beside it. */
import { Effect } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import type { HeldDesk } from "../../src/apply/HeldDesk.ts"
import { persistently, type HeldWorld } from "./held.ts"
import { batch, DRILL, exam, EXAM, graded, QUIZ, revoked, type HrWorld } from "./hr-world.ts"
import { ANNA, BO, StoreBench } from "./store-bench.ts"

const run = Effect.runPromise

export const relinkConformance = (
  name: string,
  open: () => Promise<
    HeldWorld<
      HrWorld & { readonly sql: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> }
    >
  >
): void => {
  describe(`wrong links: ${name}`, () => {
    let desk: HeldDesk
    let bench: StoreBench
    let sql: (text: string) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
    const isOwn = name.endsWith("own tables")
    beforeEach(async () => {
      const opened = await open()
      desk = opened.desk
      sql = opened.world.sql
      bench = await StoreBench.open(async () => opened.world)
    })
    const anna = { id: "7", phone: ANNA.phone }
    const relink = (to: string, subject = "7") =>
      desk.relink({ learner: subject, to, by: "ann@hr", why: "the phone number was given to somebody else" })
    /** Employee of every row: exams, drills, quizzes. */
    const whose = async () => {
      const rows = await Promise.all([EXAM, DRILL, QUIZ].map((table) => bench.world.profile(table)))
      return rows.map((table) => table.map((row) => row["工号"]))
    }
    const fileSix = async () => {
      await bench.apply(batch(0, [exam(1, 1, anna, "1.00"), exam(2, 2, { phone: ANNA.phone }, "2.00")]))
      await bench.apply(
        batch(2, [graded(3, "lms.drill", 1, anna, "A"), graded(4, "lms.drill", 2, anna, "B")])
      )
      await bench.apply(batch(4, [graded(5, "lms.quiz", 1, anna, "C")]))
      await bench.apply(batch(5, [revoked(6, "lms.drill", 2), revoked(7, "lms.quiz", 1)]))
    }

    it("everything that was filed for the learner moves, and nothing of anybody else's (G7)", async () => {
      await fileSix()
      expect(await whose()).toEqual([[ANNA.no, ANNA.no], [ANNA.no, ANNA.no], [ANNA.no]])
      expect(await run(relink(BO.no))).toEqual({ moved: 4, from: ANNA.no, to: BO.no })
      expect(await whose()).toEqual([[BO.no, ANNA.no], [BO.no, BO.no], [BO.no]])
    })

    it("what comes later follows the new link: corrections, revocations, new results (G2, G7)", async () => {
      await fileSix()
      await run(relink(BO.no))
      await bench.apply(batch(7, [exam(8, 1, anna, "8.00"), graded(9, "lms.drill", 1, anna, "D")]))
      await bench.apply(batch(9, [graded(10, "lms.drill", 2, anna, "E"), exam(11, 3, anna, "3.00")]))
      expect(await bench.scores()).toEqual([
        ["lms.exam:1", BO.no, "8.00"],
        ["lms.exam:2", ANNA.no, "2.00"],
        ["lms.exam:3", BO.no, "3.00"]
      ])
      const drills = await bench.world.profile(DRILL)
      expect(drills.map((row) => [row["工号"], row["grade"], row["state"]])).toEqual([
        [BO.no, "D", "valid"],
        [BO.no, "E", "valid"]
      ])
      await bench.apply(batch(11, [revoked(12, "lms.exam", 1), revoked(13, "lms.drill", 1)]))
      expect((await bench.scores()).map(([result]) => result)).toEqual(["lms.exam:2", "lms.exam:3"])
      expect((await bench.world.profile(DRILL))[0]!["state"]).toBe("revoked")
    })

    it("there and back again is as it was, and both ways are remembered (G2, G7)", async () => {
      await fileSix()
      const before = await whose()
      await run(relink(BO.no))
      await run(relink(ANNA.no))
      expect(await whose()).toEqual(before)
      const decisions = await sql(
        "select action, from_employee, to_employee, results, by_whom from gradewire.person_decision order by at"
      )
      expect(decisions.map((row) => [row["action"], row["from_employee"], row["to_employee"]])).toEqual([
        ["relink", ANNA.no, BO.no],
        ["relink", BO.no, ANNA.no]
      ])
      const history = await sql(`select employee_key, state from gradewire.training_record_history
        where result_id = 'lms.exam:1' order by position, state desc`)
      expect(history.map((row) => [row["employee_key"], row["state"]])).toEqual(
        isOwn
          ? [
              [ANNA.no, "recorded"],
              [ANNA.no, "revoked"],
              [BO.no, "recorded"],
              [BO.no, "revoked"],
              [ANNA.no, "recorded"]
            ]
          : []
      )
    })

    it("what cannot be moved is refused by name, and nothing changes (G3)", async () => {
      await fileSix()
      const before = await whose()
      const problem = async (to: string, subject?: string) => {
        const error = await run(Effect.flip(relink(to, subject)))
        return "orders" in error ? error.orders[0]!.problem : error._tag
      }
      expect(await problem("E999")).toBe("EMPLOYEE_UNKNOWN")
      expect(await problem(ANNA.no)).toBe("SAME_EMPLOYEE")
      expect(await problem(BO.no, "99")).toBe("NOT_LINKED")
      await sql("update gradewire.result_ledger set result_id = 'lms.old:1' where result_id = 'lms.quiz:1'")
      expect(await problem(BO.no)).toBe("TABLE_NOT_MAPPED")
      expect(await whose()).toEqual(before)
    })

    it("while apply writes, every result ends with the new person and no row is left behind (G2, G6, G7)", async () => {
      await bench.apply(batch(0, [exam(1, 1, anna, "1.00"), graded(2, "lms.drill", 1, anna, "A")]))
      const moving = run(relink(BO.no))
      for (let n = 3; n <= 13; n++)
        await persistently(
          bench.store.apply(
            bench.epoch,
            batch(n - 1, [
              n % 2 === 0 ? exam(n, n % 4, anna, `${n}.00`) : graded(n, "lms.drill", n % 3, anna, "B")
            ])
          )
        )
      await moving
      const [exams, drills] = await whose()
      expect(new Set([...exams!, ...drills!])).toEqual(new Set([BO.no]))
      const left = await sql(`select 1 from gradewire.result_ledger where employee_key = '${ANNA.no}'`)
      expect(left).toEqual([])
    })
  })
}
