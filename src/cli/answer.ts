/** Runs one action and prints its answer on standard output, or its error on standard error, with the exit code it means. */
import { Console, Data, Effect, Runtime, Stdio } from "effect"
import { failureJson, failureText } from "./failure-text.ts"
import { CLEAR_SCREEN } from "./text-table.ts"
import { toYaml } from "./yaml-text.ts"
import type { Action } from "./Actions.ts"

/** Of a command line that cannot be meant. */
export const WRONG_USAGE = 2
/** Of a Nagios plugin, whose 2 says CRITICAL (Monitoring Plugins Development Guidelines, "Plugin Return Codes"). */
export const UNKNOWN = 3

/** 0 ok · 1 error · 2 wrong usage · 3 differences or a threshold */
export class ExitCode extends Data.TaggedError("ExitCode")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode]: number = this.code
  /** Everything worth saying has been printed. */
  override readonly [Runtime.errorReported]: boolean = false
}

interface Answer<A> {
  readonly json: boolean
  readonly render: (value: A) => string
  /** What `-o json` prints; the value itself where left out. */
  readonly toJson?: (value: A) => unknown
  readonly exitCode?: (value: A) => number
}

export const answer = Effect.fnUntraced(function* <A>(action: Action<A>, how: Answer<A>) {
  const value = yield* printingFailures(action, how.json)
  const text = how.json ? JSON.stringify(how.toJson?.(value) ?? value, null, 2) : how.render(value)
  yield* Console.log(text)
  const code = how.exitCode?.(value) ?? 0
  if (code !== 0) return yield* new ExitCode({ code })
})

const AGAIN = "2 seconds"

interface Form<A> {
  readonly output: "table" | "wide" | "json" | "yaml"
  /** Again and again, until it is stopped. */
  readonly watch: boolean
  readonly render: (value: A) => string
}

/** An answer in every form, once or every two seconds; a terminal then shows the newest alone. */
export const answerAgain = Effect.fnUntraced(function* <A>(action: Action<A>, form: Form<A>) {
  const { output, watch } = form
  const stdio = yield* Stdio.Stdio
  const clear = watch && output !== "json" && output !== "yaml" && (yield* stdio.stdoutIsTerminal)
  const once = Effect.flatMap(printingFailures(action, output === "json"), (value) =>
    Console.log((clear ? CLEAR_SCREEN : "") + textIn(form, value))
  )
  yield* once
  if (watch) yield* Effect.forever(Effect.andThen(Effect.sleep(AGAIN), once))
})

const textIn = <A>({ output, render, watch }: Form<A>, value: A): string => {
  // One answer a line, for whoever reads them as they come.
  if (output === "json") return JSON.stringify(value, null, watch ? 0 : 2)
  if (output === "yaml") return watch ? `---\n${toYaml(value)}` : toYaml(value)
  return render(value)
}

export const printingFailures = <A>(action: Action<A>, json: boolean) =>
  action.pipe(
    Effect.catch((failure) =>
      Console.error(json ? JSON.stringify(failureJson(failure)) : failureText(failure)).pipe(
        Effect.andThen(Effect.fail(new ExitCode({ code: 1 })))
      )
    )
  )
