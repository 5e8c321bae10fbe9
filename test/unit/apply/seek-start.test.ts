import { Effect, Exit } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ApplyOffset } from "../../../schemas/apply-offset.ts"
import { leadsOn, type LogHead } from "../../../schemas/log-head.ts"
import { formatPosition, START } from "../../../schemas/position.ts"
import { seekStart } from "../../../src/apply/seek-start.ts"
import { layerMemoryChangeFeed } from "../../support/fakes/MemoryChangeFeed.ts"
import { MemoryLog } from "../../support/fakes/MemoryLog.ts"

const at = (transaction: number) =>
  transaction === 0 ? START : formatPosition({ timeline: 1, file: 1, transaction, ordinal: 0 })
const anchor = { file: "binlog.000001", position: 4, gtid: null, server: "s", timeline: 1 }
const head = (generation: number, previous: number, last: number): LogHead => ({
  version: 1,
  kind: "checkpoint",
  connector: "c",
  generation,
  epoch: 1,
  previous: at(previous),
  first: at(last),
  last: at(last),
  count: 0,
  types: [],
  anchor,
  committedAt: null
})
const offsetAt = (transaction: number, generation: number, streamSequence: number): ApplyOffset => ({
  position: at(transaction),
  generation,
  streamSequence,
  anchor,
  committedAt: null
})
const logOf = (heads: ReadonlyArray<LogHead | undefined>, removed = 0) => {
  const log = new MemoryLog()
  for (const each of heads) {
    if (each === undefined) log.appendForeign()
    else log.append(log.lastSequence, each, new Uint8Array())
  }
  log.messages = log.messages.slice(removed)
  return log
}
const seek = (log: MemoryLog, offset: ApplyOffset | undefined) =>
  Effect.runPromiseExit(seekStart(offset).pipe(Effect.provide(layerMemoryChangeFeed(log))))
const failure = (tag: string) => ({
  reasons: [expect.objectContaining({ error: expect.objectContaining({ _tag: tag }) })]
})

/** Generations of steadily rising positions; each begins at or before the end of the one before. */
const histories = fc
  .array(
    fc.record({
      back: fc.nat(5),
      steps: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 6 })
    }),
    {
      minLength: 1,
      maxLength: 3
    }
  )
  .map((generations) => {
    const heads: Array<LogHead> = []
    let end = 0
    generations.forEach(({ back, steps }, index) => {
      let position = Math.max(0, end - back)
      for (const step of steps) {
        heads.push(head(index + 1, position, position + step))
        position += step
      }
      end = position
    })
    return heads
  })

describe("the place where apply goes on", () => {
  it("is the newest generation's first message behind the offset, whatever the stored sequence says (G5)", async () => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.nat(12),
        fc.nat(20),
        fc.nat(8),
        async (heads, position, hint, removed) => {
          const log = logOf(heads, removed)
          const newest = heads.at(-1)!.generation
          const offset = offsetAt(position, newest, hint + 100)
          const exit = await seek(log, offset)
          const expected = log.messages.find(
            (message) => message.head!.generation === newest && message.head!.last > offset.position
          )
          if (expected === undefined) {
            expect(exit).toEqual(Exit.succeed(log.lastSequence + 1))
          } else if (!leadsOn(expected.head!, offset.position)) {
            expect(exit).toMatchObject({ cause: failure("ChangeLogHole") })
          } else expect(exit).toEqual(Exit.succeed(expected.sequence))
        }
      )
    )
  })

  it("is not yet in a log of older generations than the offset's: lost, or reset (G1, G5)", async () => {
    const log = logOf([head(1, 0, 1), head(1, 1, 2)])
    expect(await seek(log, offsetAt(2, 2, 9))).toMatchObject({ cause: failure("GenerationAwaited") })
  })

  it("is behind the hinted message where that one is really the offset's (G5)", async () => {
    const log = logOf([head(1, 0, 1), head(1, 1, 2), head(1, 2, 3)])
    expect(await seek(log, offsetAt(2, 1, 2))).toEqual(Exit.succeed(3))
    // Same number, other message: positions decide.
    expect(await seek(log, offsetAt(1, 1, 2))).toEqual(Exit.succeed(2))
  })

  it("is in the newer generation where that one bridges a hole behind the hinted message (G5)", async () => {
    const log = logOf([head(1, 0, 1), head(1, 1, 2), head(1, 3, 4), head(2, 2, 3)])
    expect(await seek(log, offsetAt(2, 1, 2))).toEqual(Exit.succeed(4))
  })

  it("is the first message for an HR database that never applied anything (G1)", async () => {
    expect(await seek(logOf([head(1, 0, 1), head(1, 1, 2)]), undefined)).toEqual(Exit.succeed(1))
  })

  it("is never behind a hole (G1)", async () => {
    const log = logOf([head(1, 0, 1), head(1, 1, 2), head(1, 2, 3)], 1)
    expect(await seek(log, undefined)).toMatchObject({ cause: failure("ChangeLogHole") })
  })

  it("waits at the end of an empty log (G5)", async () => {
    expect(await seek(logOf([]), undefined)).toEqual(Exit.succeed(1))
    expect(await seek(logOf([head(1, 0, 1)], 1), offsetAt(1, 1, 1))).toEqual(Exit.succeed(2))
  })

  it("is not found past somebody else's message (G3)", async () => {
    expect(await seek(logOf([undefined]), undefined)).toMatchObject({ cause: failure("FeedForeign") })
  })
})
