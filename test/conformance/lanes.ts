/** What every profile store must keep where several lanes share a connector's work. */
import { Effect, Schedule } from "effect"
import * as fc from "fast-check"
import { beforeEach, describe, expect, it } from "vitest"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { LaneDesk } from "../../src/apply/LaneDesk.ts"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import { laneOfEvent } from "../../src/apply/route-events.ts"
import {
  assessment,
  batch,
  DRILL,
  exam,
  EXAM,
  graded,
  learner,
  offsetAt,
  revoked,
  type HrWorld,
  type OpenHrWorld
} from "./hr-world.ts"
import { ANNA, BO } from "./store-bench.ts"

type Store = ProfileStore["Service"]

/** The first is in one of two lanes, the others in the other; the third is nobody until somebody is hired. */
const LEARNERS = [
  { id: "10", phone: ANNA.phone },
  { id: "1", phone: BO.phone },
  { id: "3", phone: "13800000003" }
] as const
const LANES = 2
const laneOf = (event: ChangeEvent) =>
  laneOfEvent(event, { lanes: LANES, learnerTables: new Set() }) as number | "every"

/** Until it is neither contended nor unavailable, as apply does it. */
const persistently = <A>(step: Effect.Effect<A, { readonly _tag: string }>): Promise<A> =>
  Effect.runPromise(
    Effect.retry(step, {
      while: ({ _tag }) => _tag === "StoreContended",
      schedule: Schedule.jittered(Schedule.spaced("5 millis"))
    })
  )

/** One lane's store, and what has been applied in it. */
class LaneBench {
  readonly store: Store
  readonly epoch: number
  #at = 0
  private constructor(store: Store, epoch: number) {
    this.store = store
    this.epoch = epoch
  }

  static async open(world: HrWorld, lane: number, lanes = LANES): Promise<LaneBench> {
    const store = world.process({ lane, lanes })
    return new LaneBench(store, (await persistently(store.takeOver)).epoch)
  }

  /** The changes up to `to`, as one batch of this lane. */
  apply(to: number, changes: ReadonlyArray<ChangeEvent>) {
    const given: ApplyBatch = batch(this.#at, changes, { to })
    this.#at = to
    return persistently(this.store.apply(this.epoch, given))
  }

  release() {
    return persistently(this.store.release(this.epoch))
  }
}

type Move = { readonly learner: 0 | 1 | 2; readonly isRevoked: boolean }

/** Changes of one result of each of two tables, at positions 10, 20, … */
const historyOf = (
  moves: ReadonlyArray<Move>
): ReadonlyArray<readonly [n: number, events: ReadonlyArray<ChangeEvent>]> =>
  moves.map(({ isRevoked, learner: who }, index) => {
    const n = (index + 1) * 10
    const { id } = LEARNERS[who]
    return [
      n,
      isRevoked
        ? [revoked(n, "lms.exam", 1, { id }), revoked(n + 1, "lms.drill", 2, { id })]
        : [exam(n, 1, { id }, `${index}.00`), graded(n + 1, "lms.drill", 2, { id }, `g${index}`)]
    ]
  })

const profileOf = async (world: HrWorld) => ({
  exam: (await world.profile(EXAM)).map((row) => [row["工号"], row["分数"]]),
  drill: (await world.profile(DRILL))
    .filter((row) => row["state"] === "valid")
    .map((row) => [row["工号"], row["grade"]]),
  held: await world.held()
})

/** What the last change alone says; that is all a result's end depends on. */
const expectedOf = (moves: ReadonlyArray<Move>) => {
  const last = moves.at(-1)!
  const index = moves.length - 1
  if (last.isRevoked) return { exam: [], drill: [], held: [] }
  if (last.learner === 2) {
    return {
      exam: [],
      drill: [],
      held: [
        ["lms.drill:2", "ABSENT"],
        ["lms.exam:1", "ABSENT"]
      ]
    }
  }
  const no = last.learner === 0 ? ANNA.no : BO.no
  return { exam: [[no, `${index}.00`]], drill: [[no, `g${index}`]], held: [] }
}

const anyMoves = fc.array(
  fc.record({ learner: fc.constantFrom(0 as const, 1 as const, 2 as const), isRevoked: fc.boolean() }),
  { minLength: 1, maxLength: 6 }
)

export const lanesConformance = (name: string, open: OpenHrWorld): void => {
  describe(`lanes: ${name}`, () => {
    let world: HrWorld
    const openLanes = async () => {
      world = await open()
      await world.hire(ANNA, BO)
      const lanes = [await LaneBench.open(world, 0), await LaneBench.open(world, 1)]
      // Everybody's directory: a learner's own lane has it, in order.
      for (const [index, { id, phone }] of LEARNERS.entries()) {
        const event = learner(index + 1, id, { phone })
        await lanes[laneOf(event) as number]!.apply(index + 1, [event])
      }
      return lanes
    }
    beforeEach(async () => {
      world = await open()
    })

    it("each has its own offset and epoch; together they are where the slowest is (G4)", async () => {
      const first = await LaneBench.open(world, 0)
      const second = await LaneBench.open(world, 1)
      expect([first.epoch, second.epoch]).toEqual([1, 1])
      await first.apply(7, [])
      expect(await Effect.runPromise(first.store.progress)).toBeUndefined()
      await second.apply(3, [])
      expect(await Effect.runPromise(second.store.offset)).toEqual(offsetAt(3))
      expect(await Effect.runPromise(first.store.offset)).toEqual(offsetAt(7))
      for (const { store } of [first, second])
        expect(await Effect.runPromise(store.progress)).toEqual(offsetAt(3))
      const newer = await LaneBench.open(world, 0)
      expect(newer.epoch).toBe(2)
      const fenced = await Effect.runPromise(Effect.flip(first.store.apply(1, batch(7, [], { to: 8 }))))
      expect(fenced).toMatchObject({ _tag: "ApplyFenced" })
      expect(await second.apply(9, [])).toMatchObject({ applied: 0 })
    })

    it("a process that was told another number stops before it writes (G3)", async () => {
      await LaneBench.open(world, 0)
      for (const lanes of [1, 3]) {
        const refused = await Effect.runPromise(Effect.flip(world.process({ lane: 0, lanes }).takeOver))
        expect(refused).toMatchObject({ _tag: "LanesMismatch", fate: "halt", stored: 2, configured: lanes })
        expect((refused as { remedy: string }).remedy).toContain(`gradewire lanes set ${lanes} `)
      }
      expect((await LaneBench.open(world, 0)).epoch).toBe(2)
    })

    it("a result that moves between learners ends the same, whichever lane comes first (G2, G7)", async () => {
      const runs = name === "in memory" ? 300 : 12
      await fc.assert(
        fc.asyncProperty(anyMoves, fc.infiniteStream(fc.boolean()), async (moves, coin) => {
          const lanes = await openLanes()
          const waiting = [0, 1].map((lane) =>
            historyOf(moves).filter(([, events]) => laneOf(events[0]!) === lane)
          )
          while (waiting.some((left) => left.length > 0)) {
            const lane =
              coin.next().value === true && waiting[1]!.length > 0 ? 1 : waiting[0]!.length > 0 ? 0 : 1
            const [n, events] = waiting[lane]!.shift()!
            await lanes[lane]!.apply(n + 1, events)
          }
          for (const lane of lanes) await lane.release()
          expect(await profileOf(world)).toEqual(expectedOf(moves))
          expect(await world.letters()).toEqual([])
        }),
        { numRuns: runs }
      )
    })

    it("two lanes that meet in one result at the same moment leave what the later change says (G2, G7)", async () => {
      const rounds = name === "in memory" ? 4 : 24
      const pairs = [
        [0, 1],
        [1, 0],
        [0, 2],
        [2, 0],
        [1, 2],
        [2, 1]
      ] as const
      const lanes = await openLanes()
      const twins = pairs.filter(
        ([a, b]) => laneOf(exam(1, 1, LEARNERS[a], "1")) !== laneOf(exam(1, 1, LEARNERS[b], "1"))
      )
      for (let round = 0; round < rounds; round++) {
        const [earlier, later] = twins[round % twins.length]!
        const n = 100 + round * 10
        const events = [
          graded(n, "lms.drill", round, { id: LEARNERS[earlier].id }, "before"),
          graded(n + 1, "lms.drill", round, { id: LEARNERS[later].id }, "after")
        ]
        await Promise.all(
          events.map((event) =>
            lanes[laneOf(event) as number]!.apply(n + (event === events[0] ? 2 : 3), [event])
          )
        )
        const rows = (await world.profile(DRILL)).filter(
          (row) => row["result_id"] === `lms.drill:${round}` && row["state"] === "valid"
        )
        const held = (await world.held()).filter(([result]) => result === `lms.drill:${round}`)
        const no = [ANNA.no, BO.no, undefined][later]
        expect(rows.map((row) => [row["工号"], row["grade"]])).toEqual(
          no === undefined ? [] : [[no, "after"]]
        )
        if (no === undefined) expect(held).toHaveLength(1)
      }
      for (const lane of lanes) await lane.release()
      const unknown = twins.map(([, later]) => later === 2)
      const waits = Array.from({ length: rounds }, (_, round) => unknown[round % twins.length]!)
      expect((await world.held()).length).toBe(waits.filter(Boolean).length)
    })

    it("an assessment that all lanes file at once is there once, its newest title last (G2)", async () => {
      const lanes = await openLanes()
      for (let round = 0; round < 8; round++) {
        const n = 100 + round * 10
        const titles = [assessment(n, `${round}`, "old"), assessment(n + 1, `${round}`, "new")]
        await Promise.all([
          lanes[0]!.apply(n + 2, titles.slice(0, 1)),
          lanes[1]!.apply(n + 3, titles.slice(1))
        ])
        const { id } = LEARNERS[0]
        const filed = exam(n + 4, round, { id }, "1.00", { assessment: { id: `${round}` } })
        await lanes[laneOf(filed) as number]!.apply(n + 5, [filed])
      }
      expect((await world.profile(EXAM)).map((row) => row["title"])).toEqual(
        Array.from({ length: 8 }, () => "new")
      )
      expect(await world.letters()).toEqual([])
    })

    it("what is held or refused is looked at by the lane of its learner alone (G2)", async () => {
      const lanes = await openLanes()
      const third = exam(10, 1, { id: LEARNERS[2].id }, "1.00")
      const own = laneOf(third) as number
      await lanes[own]!.apply(10, [third])
      const letter = exam(20, 2, { id: LEARNERS[2].id }, "2.00")
      const given = batch(10, [letter], { to: 20, refusal: { reason: "REFUSED", detail: "" } })
      await persistently(lanes[own]!.store.apply(lanes[own]!.epoch, given))
      await world.decide("lms.exam:2", "replay")
      await world.hire({ no: "E003", phone: LEARNERS[2].phone })
      expect(await lanes[1 - own]!.release()).toMatchObject({ released: 0 })
      expect(await profileOf(world)).toMatchObject({ exam: [] })
      await lanes[own]!.release()
      await lanes[own]!.release()
      expect(await profileOf(world)).toMatchObject({
        exam: [
          ["E003", "1.00"],
          ["E003", "2.00"]
        ],
        held: []
      })
    })
  })
}

interface LaneWorld {
  readonly world: HrWorld
  readonly lanes: LaneDesk
}

export const laneSetConformance = (name: string, open: () => Promise<LaneWorld>): void => {
  describe(`the number of lanes: ${name}`, () => {
    it("changes in one step: old ones are fenced, new ones begin where the slowest was (G2, G4, G6)", async () => {
      const { lanes, world } = await open()
      await world.hire(ANNA, BO)
      expect(await Effect.runPromise(lanes.stored)).toEqual([])
      const old = [await LaneBench.open(world, 0), await LaneBench.open(world, 1)]
      await old[0]!.apply(5, [])
      await old[1]!.apply(9, [exam(9, 1, { phone: ANNA.phone }, "1.00")])
      const made = await Effect.runPromise(lanes.divide(3, "ann@hr"))
      expect(made).toMatchObject(
        [0, 1, 2].map((lane) => ({ lane, position: offsetAt(5).position, epoch: 2, holder: "ann@hr" }))
      )
      expect(await Effect.runPromise(lanes.stored)).toMatchObject(
        made.map(({ lane, epoch }) => ({ lane, epoch }))
      )
      const fenced = await Effect.runPromise(Effect.flip(old[0]!.store.apply(1, batch(5, [], { to: 6 }))))
      expect(fenced).toMatchObject({ _tag: "ApplyFenced" })
      const wrong = await Effect.runPromise(Effect.flip(old[1]!.store.takeOver))
      expect(wrong).toMatchObject({ _tag: "LanesMismatch", stored: 3, configured: 2 })
      // What the faster one had applied comes again, without effect.
      const store = world.process({ lane: 2, lanes: 3 })
      const lease = await Effect.runPromise(store.takeOver)
      expect(lease).toEqual({ epoch: 3, offset: offsetAt(5) })
      const again = batch(5, [exam(9, 1, { phone: ANNA.phone }, "1.00")])
      expect(await Effect.runPromise(store.apply(3, again))).toMatchObject({ applied: 0, stale: 1 })
      expect(await Effect.runPromise(lanes.divide(1, "ann@hr"))).toMatchObject([{ lane: 0, epoch: 4 }])
      const gone = await Effect.runPromise(Effect.flip(store.apply(3, batch(9, [], { to: 10 }))))
      expect(gone).toMatchObject({ _tag: "OffsetMoved" })
      const only = await Effect.runPromise(world.process().takeOver)
      expect(only).toEqual({ epoch: 5, offset: offsetAt(5) })
    })
  })
}
