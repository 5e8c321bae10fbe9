/**
 * Looks at the training database before anything runs: every setting, grant and column that would keep capture from
 * a true stream, all at once, each with the statement that mends it. Reads only.
 */
import { Effect } from "effect"
import type { Finding } from "../../schemas/finding.ts"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import { checkPrivileges, checkReplicas } from "./preflight-account.ts"
import { checkTimeZone, tlsFinding } from "./preflight-session.ts"
import { checkSettings, type Variables } from "./preflight-settings.ts"
import { checkTables } from "./preflight-tables.ts"
import { readIdentity } from "./server-facts.ts"
import type { SourceOptions } from "./source-options.ts"
import { connectSql, type SqlConnection } from "./sql-connection.ts"

export interface CheckSourceExtent {
  /** Where a first start would begin. */
  readonly start?: "snapshot" | "earliest" | "latest" | undefined
  /** The zone DATETIME values are said to be in. */
  readonly timeZone?: string | undefined
}

/** Never fails: what cannot be looked at is a finding as well. */
export const checkSource = (
  options: SourceOptions,
  extent: CheckSourceExtent = {}
): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.scoped(
    Effect.gen(function* () {
      const connected = yield* Effect.result(connectSql(options))
      if (connected._tag === "Failure") return [unreachable(options, connected.failure)]
      const findings = yield* Effect.result(look(connected.success, options, extent))
      return findings._tag === "Success" ? findings.success : [unreachable(options, findings.failure)]
    })
  )

const unreachable = (options: SourceOptions, error: ChangeSourceError): Finding => ({
  severity: "error",
  check: "source connection",
  found: error.message,
  wanted: `an answer of ${options.host}:${options.port} as ${options.user}`,
  fix: error.remedy
})

const look = Effect.fnUntraced(function* (
  sql: SqlConnection,
  options: SourceOptions,
  extent: CheckSourceExtent
) {
  const identity = yield* readIdentity(sql)
  const variables: Variables = new Map(
    (yield* sql.query("SHOW GLOBAL VARIABLES")).map((row) => [
      String(row["Variable_name"]),
      String(row["Value"])
    ])
  )
  const findings: Array<Finding> = [
    {
      severity: "ok",
      check: "source connection",
      found: `${identity.mariadb ? "MariaDB" : "MySQL"} ${identity.version}, ${sql.encrypted ? "encrypted" : "not encrypted"}`,
      wanted: "a connection",
      fix: ""
    },
    tlsFinding(options, sql.encrypted),
    ...checkSettings(identity, variables, extent.start ?? "latest", options)
  ]
  findings.push(...(yield* checkTimeZone(sql, extent.timeZone)))
  findings.push(...(yield* checkPrivileges(sql, options, identity.mariadb)))
  findings.push(...(yield* checkReplicas(sql, options, identity.mariadb, variables)))
  // MySQL since 9.6, unless this is ON; other servers do not have it.
  const logsCascades = variables.get("innodb_native_foreign_keys") === "OFF"
  findings.push(...(yield* checkTables(sql, options, logsCascades)))
  return findings
})
