/** `gradewire check`: every misconfiguration of the three outside systems at once, each with the text that mends it. */
import { Option } from "effect"
import { Argument, Command } from "effect/cli"
import { CHECK_PARTS, type Actions, type PartFinding } from "./Actions.ts"
import { answer } from "./answer.ts"
import { checkIdentityCommand } from "./check-identity-command.ts"
import { configFlag, outputFlag } from "./flags.ts"
import { checkLagCommand } from "./lag-command.ts"
import { textTable } from "./text-table.ts"

export const checkCommand = (actions: Actions) =>
  Command.make(
    "check",
    {
      part: Argument.Literals("part", CHECK_PARTS).pipe(
        Argument.withDescription("One outside system only"),
        Argument.optional
      ),
      config: configFlag,
      output: outputFlag
    },
    ({ part, config, output }) =>
      answer(
        actions.check(config, Option.match(part, { onNone: () => CHECK_PARTS, onSome: (one) => [one] })),
        {
          json: output === "json",
          render: findingsText,
          toJson: (findings) => ({ ok: errorsIn(findings) === 0, findings }),
          exitCode: (findings) => (errorsIn(findings) === 0 ? 0 : 1)
        }
      )
  ).pipe(
    Command.withDescription(
      "Look for everything that would keep the connector from working, and say how to mend it"
    ),
    Command.withExamples([
      { command: "gradewire check --config connector.yaml", description: "All three systems" },
      {
        command: "gradewire check source --config connector.yaml",
        description: "Only the training database"
      },
      {
        command:
          "gradewire check --config connector.yaml -o json | jq '.findings[] | select(.severity==\"error\")'"
      }
    ]),
    Command.withSubcommands([checkIdentityCommand(actions), checkLagCommand(actions)])
  )

const errorsIn = (findings: ReadonlyArray<PartFinding>): number =>
  findings.filter((finding) => finding.severity === "error").length

const findingsText = (findings: ReadonlyArray<PartFinding>): string => {
  const table = textTable<PartFinding>(
    [
      { title: "PART", cell: (row) => row.part },
      { title: "RESULT", cell: (row) => row.severity.toUpperCase() },
      { title: "CHECK", cell: (row) => row.check },
      { title: "FOUND", cell: (row) => row.found || "(empty)" },
      { title: "WANTED", cell: (row) => row.wanted || "(empty)" }
    ],
    findings
  )
  const fixes = findings
    .filter((finding) => finding.severity !== "ok" && finding.fix !== "")
    .map((finding) => `${finding.part} ${finding.check}:\n  ${finding.fix.replaceAll("\n", "\n  ")}`)
  const errors = errorsIn(findings)
  const warnings = findings.filter((finding) => finding.severity === "warning").length
  const verdict =
    errors === 0 && warnings === 0
      ? "All is well."
      : `${plural(errors, "error")}, ${plural(warnings, "warning")}.`
  return [table, ...(fixes.length === 0 ? [] : ["To mend:", ...fixes]), verdict].join("\n\n")
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`
