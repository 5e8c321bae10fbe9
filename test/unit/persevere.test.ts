/** What a role says when it has to wait. */
import { Effect, Fiber, Logger } from "effect"
import { describe, expect, it } from "vitest"
import { LogFull, LogUnavailable } from "../../src/capture/ChangeLog.ts"
import { persevere } from "../../src/pipeline/persevere.ts"

const failures = [
  new LogFull({
    message: "stream S refuses a message; it held 99812 of 100000 bytes, 12 messages",
    stream: "S"
  }),
  new LogUnavailable({ message: "no acknowledgement for 5000 ms" })
]

describe("a role that has to wait", () => {
  it("says for what, and what a person can do, and goes on by itself (G1, G3)", async () => {
    const lines: Array<unknown> = []
    const logger = Logger.make(({ message }) => {
      lines.push(message)
    })
    let lives = 0
    const works = Promise.withResolvers<void>()
    const role = persevere("capture", () =>
      Effect.suspend(() => {
        const failure = failures[lives++]
        if (failure !== undefined) return Effect.fail(failure)
        works.resolve()
        return Effect.never
      })
    )
    const running = Effect.runFork(Effect.provide(role, Logger.layer([logger])))
    await works.promise
    await Effect.runPromise(Fiber.interrupt(running))
    expect(lines).toEqual(
      failures.map(({ _tag: tag, message: reason, remedy }) => [
        "capture starts over",
        { tag, reason, remedy }
      ])
    )
    expect(JSON.stringify(lines[0])).toMatch(/99812 of 100000 bytes.*Capture waits.*--max-bytes/)
  })
})
