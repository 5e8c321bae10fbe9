/** People who look at the change log see each event once, in order, and find it by its position. */
import { Effect, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import type { LogHead } from "../../../schemas/log-head.ts"
import { ordinalOf, positionIn, START, transactionPrefix } from "../../../schemas/position.ts"
import { eventAt, followEvents, lastEvents, type LoggedEvent } from "../../../src/apply/read-log.ts"
import { layerMemoryChangeFeed } from "../../support/fakes/MemoryChangeFeed.ts"
import { MemoryLog } from "../../support/fakes/MemoryLog.ts"

const at = (n: number) => positionIn(transactionPrefix(1, 1, n), ordinalOf(1, 0, 0))
const eventOf = (n: number, text = "A"): ChangeEvent =>
  ({
    specversion: "1.0",
    id: `t#${n}`,
    source: "urn:gradewire:c",
    type: n % 50 === 0 ? "gradewire.score.revoked.v1" : "gradewire.score.recorded.v1",
    subject: "lms.exam",
    time: "2026-11-22T08:00:00Z",
    datacontenttype: "application/json",
    sequence: at(n),
    data: { resultId: `lms.exam:${n}`, origin: "binlog", learner: {}, score: { text } }
  }) as ChangeEvent

/** A segment of the events from..to, with a checkpoint behind it. */
const put = (log: MemoryLog, from: number, to: number, generation = 1, text = "A") => {
  const numbers = Array.from({ length: to - from + 1 }, (_, n) => from + n)
  const previous = log.messages.findLast(({ head }) => head?.generation === generation)?.head?.last
  const head: LogHead = {
    version: 1,
    kind: "segment",
    connector: "c",
    generation,
    epoch: 1,
    previous: previous ?? (from === 1 ? START : at(from - 1)),
    first: at(from),
    last: at(to),
    count: numbers.length,
    types: [],
    anchor: { file: "binlog.000001", position: 4, gtid: null, server: "mysql:a", timeline: 1 },
    committedAt: null
  }
  const body = new TextEncoder().encode(JSON.stringify(numbers.map((n) => eventOf(n, text))))
  log.append(log.lastSequence, head, body)
  const checkpoint: LogHead = { ...head, kind: "checkpoint", previous: at(to), first: at(to), count: 0 }
  log.append(log.lastSequence, { ...checkpoint, last: `${at(to).slice(0, -1)}9` }, new Uint8Array())
}

const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromise(effect)
const namesOf = (events: ReadonlyArray<LoggedEvent>) => events.map(({ event }) => event.id)

describe("looking at the change log", () => {
  it("the newest events come oldest first, wherever segments end (G1)", async () => {
    const log = new MemoryLog()
    for (let n = 1; n <= 400; n += 4) put(log, n, n + 3)
    const feed = layerMemoryChangeFeed(log)
    const tail = await run(
      Effect.provide(
        lastEvents(6, () => true),
        feed
      )
    )
    expect(namesOf(tail.events)).toEqual(["t#395", "t#396", "t#397", "t#398", "t#399", "t#400"])
    expect(tail.next).toBe(201)
    const all = await run(
      Effect.provide(
        lastEvents(1000, () => true),
        feed
      )
    )
    expect(all.events).toHaveLength(400)
    const none = await run(
      Effect.provide(
        lastEvents(5, () => false),
        feed
      )
    )
    expect(none.events).toEqual([])
  })

  it("rare events are looked for further back (G1)", async () => {
    const log = new MemoryLog()
    for (let n = 1; n <= 400; n++) put(log, n, n)
    const wanted = ({ type }: ChangeEvent) => type === "gradewire.score.revoked.v1"
    const tail = await run(Effect.provide(lastEvents(8, wanted), layerMemoryChangeFeed(log)))
    expect(namesOf(tail.events)).toEqual([50, 100, 150, 200, 250, 300, 350, 400].map((n) => `t#${n}`))
  })

  it("what comes is handed over once, behind what was shown (G2)", async () => {
    const log = new MemoryLog()
    put(log, 1, 3)
    const seen: Array<string> = []
    await run(
      Effect.gen(function* () {
        const { next } = yield* lastEvents(1, () => true)
        const take = (events: ReadonlyArray<LoggedEvent>) => Effect.sync(() => seen.push(...namesOf(events)))
        const enough = Effect.suspend(() => (seen.length < 3 ? Effect.fail("not yet" as const) : Effect.void))
        const follower = yield* Effect.forkScoped(
          followEvents(
            next,
            () => true,
            (events) => Effect.asVoid(take(events))
          )
        )
        put(log, 4, 5)
        put(log, 6, 6)
        yield* Effect.eventually(enough.pipe(Effect.tapError(() => Effect.yieldNow)))
        yield* Fiber.interrupt(follower)
      }).pipe(Effect.scoped, Effect.provide(layerMemoryChangeFeed(log)))
    )
    expect(seen).toEqual(["t#4", "t#5", "t#6"])
  })

  it("an event is found by its position, the newest copy where the log was healed (G5)", async () => {
    const log = new MemoryLog()
    for (let n = 1; n <= 60; n += 3) put(log, n, n + 2)
    put(log, 31, 45, 2, "B")
    const find = (position: string) => run(Effect.provide(eventAt(position), layerMemoryChangeFeed(log)))
    expect(await find(at(7))).toMatchObject({ generation: 1, event: { id: "t#7" } })
    expect(await find(at(33))).toMatchObject({ generation: 2, event: { data: { score: { text: "B" } } } })
    expect(await find(at(60))).toMatchObject({ generation: 1, event: { id: "t#60" } })
    expect(await find(at(61))).toBeUndefined()
    expect(await find(positionIn(transactionPrefix(1, 1, 7), ordinalOf(1, 1, 0)))).toBeUndefined()
  })
})
