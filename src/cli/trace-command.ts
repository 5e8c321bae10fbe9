/** `gradewire trace`: why a score is, or is not, in the profile. */
import { Console, Effect, Option } from "effect"
import { Argument, Command } from "effect/cli"
import type { Actions } from "./Actions.ts"
import { answer, ExitCode, WRONG_USAGE } from "./answer.ts"
import { configFlag, limitFlag, outputFlag, revealFlag, textFlag } from "./flags.ts"
import { employeeTraceText, resultTraceText } from "./trace-text.ts"

export const traceCommand = (actions: Actions) =>
  Command.make(
    "trace",
    {
      config: configFlag,
      output: outputFlag,
      result: Argument.String("result").pipe(
        Argument.withDescription("Source table and key of the result, lms.exam_result:4711"),
        Argument.optional
      ),
      employee: textFlag("employee", "KEY", "Instead of a result: all that was filed for this employee"),
      limit: limitFlag(100, "With --employee: at most so many results, the newest"),
      reveal: revealFlag
    },
    ({ config, employee, limit, output, result, reveal }) => {
      const json = output === "json"
      if (Option.isNone(employee) && Option.isNone(result))
        return Effect.andThen(
          Console.error(
            "gradewire: name a result, or an employee with --employee KEY; gradewire trace --help"
          ),
          Effect.fail(new ExitCode({ code: WRONG_USAGE }))
        )
      return Option.isSome(employee)
        ? answer(actions.traceEmployee(config, employee.value, limit, reveal), {
            json,
            render: employeeTraceText
          })
        : answer(
            actions.traceResult(
              config,
              Option.getOrElse(result, () => ""),
              reveal
            ),
            { json, render: resultTraceText }
          )
    }
  ).pipe(
    Command.withDescription(
      "Why is this score (not) in the profile? Source transaction, change log, matching, queues, decisions, history"
    ),
    Command.withExamples([
      { command: "gradewire trace lms.exam_result:4711 --config connector.yaml" },
      { command: "gradewire trace --employee E00042 --reveal --config connector.yaml" }
    ])
  )
