import { Cause, Console, Effect, Logger } from "effect"
import { describe, expect, it } from "vitest"
import { jsonLines, textLines } from "../../src/runtime/log-lines.ts"

const logged = async (
  logger: Logger.Logger<unknown, unknown>,
  effect: Effect.Effect<void>
): Promise<string> => {
  const lines: Array<string> = []
  const console = {
    ...globalThis.console,
    error: (line: string) => lines.push(line)
  } as unknown as Console.Console
  await Effect.runPromise(
    effect.pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(Console.Console, console))
  )
  return lines.join("\n")
}

const event = Effect.logWarning("apply begins", { epoch: 7n, after: null }, "again").pipe(
  Effect.annotateLogs({ connector: "lms-hr", role: "apply" })
)

describe("a log line", () => {
  it("is one JSON object with its fields beside its message (G9)", async () => {
    const line = await logged(jsonLines, event)
    expect(line).not.toContain("\n")
    expect(JSON.parse(line)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      level: "warn",
      message: "apply begins again",
      connector: "lms-hr",
      role: "apply",
      epoch: "7",
      after: null
    })
  })

  it("never lets a field take the place of its time, level or message (G3)", async () => {
    const line = await logged(
      jsonLines,
      Effect.logError("real", { message: "false", level: "none", time: 0 })
    )
    expect(JSON.parse(line)).toMatchObject({
      level: "error",
      message: "real",
      _message: "false",
      _level: "none"
    })
  })

  it("carries the cause of a defect on the same line (G3)", async () => {
    const line = await logged(jsonLines, Effect.logError("died", Cause.die(new Error("broken"))))
    expect(JSON.parse(line)).toMatchObject({ message: "died", cause: expect.stringContaining("broken") })
  })

  it("is short text for a person, coloured only where that was asked for (G9)", async () => {
    const line = await logged(textLines(false), event)
    expect(line).toMatch(
      /^\d{2}:\d{2}:\d{2}\.\d{3} WARN {2}apply begins again {2}connector=lms-hr {2}role=apply {2}epoch=7 {2}after=null$/
    )
    expect(await logged(textLines(true), event)).toContain("\u001B[33mWARN")
  })
})
