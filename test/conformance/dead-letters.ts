/** What people can do about dead letters, on a real server: look, replay, discard; and how changes become letters. */
import { Effect, Fiber, Layer, Logger } from "effect"
import { beforeEach, describe, expect, it } from "vitest"
import { LETTER_STATES, UNRESOLVED, type LetterFilter } from "../../schemas/dead-letter.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import { START } from "../../schemas/position.ts"
import { apply } from "../../src/apply/apply.ts"
import type { DeadLetterDesk } from "../../src/apply/DeadLetterDesk.ts"
import { ProfileStore } from "../../src/apply/ProfileStore.ts"
import { scoreChecks, type CheckScore } from "../../src/apply/score-checks.ts"
import { settleLetters, type SettleRequest } from "../../src/apply/settle-letters.ts"
import { layerMemoryChangeFeed } from "../support/fakes/MemoryChangeFeed.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { layerMemoryProgressDesk, MemoryDesks } from "../support/fakes/MemoryProgress.ts"
import { batch, exam, graded, offsetAt, positionAt, type HrWorld } from "./hr-world.ts"
import { ANNA, StoreBench } from "./store-bench.ts"

interface DeskWorld {
  readonly world: HrWorld
  readonly desk: DeadLetterDesk
}

const anna = { phone: ANNA.phone }
const REFUSAL = { reason: "23514", detail: "23514 constraint score_limit" }
const NAMED: Pick<SettleRequest, "by" | "why" | "execute" | "waitMillis"> = {
  by: "ann@hr",
  why: null,
  execute: true,
  waitMillis: 20_000
}

export const deadLetterConformance = (name: string, open: () => Promise<DeskWorld>): void => {
  describe(`dead letters: ${name}`, () => {
    let desk: DeadLetterDesk
    let bench: StoreBench
    beforeEach(async () => {
      const opened = await open()
      desk = opened.desk
      bench = await StoreBench.open(async () => opened.world)
    })
    const list = (over: Partial<LetterFilter> = {}, limit = 100) =>
      Effect.runPromise(desk.list({ states: UNRESOLVED, ...over }, limit))
    const settle = (request: Pick<SettleRequest, "action" | "choice"> & Partial<SettleRequest>) =>
      settleLetters(desk, { ...NAMED, ...request })
    const refusal = (request: Parameters<typeof settle>[0]) => Effect.runPromise(Effect.flip(settle(request)))
    /** Apply's part, again and again, while somebody waits for outcomes. */
    const whileApplying = async <A>(asked: Effect.Effect<A, unknown>): Promise<A> => {
      const applying = Effect.runFork(
        Effect.forever(Effect.andThen(bench.store.release(bench.epoch), Effect.sleep("50 millis")))
      )
      try {
        return await Effect.runPromise(asked)
      } finally {
        await Effect.runPromise(Fiber.interrupt(applying))
      }
    }
    /** Result 1 is refused at 1, and a later change of it waits at 2; result 2 is refused at 3. */
    const refuseThree = async () => {
      await bench.apply(batch(0, [exam(1, 1, anna, "200.00")], { refusal: REFUSAL }))
      await bench.apply(batch(1, [exam(2, 1, anna, "2.00")]))
      const other = { reason: "22001", detail: "22001 column title" }
      await bench.apply(batch(2, [graded(3, "lms.drill", 2, anna, "A")], { refusal: other }))
    }

    it("are listed by position, filtered by reason, table, result, state and age (G1)", async () => {
      await refuseThree()
      const letters = await list()
      expect(letters).toMatchObject([
        {
          position: positionAt(1),
          table: "lms.exam",
          result: "lms.exam:1",
          state: "open",
          ...REFUSAL,
          behind: null
        },
        { position: positionAt(2), state: "waiting", reason: "WAITING", behind: positionAt(1) },
        { position: positionAt(3), table: "lms.drill", state: "open", reason: "22001" }
      ])
      expect(letters[0]!.at).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
      expect(letters[0]!.ageSeconds).toBeGreaterThanOrEqual(0)
      const positions = async (over: Partial<LetterFilter>, limit?: number) =>
        (await list(over, limit)).map(({ position }) => position)
      expect(await positions({ reason: "22001" })).toEqual([positionAt(3)])
      expect(await positions({ table: "lms.exam" })).toEqual([positionAt(1), positionAt(2)])
      expect(await positions({ result: "lms.exam:1", states: ["open"] })).toEqual([positionAt(1)])
      expect(await positions({ olderThan: 3600 })).toEqual([])
      expect(await positions({ youngerThan: 3600 }, 2)).toEqual([positionAt(1), positionAt(2)])
      expect(JSON.stringify(letters)).not.toMatch(/200\.00|13800/)
    })

    it("that hold what the server's JSON refuses are listed and shown all the same (G1)", async () => {
      const odd = exam(1, 1, anna, "1.00", {
        attributes: { subject: "a\u0000b\ud800", note: 'x"subject":"y"' }
      })
      await bench.apply(batch(0, [odd], { refusal: REFUSAL }))
      expect(await list({ table: "lms.exam" })).toMatchObject([{ table: "lms.exam" }])
      const content = await Effect.runPromise(desk.content(positionAt(1)))
      expect(JSON.parse(content!.event)).toEqual(odd)
      expect(await Effect.runPromise(desk.content(positionAt(9)))).toBeUndefined()
    })

    it("replayed after the cause was mended are filed, those behind follow in order (G2)", async () => {
      await refuseThree()
      const asked = settle({ action: "replay", choice: { positions: [positionAt(1)] } })
      const { letters, writer } = await whileApplying(asked)
      expect(letters).toMatchObject([{ position: positionAt(1), outcome: "settled", state: "done" }])
      expect(writer?.holder).toBe("conformance")
      await bench.release()
      expect(await list()).toMatchObject([{ position: positionAt(3) }])
      expect(await bench.scores()).toEqual([["lms.exam:1", "E001", "2.00"]])
    })

    it("refused again say so, and stay open with who asked (G1)", async () => {
      await bench.world.limitScores(true)
      await refuseThree()
      const asked = settle({ action: "replay", choice: { positions: [positionAt(1)] } })
      expect((await whileApplying(asked)).letters).toMatchObject([{ outcome: "refused", state: "open" }])
      const content = await Effect.runPromise(desk.content(positionAt(1)))
      expect(content?.decisions).toMatchObject([{ action: "replay", by: "ann@hr", why: null }])
      await bench.world.limitScores(false)
    })

    it("replayed while nobody applies stay marked, and say so (G1)", async () => {
      await refuseThree()
      const asked = settle({ action: "replay", choice: { positions: [positionAt(3)] }, waitMillis: 300 })
      expect((await Effect.runPromise(asked)).letters).toMatchObject([
        { outcome: "pending", state: "replay" }
      ])
    })

    it("discarded stay with who, when and why, and let later changes of the result go on (G1, G2)", async () => {
      await refuseThree()
      const why = "entered by mistake; 测试账号"
      const done = await Effect.runPromise(
        settle({ action: "discard", choice: { positions: [positionAt(1)] }, why })
      )
      expect(done.letters).toMatchObject([{ outcome: "discarded" }])
      await bench.release()
      expect(await bench.scores()).toEqual([["lms.exam:1", "E001", "2.00"]])
      expect(await list({ states: LETTER_STATES })).toMatchObject([
        { state: "discarded" },
        { state: "done" },
        { state: "open" }
      ])
      const content = await Effect.runPromise(desk.content(positionAt(1)))
      expect(content?.decisions).toMatchObject([{ action: "discard", by: "ann@hr", why }])
      expect(content?.decisions[0]!.at).toMatch(/^20\d\d-.*Z$/)
    })

    it("that cannot be decided about are refused by name, and nothing changes (G3)", async () => {
      await refuseThree()
      const unknown = await refusal({
        action: "replay",
        choice: { positions: [positionAt(1), positionAt(9)] }
      })
      expect(unknown).toMatchObject({ _tag: "DeadLetterUnknown", positions: [positionAt(9)] })
      const behind = await refusal({ action: "replay", choice: { positions: [positionAt(2)] } })
      expect(behind).toMatchObject({ _tag: "DeadLetterBehind", behind: positionAt(1) })
      await Effect.runPromise(settle({ action: "discard", choice: { positions: [positionAt(3)] }, why: "x" }))
      for (const action of ["replay", "discard"] as const) {
        const settled = await refusal({ action, choice: { positions: [positionAt(3)] } })
        expect(settled).toMatchObject({ _tag: "DeadLetterSettled", state: "discarded" })
      }
      const none = await refusal({
        action: "replay",
        choice: { filter: { states: UNRESOLVED, reason: "no" } }
      })
      expect(none).toMatchObject({ _tag: "DeadLettersNone" })
      expect((await list()).map(({ state }) => state)).toEqual(["open", "waiting"])
    })

    it("are decided about in bulk only when told to, those behind left to follow (G3)", async () => {
      await refuseThree()
      const choice = { filter: { states: UNRESOLVED, table: "lms.exam" } }
      const plan = await Effect.runPromise(settle({ action: "replay", choice, execute: false }))
      expect(plan).toMatchObject({
        executed: false,
        following: 1,
        letters: [{ position: positionAt(1), outcome: null }]
      })
      expect((await list()).map(({ state }) => state)).toEqual(["open", "waiting", "open"])
      const done = await whileApplying(
        settle({ action: "replay", choice: { filter: { states: UNRESOLVED } } })
      )
      expect(done.letters.map(({ outcome, position }) => [position, outcome])).toEqual([
        [positionAt(1), "settled"],
        [positionAt(3), "settled"]
      ])
    })

    it("a score that its mapping checks is one that names check and field, and later changes of it wait (G1, G3, G9)", async () => {
      const log = new MemoryLog()
      append(log, 0, [exam(1, 1, anna, "1.00"), exam(2, 2, anna, "150.00"), exam(3, 3, anna, "3.00")])
      append(log, 3, [exam(4, 2, anna, "90.00")])
      const running = runApply(
        bench,
        log,
        scoreChecks([{ table: "lms.exam", checks: { raw: { max: 100 } } }])
      )
      while ((await bench.offset())?.position !== positionAt(4))
        await Effect.runPromise(Effect.sleep("20 millis"))
      await Effect.runPromise(Fiber.interrupt(running))
      expect(await list()).toMatchObject([
        {
          position: positionAt(2),
          state: "open",
          reason: "CheckFailed",
          detail: "checks.raw.max: score.raw"
        },
        { position: positionAt(4), state: "waiting" }
      ])
      expect((await bench.scores()).map(([result]) => result)).toEqual(["lms.exam:1", "lms.exam:3"])
    })

    it("one row that is refused is singled out, everybody else's are filed, and later changes of it wait (G1, G3)", async () => {
      await bench.world.limitScores(true)
      const log = new MemoryLog()
      const score = (n: number) => (n === 7 ? "200.00" : `${n}.00`)
      append(
        log,
        0,
        Array.from({ length: 12 }, (_, index) => exam(index + 1, index + 1, anna, score(index + 1)))
      )
      append(log, 12, [exam(13, 7, anna, "77.00"), exam(14, 3, anna, "33.00")])
      const running = runApply(bench, log)
      while ((await bench.offset())?.position !== positionAt(14))
        await Effect.runPromise(Effect.sleep("20 millis"))
      await Effect.runPromise(Fiber.interrupt(running))
      const filed = (await bench.scores()).map(([result, , raw]) => [result, raw])
      const others = Array.from({ length: 12 }, (_, index) => index + 1).filter((n) => n !== 7)
      expect(Object.fromEntries(filed)).toEqual(
        Object.fromEntries(others.map((n) => [`lms.exam:${n}`, n === 3 ? "33.00" : score(n)]))
      )
      expect(await list()).toMatchObject([
        { position: positionAt(7), state: "open", result: "lms.exam:7" },
        { position: positionAt(13), state: "waiting", behind: positionAt(7) }
      ])
      await bench.world.limitScores(false)
      await Effect.runPromise(
        settle({ action: "discard", choice: { positions: [positionAt(7)] }, why: "poison" })
      )
      const epoch = (await Effect.runPromise(bench.store.takeOver)).epoch
      await Effect.runPromise(bench.store.release(epoch))
      expect((await bench.scores()).find(([result]) => result === "lms.exam:7")?.[2]).toBe("77.00")
    })
  })
}

/** One segment behind `after`. */
const append = (log: MemoryLog, after: number, events: ReadonlyArray<ChangeEvent>): void => {
  const last = after + events.length
  const head: LogHead = {
    version: 1,
    kind: "segment",
    connector: "test",
    generation: 0,
    epoch: 1,
    previous: after === 0 ? START : positionAt(after),
    first: events[0]!.sequence,
    last: events.at(-1)!.sequence,
    count: events.length,
    types: [...new Set(events.map(({ type }) => type))].toSorted(),
    anchor: offsetAt(last).anchor,
    committedAt: events[0]!.time
  }
  log.append(log.lastSequence, head, new TextEncoder().encode(JSON.stringify(events)))
}

const runApply = (bench: StoreBench, log: MemoryLog, checkScore?: CheckScore) =>
  Effect.runFork(
    apply({ batchEvents: 1000, releaseMillis: 100, ...(checkScore && { checkScore }) }).pipe(
      Effect.provide(
        Layer.mergeAll(
          Layer.succeed(ProfileStore, bench.store),
          layerMemoryChangeFeed(log),
          layerMemoryProgressDesk(new MemoryDesks()),
          Logger.layer([])
        )
      )
    )
  )
