/** `gradewire events …`: what travels through the change log, readable and masked. Reads only; nobody's progress moves. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { parsePosition } from "../../schemas/position.ts"
import type { Actions } from "./Actions.ts"
import type { LoggedEventView } from "./LoggedEvents.ts"
import { answer, printingFailures } from "./answer.ts"
import { eventLines, eventText } from "./event-text.ts"
import { configFlag, outputFlag, revealFlag, sourceTableFlag, textFlag } from "./flags.ts"

export const eventsCommand = (actions: Actions) =>
  Command.make("events").pipe(
    Command.withDescription("Change events in the change log: the newest, those that come, or one of them"),
    Command.withSubcommands([tail(actions), show(actions)])
  )

const tail = (actions: Actions) =>
  Command.make(
    "tail",
    {
      config: configFlag,
      output: outputFlag,
      lines: Flag.Int("lines").pipe(
        Flag.withAlias("n"),
        Flag.withDescription("So many of the newest"),
        Flag.filter(
          (lines) => lines >= 0 && lines <= 100_000,
          (lines) => `expected 0 to 100000, got ${lines}`
        ),
        Flag.withDefault(20)
      ),
      follow: Flag.Boolean("follow").pipe(
        Flag.withAlias("f"),
        Flag.withDescription("Go on with what comes, until interrupted"),
        Flag.withDefault(false)
      ),
      type: textFlag("type", "TYPE", "Only events of this type, such as score.corrected"),
      table: sourceTableFlag,
      result: textFlag("result", "ID", "Only changes of this result, such as lms.exam_result:4711"),
      reveal: revealFlag
    },
    ({ config, follow, lines, output, result, reveal, table, type }) => {
      const filter = {
        type: Option.getOrNull(type),
        table: Option.getOrNull(table),
        result: Option.getOrNull(result)
      }
      const isJson = output === "json"
      let isFirst = true
      const print = (events: ReadonlyArray<LoggedEventView>) => {
        const text = isJson
          ? events.map((event) => JSON.stringify(event)).join("\n")
          : eventLines(events, isFirst)
        isFirst = false
        return text === "" ? Effect.void : Console.log(text)
      }
      return printingFailures(actions.eventsTail(config, { lines, follow, filter, reveal }, print), isJson)
    }
  ).pipe(
    Command.withDescription("The newest change events, oldest of them first; -o json prints one a line"),
    Command.withExamples([
      { command: "gradewire events tail --config connector.yaml -n 50" },
      { command: "gradewire events tail --config connector.yaml --follow --type score.revoked" },
      {
        command: "gradewire events tail --config connector.yaml --result lms.exam_result:4711 -o json",
        description: "Everything the log still has of one result"
      }
    ])
  )

const show = (actions: Actions) =>
  Command.make(
    "show",
    {
      config: configFlag,
      output: outputFlag,
      position: Argument.String("position").pipe(
        Argument.withDescription("The event's position, as tail prints it"),
        Argument.filter(
          (text) => parsePosition(text) !== undefined,
          (text) => `expected a position such as 0001-0000000123-00000004567890-0000000033554434, got ${text}`
        )
      ),
      reveal: revealFlag
    },
    ({ config, output, position, reveal }) =>
      answer(actions.event(config, position, reveal), { json: output === "json", render: eventText })
  ).pipe(
    Command.withDescription("One change event as other systems receive it, masked"),
    Command.withExamples([
      {
        command:
          "gradewire events show 0001-0000000123-00000004567890-0000000033554434 --config connector.yaml"
      }
    ])
  )
