/** `gradewire migrate`: brings our own tables in the HR database up to date; a second run changes nothing. */
import { Command } from "effect/cli"
import type { Actions, Migrated } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, outputFlag } from "./flags.ts"

export const migrateCommand = (actions: Actions) =>
  Command.make("migrate", { config: configFlag, output: outputFlag }, ({ config, output }) =>
    answer(actions.migrate(config), { json: output === "json", render: migratedText })
  ).pipe(
    Command.withDescription(
      "Create or update the schema gradewire in the HR database; target tables are never altered"
    ),
    Command.withExamples([{ command: "gradewire migrate --config connector.yaml" }])
  )

const migratedText = ({ applied, reader, total }: Migrated): string =>
  [
    applied === 0
      ? `Nothing to do: all ${total} migrations are there.`
      : `${applied} of ${total} migrations applied now.`,
    reader.ready
      ? "The role gradewire_reader may read the views."
      : `This account may not make the role gradewire_reader, which reads the views. As an administrator, once:\n\n${reader.statements}`
  ].join("\n")
