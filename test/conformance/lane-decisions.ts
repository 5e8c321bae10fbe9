/** What people decide about learners while several lanes file beside them, on a real server. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { laneOfText } from "../../schemas/lane.ts"
import type { HeldDesk } from "../../src/apply/HeldDesk.ts"
import { persistently, type HeldWorld } from "./held.ts"
import { batch, DRILL, exam, graded, revoked } from "./hr-world.ts"
import { ANNA, BO } from "./store-bench.ts"

const LANES = 3
const CASE_MILLIS = 60_000
/** One learner of each lane, nobody's until somebody says so. */
const LEARNERS = Array.from({ length: LANES }, (_, lane) =>
  Array.from({ length: 50 }, (_each, n) => String(n)).find((id) => laneOfText(id, LANES) === lane)!
)

const openLanes = async ({ world }: HeldWorld) => {
  await world.hire(ANNA, BO)
  const lanes = []
  for (let lane = 0; lane < LANES; lane++) {
    const store = world.process({ lane, lanes: LANES })
    const { epoch } = await persistently(store.takeOver)
    let at = 0
    lanes.push({
      apply: (n: number, ...changes: Parameters<typeof batch>[1]) => {
        const given = batch(at, changes, { to: n })
        at = n
        return persistently(store.apply(epoch, given))
      },
      release: () => persistently(store.release(epoch))
    })
  }
  return lanes
}

const resolve = (desk: HeldDesk, subject: string, employee: string) =>
  persistently(desk.resolve([{ place: 0, subject, employee, why: "they say so" }], "ann@hr"))

export const laneDecisionsConformance = (name: string, open: () => Promise<HeldWorld>): void => {
  describe(`people's word over lanes: ${name}`, () => {
    const whose = async (world: HeldWorld["world"]) => {
      const rows = await Promise.all([world.profile("hr.training_record"), world.profile(DRILL)])
      return rows.flat().map((row) => `${row["result_id"]} ${row["工号"]} ${row["分数"] ?? row["grade"]}`)
    }

    it("one file of orders files what is held in every lane, and each lane goes on under its own epoch (G1, G6, G7)", async () => {
      const opened = await open()
      const { desk, world } = opened
      const lanes = await openLanes(opened)
      for (const [lane, id] of LEARNERS.entries())
        await lanes[lane]!.apply(lane + 1, exam(lane + 1, lane, { id }, "1.00"))
      const orders = LEARNERS.map((subject, place) => ({ place, subject, employee: BO.no, why: "a list" }))
      const done = await Effect.runPromise(desk.resolve(orders, "ann@hr"))
      expect(done.map(({ filed, held }) => [filed, held])).toEqual(LEARNERS.map(() => [1, 0]))
      for (const [lane, id] of LEARNERS.entries())
        await lanes[lane]!.apply(lane + 11, exam(lane + 11, lane + 10, { id }, "2.00"))
      for (const lane of lanes) expect((await lane.release()).released).toBe(0)
      expect(await world.held()).toEqual([])
      expect((await whose(world)).toSorted()).toEqual(
        LEARNERS.flatMap((_, lane) => [
          `lms.exam:${lane} ${BO.no} 1.00`,
          `lms.exam:${lane + 10} ${BO.no} 2.00`
        ]).toSorted()
      )
    })

    it(
      "while every lane writes, a learner who is given to somebody ends there with all results, old and new (G2, G6, G7)",
      { timeout: CASE_MILLIS },
      async () => {
        const opened = await open()
        const { desk, world } = opened
        const lanes = await openLanes(opened)
        for (const [lane, id] of LEARNERS.entries()) {
          await lanes[lane]!.apply(lane + 1, exam(lane + 1, lane, { id }, "0.00"))
          await resolve(desk, id, ANNA.no)
        }
        const writing = LEARNERS.map(async (id, lane) => {
          for (let n = 10 + lane; n < 100; n += 10)
            await lanes[lane]!.apply(
              n,
              n % 20 < 10 ? exam(n, lane, { id }, `${n}.00`) : graded(n, "lms.drill", lane, { id }, `g${n}`)
            )
          await lanes[lane]!.apply(100 + lane, revoked(100 + lane, "lms.drill", lane + 90, { id }))
        })
        const deciding = LEARNERS.map((learner) =>
          persistently(desk.relink({ learner, to: BO.no, by: "ann@hr", why: "mixed up" }))
        )
        await Promise.all([...writing, ...deciding])
        const rows = await whose(world)
        expect(rows.filter((row) => !row.includes(` ${BO.no} `))).toEqual([])
        expect(rows.toSorted()).toEqual(
          LEARNERS.flatMap((_, lane) => [
            `lms.exam:${lane} ${BO.no} ${80 + lane}.00`,
            `lms.drill:${lane} ${BO.no} g${90 + lane}`
          ]).toSorted()
        )
        expect(await world.held()).toEqual([])
      }
    )

    it("a result that moves from learner to learner over lanes follows the word about the last one (G2, G7)", async () => {
      const opened = await open()
      const { desk, world } = opened
      const lanes = await openLanes(opened)
      const [first, second] = LEARNERS as [string, string]
      await lanes[0]!.apply(1, exam(1, 5, { id: first }, "1.00"))
      await resolve(desk, first, ANNA.no)
      await lanes[1]!.apply(2, exam(2, 5, { id: second }, "2.00"))
      expect(await world.held()).toEqual([["lms.exam:5", "LEARNER_UNKNOWN"]])
      expect(await whose(world)).toEqual([])
      await resolve(desk, second, BO.no)
      expect(await whose(world)).toEqual([`lms.exam:5 ${BO.no} 2.00`])
      await Effect.runPromise(desk.relink({ learner: first, to: BO.no, by: "ann@hr", why: "mixed up" }))
      await Effect.runPromise(desk.relink({ learner: second, to: ANNA.no, by: "ann@hr", why: "mixed up" }))
      expect(await whose(world)).toEqual([`lms.exam:5 ${ANNA.no} 2.00`])
    })
  })
}
