/** The command tree. Its definitions are read for every `--help`; what they do is loaded only when asked for. */
import { Command } from "effect/cli"
import type { Actions } from "./Actions.ts"
import { alertsCommand } from "./alerts-command.ts"
import { checkCommand } from "./check-command.ts"
import { configCommand } from "./config-command.ts"
import { deadlettersCommand } from "./deadletters-command.ts"
import { heldCommand } from "./held-command.ts"
import { eventsCommand } from "./events-command.ts"
import { explainCommand } from "./explain-command.ts"
import { lagCommand } from "./lag-command.ts"
import { lanesCommand } from "./lanes-command.ts"
import { migrateCommand } from "./migrate-command.ts"
import { offsetsCommand } from "./offsets-command.ts"
import { pauseCommand, resumeCommand, throttleCommand } from "./pause-command.ts"
import { runCommand } from "./run-command.ts"
import { traceCommand } from "./trace-command.ts"
import { statusCommand } from "./status-command.ts"
import { reportCommand } from "./report-command.ts"
import { repairCommand } from "./repair-command.ts"
import { snapshotCommand } from "./snapshot-command.ts"
import { verifyCommand } from "./verify-command.ts"

export const gradewireCommand = (actions: Actions) =>
  Command.make("gradewire").pipe(
    Command.withDescription(
      "Carries exam scores from a training database's binlog into employee profiles, exactly once"
    ),
    Command.withExamples([
      { command: "gradewire config validate --config connector.yaml", description: "Is the file right?" },
      { command: "gradewire check --config connector.yaml", description: "Are the servers ready?" },
      { command: "gradewire run --config connector.yaml", description: "Run it" },
      { command: "gradewire status --config connector.yaml", description: "All of it in one screen" },
      {
        command: "gradewire offsets list --config connector.yaml",
        description: "Where is it, how far behind?"
      }
    ]),
    Command.withSubcommands([
      runCommand(actions),
      configCommand(actions),
      checkCommand(actions),
      offsetsCommand(actions),
      deadlettersCommand(actions),
      heldCommand(actions),
      traceCommand(actions),
      eventsCommand(actions),
      lanesCommand(actions),
      snapshotCommand(actions),
      verifyCommand(actions),
      repairCommand(actions),
      reportCommand(actions),
      migrateCommand(actions),
      statusCommand(actions),
      lagCommand(actions),
      explainCommand(actions),
      alertsCommand(actions),
      pauseCommand(actions),
      resumeCommand(actions),
      throttleCommand(actions)
    ])
  )
