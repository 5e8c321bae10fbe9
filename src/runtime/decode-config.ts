/** Text of a connector's file as its configuration, or every problem in it with line and column. Pure. */
import { Result, Schema } from "effect"
import { AlertsConfig } from "../../schemas/alerts-config.ts"
import { ReconcileConfig } from "../../schemas/reconcile-config.ts"
import {
  ChangeLogConfig,
  ConnectorConfig,
  SourceConfig,
  TargetConfig
} from "../../schemas/connector-config.ts"
import { EmployeesConfig } from "../../schemas/employees-config.ts"
import { TableConfig } from "../../schemas/table-config.ts"
import { checkConfig } from "./check-config.ts"
import { ConfigInvalid, type ConfigIssue, type Problem } from "./config-errors.ts"
import type { ConfigParts } from "./config-parts.ts"
import { parseYaml, type ParsedYaml } from "./parse-yaml.ts"
import { pathText } from "./path-text.ts"
import { schemaProblems } from "./schema-problems.ts"

const decodeWhole = Schema.decodeUnknownResult(ConnectorConfig, { errors: "all", onExcessProperty: "error" })

/** @param file its name, for messages only */
export const decodeConfig = (file: string, text: string): Result.Result<ConnectorConfig, ConfigInvalid> => {
  const yaml = parseYaml(text)
  if (yaml.value === undefined) return Result.fail(ConfigInvalid.of(file, yaml.problems))
  const decoded = decodeWhole(yaml.value)
  const issues = Result.isFailure(decoded) ? schemaProblems(decoded.failure.issue, yaml.value) : []
  const located = locateAll(yaml, [...issues, ...checkConfig(partsOf(yaml.value))])
  const problems = [...yaml.problems, ...located].sort((a, b) => a.line - b.line || a.column - b.column)
  return Result.isSuccess(decoded) && problems.length === 0
    ? Result.succeed(decoded.success)
    : Result.fail(ConfigInvalid.of(file, problems))
}

const locateAll = (yaml: ParsedYaml, issues: ReadonlyArray<ConfigIssue>): ReadonlyArray<Problem> =>
  issues.map(({ path, end, message, fix }) => ({
    ...yaml.locate(path, end),
    path: pathText(path),
    message,
    fix
  }))

/** Each part by itself, unknown keys overlooked: those are reported already and need not hide what else is wrong. */
const partsOf = (value: unknown): ConfigParts => {
  const root = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
  const tables = Array.isArray(root["tables"]) ? (root["tables"] as ReadonlyArray<unknown>) : []
  return {
    source: part(SourceConfig, root["source"]),
    changeLog: part(ChangeLogConfig, root["changeLog"]),
    target: part(TargetConfig, root["target"]),
    employees: part(EmployeesConfig, root["employees"]),
    alerts: part(AlertsConfig, root["alerts"]),
    reconcile: part(ReconcileConfig, root["reconcile"]),
    tables: tables.map((table) => part(TableConfig, table))
  }
}

const part = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  value: unknown
): S["Type"] | undefined => Result.getOrUndefined(Schema.decodeUnknownResult(schema)(value))
