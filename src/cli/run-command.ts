/** `gradewire run`: the connector itself, until it is told to stop or must stop. */
import { Effect, Stdio } from "effect"
import { Command, Flag } from "effect/cli"
import { ROLES, type Actions } from "./Actions.ts"
import { printingFailures } from "./answer.ts"
import { configFlag } from "./flags.ts"

export const runCommand = (actions: Actions) =>
  Command.make(
    "run",
    {
      config: configFlag,
      role: Flag.Literals("role", ROLES).pipe(
        Flag.withDescription(
          "capture: training database to change log; apply: change log to HR database; all: both"
        ),
        Flag.withDefault("all")
      ),
      logFormat: Flag.Literals("log-format", ["auto", "json", "text"]).pipe(
        Flag.withDescription("auto: text on a terminal, one JSON object a line elsewhere"),
        Flag.withDefault("auto")
      )
    },
    Effect.fnUntraced(function* ({ config, role, logFormat }) {
      const stdio = yield* Stdio.Stdio
      const isTerminal = yield* stdio.stderrIsTerminal
      const log = logFormat === "auto" ? (isTerminal ? "text" : "json") : logFormat
      // Standard error stays one JSON object a line to the very last.
      return yield* printingFailures(actions.run(config, role, log), log === "json")
    })
  ).pipe(
    Command.withDescription("Run the connector; logs go to standard error, SIGTERM stops it in order"),
    Command.withExamples([
      { command: "gradewire run --config connector.yaml", description: "Both roles in one process" },
      { command: "gradewire run --config connector.yaml --role apply --log-level debug" }
    ])
  )
