/** Whom a score is filed to, and what waits until that is known. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { ApplyBatch } from "../../src/apply/ProfileStore.ts"
import { assessment, batch, exam, EXAM, learner, learnerRemoved, revoked } from "./hr-world.ts"
import { ANNA, BO, type StoreBench } from "./store-bench.ts"

export const peopleConformance = (bench: () => StoreBench): void => {
  const world = () => bench().world
  const apply = (given: ApplyBatch) => bench().apply(given)
  const release = () => bench().release()
  const scores = () => bench().scores()

  describe("matching", () => {
    it("each rule alone proves a person, and rules that agree prove it too (G7)", async () => {
      await apply(
        batch(0, [
          exam(1, 1, { employeeNo: "E001" }, "1.00"),
          exam(2, 2, { phone: BO.phone }, "2.00"),
          exam(3, 3, { email: ANNA.email }, "3.00"),
          exam(4, 4, { employeeNo: "E002", phone: BO.phone, email: BO.email }, "4.00"),
          exam(5, 5, { employeeNo: "", phone: "no number", email: ANNA.email }, "5.00")
        ])
      )
      expect((await scores()).map((row) => row[1])).toEqual(["E001", "E002", "E001", "E002", "E001"])
    })

    it("nobody, several people for a key, or keys of different people: held with the reason (G7)", async () => {
      await world().hire({ no: "E008", phone: "13800000008" }, { no: "E009", phone: "13800000008" })
      const outcome = await apply(
        batch(0, [
          exam(1, 1, { phone: "13899999999" }, "1.00"),
          exam(2, 2, { phone: "13800000008" }, "2.00"),
          exam(3, 3, { employeeNo: "E001", phone: BO.phone }, "3.00"),
          exam(4, 4, { id: "4" }, "4.00"),
          exam(5, 5, {}, "5.00"),
          exam(6, 6, { phone: ANNA.phone.toUpperCase(), email: " anna@example.org" }, "6.00")
        ])
      )
      expect(outcome).toEqual({ applied: 1, stale: 0, held: 5, dead: 0 })
      expect(await world().held()).toEqual([
        ["lms.exam:1", "ABSENT"],
        ["lms.exam:2", "AMBIGUOUS"],
        ["lms.exam:3", "CONFLICT"],
        ["lms.exam:4", "LEARNER_UNKNOWN"],
        ["lms.exam:5", "ABSENT"]
      ])
      expect(await scores()).toEqual([["lms.exam:6", "E001", "6.00"]])
    })

    it("one employee who stands twice in the employee table is one person (G7)", async () => {
      await world().hire(ANNA)
      await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "1.00")]))
      expect(await scores()).toEqual([["lms.exam:1", "E001", "1.00"]])
    })

    it("a score and its learner in one batch find each other, whichever comes first (G7)", async () => {
      await apply(
        batch(0, [
          exam(1, 1, { id: "7" }, "1.00"),
          learner(2, "7", { phone: ANNA.phone }),
          exam(3, 2, { id: "7" }, "2.00")
        ])
      )
      expect(await scores()).toEqual([
        ["lms.exam:1", "E001", "1.00"],
        ["lms.exam:2", "E001", "2.00"]
      ])
    })

    it("a learner change that names one key leaves the others (G7)", async () => {
      await apply(batch(0, [learner(1, "7", { phone: ANNA.phone, email: "other@example.org" })]))
      await apply(batch(1, [learner(2, "7", { email: null })]))
      await apply(batch(2, [exam(3, 1, { id: "7" }, "1.00")]))
      expect(await scores()).toEqual([["lms.exam:1", "E001", "1.00"]])
    })

    it("a score taken before its learner was removed is filed all the same (G1)", async () => {
      await apply(batch(0, [learner(1, "7", { phone: ANNA.phone })]))
      await apply(batch(1, [exam(2, 1, { id: "7" }, "1.00"), learnerRemoved(3, "7")]))
      expect(await scores()).toEqual([["lms.exam:1", "E001", "1.00"]])
    })

    it("the link stays when the phone number goes to somebody else (G7)", async () => {
      await apply(batch(0, [learner(1, "7", { phone: ANNA.phone }), exam(2, 1, { id: "7" }, "1.00")]))
      await apply(batch(2, [learner(3, "7", { phone: BO.phone })]))
      await apply(
        batch(3, [exam(4, 1, { id: "7" }, "2.00"), exam(5, 2, { id: "7", phone: BO.phone }, "3.00")])
      )
      expect(await scores()).toEqual([
        ["lms.exam:1", "E001", "2.00"],
        ["lms.exam:2", "E001", "3.00"]
      ])
    })

    it("without a learner id a result stays with the person it was filed to (G7)", async () => {
      await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "1.00")]))
      await apply(batch(1, [exam(2, 1, { phone: BO.phone }, "2.00")]))
      expect(await scores()).toEqual([["lms.exam:1", "E001", "2.00"]])
    })

    it("one learner is one person within a batch too (G7)", async () => {
      await apply(
        batch(0, [
          exam(1, 1, { id: "7", phone: ANNA.phone }, "1.00"),
          exam(2, 2, { id: "7", phone: BO.phone }, "2.00"),
          exam(3, 3, { id: "7" }, "3.00")
        ])
      )
      expect((await scores()).map((row) => row[1])).toEqual(["E001", "E001", "E001"])
    })

    it("a result that turns out to be somebody else's moves to them, or waits for them unfiled (G7)", async () => {
      const learners = [learner(1, "7", { phone: ANNA.phone }), learner(2, "8", { phone: BO.phone })]
      await apply(batch(0, [...learners, exam(3, 1, { id: "7" }, "1.00"), exam(4, 2, { id: "7" }, "2.00")]))
      await apply(batch(4, [exam(5, 1, { id: "8" }, "1.00"), exam(6, 2, { id: "9" }, "2.00")]))
      expect(await scores()).toEqual([["lms.exam:1", "E002", "1.00"]])
      expect(await world().held()).toEqual([["lms.exam:2", "LEARNER_UNKNOWN"]])
      await apply(batch(6, [learner(7, "9", { phone: BO.phone })]))
      await release()
      expect(await scores()).toEqual([
        ["lms.exam:1", "E002", "1.00"],
        ["lms.exam:2", "E002", "2.00"]
      ])
    })
  })

  describe("keys that are written in different ways", () => {
    const odd = { no: "E020", phone: "138 0000-0020", email: "Cai@Example.ORG" }

    it("are one key, on the learner's side and on HR's (G7)", async () => {
      await world().hire(odd, { no: "e-021", phone: "0086 138 0000 0021" }, { no: "E022", phone: "８１３" })
      await bench().readEmployees()
      await apply(
        batch(0, [
          exam(1, 1, { phone: "+86 138-0000-0001" }, "1.00"),
          exam(2, 2, { phone: "１３８００００００２０" }, "2.00"),
          exam(3, 3, { email: " cai@example.org" }, "3.00"),
          exam(4, 4, { employeeNo: "E021", phone: "13800000021" }, "4.00"),
          exam(5, 5, { employeeNo: "e\u200b002" }, "5.00"),
          learner(6, "7", { phone: "86138 0000 0020" }),
          exam(7, 6, { id: "7" }, "6.00")
        ])
      )
      expect((await scores()).map((row) => row[1])).toEqual(["E001", "E020", "E020", "e-021", "E002", "E020"])
    })

    it("of two people are two people's, however each is written (G7)", async () => {
      await world().hire(
        odd,
        { no: "E023", phone: "13800000020" },
        { no: "E024", phone: "+8613800000024" },
        { no: "E025", phone: "138-0000-0024" }
      )
      await bench().readEmployees()
      await apply(
        batch(0, [
          exam(1, 1, { phone: "13800000020" }, "1.00"),
          exam(2, 2, { phone: "13800000024" }, "2.00"),
          exam(3, 3, { phone: BO.phone, email: "cai@example.org" }, "3.00")
        ])
      )
      expect(await world().held()).toEqual([
        ["lms.exam:1", "AMBIGUOUS"],
        ["lms.exam:2", "AMBIGUOUS"],
        ["lms.exam:3", "CONFLICT"]
      ])
    })

    it("prove nobody where they are masked, shared desks' or broken, even if HR holds the same text (G7)", async () => {
      const texts = ["138****0001", "8001", "010-65529988"]
      await world().hire(
        ...texts.map((phone, index) => ({ no: `E03${index}`, phone })),
        { no: "1.2E+05" },
        { no: "E039", email: "none" }
      )
      await bench().readEmployees()
      const keys = [...texts.map((phone) => ({ phone })), { employeeNo: "1.2E+05" }, { email: "none" }]
      const outcome = await apply(
        batch(
          0,
          keys.map((key, index) => exam(index + 1, index + 1, key, "1.00"))
        )
      )
      expect(outcome).toMatchObject({ applied: 0, held: 5 })
      expect(new Set((await world().held()).map(([, reason]) => reason))).toEqual(new Set(["ABSENT"]))
    })

    it("are no proof any more once HR writes another one, read or not (G7)", async () => {
      await world().hire(odd)
      await bench().readEmployees()
      await world().renumber("E020", "13800000099")
      await apply(
        batch(0, [exam(1, 1, { phone: "13800000020" }, "1.00"), exam(2, 2, { phone: "13800000099" }, "2.00")])
      )
      expect(await scores()).toEqual([["lms.exam:2", "E020", "2.00"]])
      expect(await world().held()).toEqual([["lms.exam:1", "ABSENT"]])
      await bench().readEmployees()
      await world().renumber("E020", "(138)0000 0020")
      await bench().readEmployees()
      expect(await release()).toEqual({ released: 1, held: 0 })
      expect((await scores()).map((row) => row[1])).toEqual(["E020", "E020"])
    })

    it("are known before the first score is judged (G7)", async () => {
      const fresh = await bench().another()
      await fresh.hire(odd)
      const store = fresh.process()
      const { epoch } = await Effect.runPromise(store.takeOver)
      await Effect.runPromise(store.apply(epoch, batch(0, [exam(1, 1, { phone: "13800000020" }, "1.00")])))
      expect((await fresh.profile(EXAM)).map((row) => row["工号"])).toEqual(["E020"])
    })
  })

  describe("held results", () => {
    it("are filed when the person appears, the newest change alone (G7)", async () => {
      await apply(batch(0, [exam(1, 1, { phone: "13800000010" }, "1.00")]))
      await apply(batch(1, [exam(2, 1, { phone: "13800000010" }, "2.00")]))
      expect(await release()).toEqual({ released: 0, held: 1 })
      await world().hire({ no: "E010", phone: "13800000010" })
      expect(await release()).toEqual({ released: 1, held: 0 })
      expect(await scores()).toEqual([["lms.exam:1", "E010", "2.00"]])
      expect(await release()).toEqual({ released: 0, held: 0 })
    })

    it("are filed when their learner's keys arrive later (G7)", async () => {
      await apply(batch(0, [exam(1, 1, { id: "7" }, "1.00"), exam(2, 2, { id: "8" }, "2.00")]))
      await apply(
        batch(2, [learner(3, "7", { phone: ANNA.phone }), learner(4, "8", { phone: "13899999999" })])
      )
      expect(await release()).toEqual({ released: 1, held: 1 })
      expect(await scores()).toEqual([["lms.exam:1", "E001", "1.00"]])
      expect(await world().held()).toEqual([["lms.exam:2", "ABSENT"]])
    })

    it("leave when they are revoked, and an older change does not bring them back (G2)", async () => {
      await apply(batch(0, [exam(1, 1, { phone: "13800000010" }, "1.00")]))
      await apply(batch(1, [revoked(3, "lms.exam", 1)]))
      expect(await world().held()).toEqual([])
      await apply(batch(3, [exam(2, 1, { phone: "13800000010" }, "1.00")], { to: 4 }))
      expect(await world().held()).toEqual([])
    })

    it("leave when a newer change of theirs finds its person, and stay when an older one does (G2, G7)", async () => {
      await apply(
        batch(0, [exam(1, 1, { phone: "13800000007" }, "1.00"), exam(5, 2, { phone: "13800000007" }, "5.00")])
      )
      const outcome = await apply(
        batch(5, [exam(3, 1, { phone: ANNA.phone }, "3.00"), exam(4, 2, { phone: ANNA.phone }, "4.00")], {
          to: 6
        })
      )
      expect(outcome).toEqual({ applied: 1, stale: 1, held: 0, dead: 0 })
      expect(await world().held()).toEqual([["lms.exam:2", "ABSENT"]])
      expect(await scores()).toEqual([["lms.exam:1", "E001", "3.00"]])
    })

    it("wait for their assessment, where the target is filled from it (G1)", async () => {
      const about = { assessment: { id: "a" } }
      await apply(batch(0, [exam(1, 1, { phone: ANNA.phone }, "1.00", about)]))
      expect(await world().held()).toEqual([["lms.exam:1", "ASSESSMENT_UNKNOWN"]])
      await apply(
        batch(1, [assessment(2, "a", "安全考试 😀"), exam(3, 2, { phone: BO.phone }, "3.00", about)])
      )
      expect(await release()).toEqual({ released: 1, held: 0 })
      expect((await world().profile(EXAM)).map((row) => row["title"])).toEqual(["安全考试 😀", "安全考试 😀"])
    })

    it("a change that names only some keys completes the one that is held (G1)", async () => {
      await apply(batch(0, [exam(1, 1, { id: "7" }, "1.00", { attributes: { note: "kept" } })]))
      const partial = exam(2, 1, { id: "7" }, "2.00")
      const { attributes: _, ...rest } = partial.data as unknown as { attributes: unknown }
      await apply(batch(1, [{ ...partial, data: rest } as unknown as ChangeEvent]))
      await apply(batch(2, [learner(3, "7", { phone: ANNA.phone })]))
      await release()
      expect(await world().profile(EXAM)).toMatchObject([{ 分数: "2.00", 'no"te': "kept" }])
    })

    it("one that the target refuses on release becomes a dead letter, the others are filed (G3)", async () => {
      await world().limitScores(true)
      const all = [1, 2, 3, 4].map((n) =>
        exam(n, n, { phone: "13800000010" }, n === 3 ? "300.00" : `${n}.00`)
      )
      await apply(batch(0, all))
      await world().hire({ no: "E010", phone: "13800000010" })
      expect(await release()).toEqual({ released: 3, held: 0 })
      expect(await world().letters()).toEqual([["lms.exam:3", "open"]])
      expect((await scores()).map((row) => row[0])).toEqual(["lms.exam:1", "lms.exam:2", "lms.exam:4"])
    })
  })
}
