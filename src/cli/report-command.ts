/** `gradewire report …`: comparisons that were made, for whoever must show or check them. */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Actions } from "./Actions.ts"
import { answer } from "./answer.ts"
import { configFlag, limitFlag, outputFlag, textFlag } from "./flags.ts"
import { reportHtml } from "./report-html.ts"
import { toldTable } from "./verify-command.ts"
import { reportCheckText, reportListText, reportText } from "./report-text.ts"

export const reportCommand = (actions: Actions) =>
  Command.make("report").pipe(
    Command.withDescription("Comparisons of both databases, as sealed reports for an auditor"),
    Command.withSubcommands([list(actions), show(actions), check(actions)])
  )

const list = (actions: Actions) =>
  Command.make(
    "list",
    {
      config: configFlag,
      output: outputFlag,
      limit: limitFlag(20)
    },
    ({ config, limit, output }) =>
      answer(actions.reports(config, limit), {
        json: output === "json",
        render: reportListText,
        // Where a run goes on may be a personal key.
        toJson: ({ runs }) =>
          runs.map((run) => ({ ...run, tables: run.tables.map((table) => toldTable(table, run.scope)) }))
      })
  ).pipe(
    Command.withDescription("Runs of gradewire verify, newest first, and how many rows are still open"),
    Command.withExamples([{ command: "gradewire report list --config connector.yaml" }])
  )

const show = (actions: Actions) =>
  Command.make(
    "show",
    {
      run: Argument.String("run").pipe(
        Argument.withDescription("Name of the run; left out: the newest that was finished"),
        Argument.optional
      ),
      config: configFlag,
      output: Flag.Literals("output", ["table", "html", "json"]).pipe(
        Flag.withAlias("o"),
        Flag.withDescription("html is a page of its own that can be printed"),
        Flag.withDefault("table")
      )
    },
    ({ config, output, run }) =>
      answer(actions.report(config, Option.getOrUndefined(run)), {
        json: output === "json",
        render: output === "html" ? reportHtml : reportText
      })
  ).pipe(
    Command.withDescription(
      "What was compared, what differed, who repaired what, sealed by a hash; signed where reconcile.signingKey is set"
    ),
    Command.withExamples([
      { command: "gradewire report show --config connector.yaml", description: "The newest one" },
      {
        command: "gradewire report show 20261122T145831-1c9a --config connector.yaml -o html > report.html"
      }
    ])
  )

const check = (actions: Actions) =>
  Command.make(
    "check",
    {
      file: Argument.String("file").pipe(Argument.withDescription("Report that show wrote, HTML or JSON")),
      output: outputFlag,
      key: textFlag("key", "FILE", "Public key that must have signed it, PEM")
    },
    ({ file, key, output }) =>
      answer(actions.checkReport(file, Option.getOrUndefined(key)), {
        json: output === "json",
        render: reportCheckText,
        exitCode: ({ isGenuine }) => (isGenuine ? 0 : 3)
      })
  ).pipe(
    Command.withDescription(
      "Was anything in the file altered? Needs no database; ends with 3 where something was"
    ),
    Command.withExamples([
      { command: "gradewire report check report.html" },
      { command: "gradewire report check report.html --key report-public.pem" }
    ])
  )
