/** `gradewire config …`: is the file right, what does it amount to, what may stand in it. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import type { Actions, ConfigSummary } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, outputFlag } from "./flags.ts"
import { textTable } from "./text-table.ts"
import { toYaml } from "./yaml-text.ts"

export const configCommand = (actions: Actions) =>
  Command.make("config").pipe(
    Command.withDescription("Validate, explain and describe the configuration"),
    Command.withSubcommands([validate(actions), render(actions), schema(actions)])
  )

const validate = (actions: Actions) =>
  Command.make("validate", { config: configFlag, output: outputFlag }, ({ config, output }) =>
    answer(actions.validate(config), {
      json: output === "json",
      render: (summary) => `${config} is valid: connector ${summary.connector}\n${tablesText(summary)}`,
      toJson: (summary) => ({ valid: true, ...summary })
    })
  ).pipe(
    Command.withDescription(
      "Report every problem of the file at once, with line and column; connects to nothing"
    ),
    Command.withExamples([{ command: "gradewire config validate --config connector.yaml" }])
  )

const tablesText = (summary: ConfigSummary): string =>
  textTable(
    [
      { title: "TABLE", cell: (row) => row.table },
      { title: "AS", cell: (row) => row.as },
      { title: "FILLS", cell: (row) => row.target ?? "-" }
    ],
    summary.tables
  )

const render = (actions: Actions) =>
  Command.make(
    "render",
    {
      config: configFlag,
      output: Flag.Literals("output", ["yaml", "json"]).pipe(
        Flag.withAlias("o"),
        Flag.withDescription("Form of the answer"),
        Flag.withDefault("yaml")
      )
    },
    ({ config, output }) => answer(actions.effective(config), { json: output === "json", render: toYaml })
  ).pipe(
    Command.withDescription(
      "Print the configuration with every default and derived name; secrets are never read"
    ),
    Command.withExamples([{ command: "gradewire config render --config connector.yaml -o json" }])
  )

const schema = (actions: Actions) =>
  Command.make("schema", {}, () =>
    answer(
      Effect.suspend(() => actions.schema),
      { json: true, render: String }
    )
  ).pipe(
    Command.withDescription("Print the JSON Schema of the configuration, for editors"),
    Command.withExamples([{ command: "gradewire config schema > connector-config.schema.json" }])
  )
