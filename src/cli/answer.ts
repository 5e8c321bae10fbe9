/** Runs one action and prints its answer on standard output, or its error on standard error, with the exit code it means. */
import { Console, Data, Effect, Runtime } from "effect"
import { failureJson, failureText } from "./failure-text.ts"
import type { Action } from "./Actions.ts"

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

export const printingFailures = <A>(action: Action<A>, json: boolean) =>
  action.pipe(
    Effect.catch((failure) =>
      Console.error(json ? JSON.stringify(failureJson(failure)) : failureText(failure)).pipe(
        Effect.andThen(Effect.fail(new ExitCode({ code: 1 })))
      )
    )
  )
