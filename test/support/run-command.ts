/** Runs one command of the tree over actions of the test's own, and keeps what it prints. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, ConfigProvider, Console, Effect, Exit } from "effect"
import { CliError, CliOutput, Command } from "effect/cli"
import type { Actions } from "../../src/cli/Actions.ts"
import { ExitCode } from "../../src/cli/answer.ts"
import { gradewireCommand } from "../../src/cli/gradewire-command.ts"
import { usageCode, usagePresenter } from "../../src/cli/usage-presenter.ts"

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export const runCommand = async (
  actions: Actions,
  args: ReadonlyArray<string>,
  env: Record<string, string> = {}
): Promise<Outcome> => {
  const out: Array<string> = []
  const err: Array<string> = []
  const quiet = {
    ...globalThis.console,
    log: (text: string) => out.push(text),
    error: (text: string) => err.push(text)
  }
  const exit = await Effect.runPromiseExit(
    Command.runWith(gradewireCommand(actions), { version: "9.9.9" })(args).pipe(
      Effect.provide([NodeServices.layer, CliOutput.layerPresenter(usagePresenter)]),
      Effect.provideService(Console.Console, quiet as unknown as Console.Console),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
    )
  )
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  const code =
    error === undefined
      ? 0
      : error instanceof ExitCode
        ? error.code
        : CliError.isCliError(error)
          ? usageCode(error)
          : 70
  return { code, out: out.join("\n"), err: err.join("\n") }
}
