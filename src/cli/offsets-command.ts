/**
 * `gradewire offsets …`: where is it, how far behind. Answers from the HR database alone, running or not; what the training
 * database, NATS and the processes would add is unknown where they do not answer.
 */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { StageOffset } from "../../schemas/stage-offset.ts"
import type { Actions } from "./Actions.ts"
import { answerAgain } from "./answer.ts"
import { configFlag, verticalFlag, watchFlag } from "./flags.ts"
import { historyCommand, resetCommand, restoreCommand } from "./offset-moves-command.ts"
import { offsetsTable, offsetsVertical } from "./offsets-text.ts"

export const offsetsCommand = (actions: Actions) =>
  Command.make("offsets").pipe(
    Command.withDescription("Progress of the connector: where it is, and how it is sent elsewhere"),
    Command.withSubcommands([
      list(actions),
      show(actions),
      resetCommand(actions),
      restoreCommand(actions),
      historyCommand(actions)
    ])
  )

type Form = "table" | "wide" | "json" | "yaml"

const flags = {
  config: configFlag,
  output: Flag.Literals("output", ["table", "wide", "json", "yaml"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("Form of the answer; schemas/json/offset-list.json describes json and yaml"),
    Flag.withDefault("table")
  ),
  watch: watchFlag
}

const list = (actions: Actions) =>
  Command.make(
    "list",
    {
      ...flags,
      vertical: verticalFlag
    },
    ({ vertical, ...given }) => printed(actions.offsets(given.config), given, vertical)
  ).pipe(
    Command.withDescription(
      "Source, stream and sink of the connector, and the sinks of every other one in its HR database"
    ),
    Command.withExamples([
      { command: "gradewire offsets list --config connector.yaml" },
      { command: "gradewire offsets list --config connector.yaml --watch" },
      { command: "gradewire offsets list --config connector.yaml -o json" }
    ])
  )

const show = (actions: Actions) =>
  Command.make("show", flags, (given) => printed(ownOffsets(actions, given.config), given, true)).pipe(
    Command.withDescription("Everything that is known of the connector's stages, one field a line"),
    Command.withExamples([
      { command: "gradewire offsets show --config connector.yaml" },
      { command: "gradewire offsets show --config connector.yaml -o yaml" }
    ])
  )

/** The first row is the connector's own source. */
const ownOffsets = (actions: Actions, config: string): ReturnType<Actions["offsets"]> =>
  Effect.map(actions.offsets(config), (rows) =>
    rows.filter(({ connector }) => connector === rows[0]!.connector)
  )

const printed = (
  action: ReturnType<Actions["offsets"]>,
  { output, watch }: { readonly output: Form; readonly watch: boolean },
  vertical: boolean
) =>
  answerAgain(action, {
    output,
    watch,
    render: (rows: ReadonlyArray<StageOffset>) =>
      vertical && output === "table" ? offsetsVertical(rows) : offsetsTable(rows, output === "wide")
  })
