/** Server variables against what a complete, self-describing row stream needs. Pure. */
import type { Finding } from "../../schemas/finding.ts"
import type { SourceOptions } from "./source-options.ts"

/** SHOW GLOBAL VARIABLES. */
export type Variables = ReadonlyMap<string, string>

interface Identity {
  readonly version: string
  readonly mariadb: boolean
}

const RETENTION_SECONDS_MIN = 3 * 86_400

export const checkSettings = (
  identity: Identity,
  variables: Variables,
  start: "snapshot" | "earliest" | "latest",
  options: SourceOptions
): ReadonlyArray<Finding> => {
  const value = (name: string): string => variables.get(name) ?? ""
  const set = identity.mariadb
    ? (name: string, to: string) =>
        `SET GLOBAL ${name} = ${to}; -- and ${name} = ${to} under [mysqld] in my.cnf`
    : (name: string, to: string) => `SET PERSIST ${name} = ${to};`
  const expect = (severity: "error" | "warning", check: string, wanted: string, fix: string): Finding => {
    const found = value(check)
    return found.toUpperCase() === wanted ? ok(check, found, wanted) : { severity, check, found, wanted, fix }
  }
  return [
    versionFinding(identity),
    expect(
      "error",
      "log_bin",
      "ON",
      "log_bin = binlog and server_id = 1 under [mysqld] in my.cnf, then restart the server"
    ),
    expect("error", "binlog_format", "ROW", set("binlog_format", "ROW")),
    expect("error", "binlog_row_image", "FULL", set("binlog_row_image", "FULL")),
    expect("error", "binlog_row_metadata", "FULL", set("binlog_row_metadata", "FULL")),
    expect("warning", "binlog_checksum", "CRC32", set("binlog_checksum", "CRC32")),
    ...(identity.mariadb
      ? [expect("warning", "gtid_strict_mode", "ON", set("gtid_strict_mode", "ON"))]
      : mysqlOnly(value, expect, set, start)),
    retention(value, identity.mariadb, set),
    ...options.tables.flatMap((table) => skippedSchema(value, table.schema))
  ]
}

const ok = (check: string, found: string, wanted: string): Finding => ({
  severity: "ok",
  check,
  found,
  wanted,
  fix: ""
})

/** binlog_row_metadata exists since MySQL 8.0.1 and MariaDB 10.5.0. */
const versionFinding = ({ version, mariadb }: Identity): Finding => {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10))
  const wanted = mariadb ? "MariaDB 10.5 or later" : "MySQL 8.0 or later"
  const fits = mariadb ? major > 10 || (major === 10 && minor >= 5) : major >= 8
  if (fits) return ok("version", version, wanted)
  return {
    severity: "error",
    check: "version",
    found: version,
    wanted,
    fix: `Upgrade the server to ${wanted}, or read from a replica that runs it`
  }
}

const mysqlOnly = (
  value: (name: string) => string,
  expect: (severity: "error" | "warning", check: string, wanted: string, fix: string) => Finding,
  set: (name: string, to: string) => string,
  start: "snapshot" | "earliest" | "latest"
): ReadonlyArray<Finding> => {
  const purged = value("gtid_purged").replaceAll(/\s/g, "")
  return [
    expect("warning", "binlog_row_value_options", "", set("binlog_row_value_options", "''")),
    expect("warning", "binlog_transaction_compression", "OFF", set("binlog_transaction_compression", "OFF")),
    expect(
      "warning",
      "gtid_mode",
      "ON",
      "SET PERSIST enforce_gtid_consistency = ON; SET PERSIST gtid_mode = OFF_PERMISSIVE; SET PERSIST gtid_mode = ON_PERMISSIVE; SET PERSIST gtid_mode = ON; one after the other, waiting for Ongoing_anonymous_transaction_count = 0 before the last"
    ),
    start === "earliest" && purged !== ""
      ? {
          severity: "warning",
          check: "gtid_purged",
          found: purged,
          wanted: "empty when the first start is at the earliest binlog",
          fix: "The oldest binlog files are gone: rows older than them come from a copy of the tables only"
        }
      : ok("gtid_purged", purged, "no matter for the chosen start")
  ]
}

/** 0 means for ever. MariaDB before 10.6 has days only. */
const retention = (
  value: (name: string) => string,
  mariadb: boolean,
  set: (name: string, to: string) => string
): Finding => {
  const seconds = Number(value("binlog_expire_logs_seconds") || Number(value("expire_logs_days")) * 86_400)
  const wanted = "0, or at least three days"
  const found = seconds === 0 ? "0 (kept for ever)" : `${seconds} s`
  if (seconds === 0 || seconds >= RETENTION_SECONDS_MIN) return ok("binlog retention", found, wanted)
  const name =
    mariadb && value("binlog_expire_logs_seconds") === "" ? "expire_logs_days" : "binlog_expire_logs_seconds"
  const to = name === "expire_logs_days" ? "7" : String(7 * 86_400)
  return { severity: "warning", check: "binlog retention", found, wanted, fix: set(name, to) }
}

/** MariaDB shows its filters as variables; MySQL's stand in SHOW BINARY LOG STATUS, see preflight-account.ts. */
const skippedSchema = (value: (name: string) => string, schema: string): ReadonlyArray<Finding> =>
  filterFindings(schema, value("binlog_do_db"), value("binlog_ignore_db"))

/** Changes of a schema that a filter keeps out of the binlog are never seen. */
export const filterFindings = (schema: string, doDb: string, ignoreDb: string): ReadonlyArray<Finding> => {
  const names = (list: string): ReadonlyArray<string> => list.split(",").filter((name) => name !== "")
  const kept = names(doDb).length === 0 || names(doDb).includes(schema)
  if (kept && !names(ignoreDb).includes(schema)) return []
  return [
    {
      severity: "error",
      check: `binlog filter ${schema}`,
      found: `binlog_do_db = ${doDb}, binlog_ignore_db = ${ignoreDb}`,
      wanted: `changes of ${schema} in the binlog`,
      fix: "Take binlog-do-db and binlog-ignore-db out of my.cnf, then restart the server"
    }
  ]
}
