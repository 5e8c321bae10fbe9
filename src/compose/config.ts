/** `config validate` and `config render`: the file alone, nothing connected to. */
import { Effect } from "effect"
import { OWN_TABLE } from "../../connectors/hr/own-target.ts"
import { progressSubject, messageSubject } from "../../connectors/jetstream/options.ts"
import type { ScoreTable } from "../../schemas/table-config.ts"
import type { ConfigSummary } from "../cli/Actions.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"

export const validate = (file: string) =>
  Effect.map(loadConfig(file), ({ config }): ConfigSummary => ({
    connector: config.connector,
    tables: config.tables.map((table) => ({
      table: table.table,
      as: table.as,
      target: table.as === "score" ? targetName(table.target) : undefined
    }))
  }))

const targetName = (target: ScoreTable["target"]): string =>
  target === undefined || typeof target === "string" || target.table === "own" ? OWN_TABLE : target.table

/** With what follows from the connector's name under `derived`; not part of the file's own schema. */
export const effective = (file: string) =>
  Effect.map(loadConfig(file), ({ config }): Readonly<Record<string, unknown>> => {
    const whole = effectiveConfig(config)
    return {
      ...whole,
      derived: {
        stream: whole.changeLog.stream,
        subjects: [
          messageSubject(config.connector, "segment"),
          messageSubject(config.connector, "checkpoint")
        ],
        progressSubject: progressSubject(config.connector),
        serverId: whole.source.serverId
      }
    }
  })
