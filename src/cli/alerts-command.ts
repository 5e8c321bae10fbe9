/** `gradewire alerts test`: does a notice reach everybody who should be told? */
import { Command } from "effect/cli"
import type { Actions, AlertTest } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, outputFlag } from "./flags.ts"
import { textTable } from "./text-table.ts"

export const alertsCommand = (actions: Actions) =>
  Command.make("alerts").pipe(
    Command.withDescription("Who is told when something is wrong"),
    Command.withSubcommands([test(actions)])
  )

const test = (actions: Actions) =>
  Command.make("test", { config: configFlag, output: outputFlag }, ({ config, output }) =>
    answer(actions.testAlerts(config), {
      json: output === "json",
      render: testText,
      toJson: (tests) => ({ ok: tests.every(({ delivered }) => delivered), webhooks: tests }),
      exitCode: (tests) => (tests.every(({ delivered }) => delivered) ? 0 : 1)
    })
  ).pipe(
    Command.withDescription(
      "Send a test notice to every webhook of the configuration, and show what each answered"
    ),
    Command.withExamples([
      { command: "gradewire alerts test --config connector.yaml" },
      { command: "gradewire alerts test --config connector.yaml -o json | jq .webhooks" }
    ])
  )

const testText = (tests: ReadonlyArray<AlertTest>): string => {
  const table = textTable<AlertTest>(
    [
      { title: "WEBHOOK", cell: (row) => row.webhook },
      { title: "DELIVERED", cell: (row) => (row.delivered ? "yes" : "NO") },
      { title: "ANSWER", cell: (row) => row.answer }
    ],
    tests
  )
  const fixes = tests.flatMap(({ fix, webhook }) => (fix === null ? [] : [`${webhook}:\n  ${fix}`]))
  return [table, ...(fixes.length === 0 ? [] : ["To mend:", ...fixes])].join("\n\n")
}
