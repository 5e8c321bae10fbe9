/**
 * Preflight of the HR database on MySQL or MariaDB: everything that would keep apply from working, or make somebody
 * regret it, at once and each with the SQL that mends it. Reads the catalog, plans statements and counts; writes
 * nothing and shows no value (G9).
 */
import { Effect } from "effect"
import type { Finding } from "../../../schemas/finding.ts"
import { checkEmployees } from "../check-employees.ts"
import { error, ok } from "../findings.ts"
import { missingTable, runChecks } from "../preflight-run.ts"
import type { SourceColumns } from "../target-findings.ts"
import { employeeTable } from "./employee-table.ts"
import { targetTables, type HrMappingConfig } from "../mapping.ts"
import { readTableShape, type TableShape } from "./catalog.ts"
import { checkOwnRights, checkRights } from "./check-rights.ts"
import { checkTargetShape } from "./check-target-shape.ts"
import { classifyError } from "./classify-error.ts"
import { grantsFor } from "./mapping.ts"
import { migrationGrants } from "./migrate.ts"
import { openSession, type DriverError, type MySqlOptions, type MySqlSession } from "./mysql-client.ts"

export interface CheckTargetOptions {
  readonly mysql: MySqlOptions
  readonly mapping: HrMappingConfig
  /** What the source's columns can hold, where that is known: target sources by score table. */
  readonly sourceColumns?: ReadonlyMap<string, SourceColumns>
}

type Findings = ReadonlyArray<Finding>
type Check = Effect.Effect<Findings, DriverError>

/** JSON_TABLE came with MySQL 8.0.4 and MariaDB 10.6.0, collation utf8mb4_0900_bin with MySQL 8.0.17. */
const OLDEST = { mysql: [8, 0, 17], mariadb: [10, 6, 0] } as const

const isOldEnough = (version: string, oldest: readonly [number, number, number]): boolean => {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? []
  for (const [index, wanted] of oldest.entries()) {
    if ((parts[index] ?? 0) !== wanted) return (parts[index] ?? 0) > wanted
  }
  return true
}

interface Settings {
  readonly read_only: string | number
  readonly log_bin: string | number
  readonly binlog_format: string
}

const VERSION_WANTED = "MySQL 8.0.17, MariaDB 10.6 or later"

const checkServer = (session: MySqlSession): Check =>
  Effect.gen(function* () {
    const { isMariaDb, version } = yield* session.facts
    const [row] = yield* session.rows<Settings>(
      "select @@global.read_only as read_only, @@log_bin as log_bin, @@binlog_format as binlog_format"
    )
    const { binlog_format: format, log_bin: logs, read_only: readOnly } = row!
    return [
      isOldEnough(version, isMariaDb ? OLDEST.mariadb : OLDEST.mysql)
        ? ok("hr database version", version, VERSION_WANTED)
        : error("hr database version", version, VERSION_WANTED, "Upgrade the server."),
      Number(readOnly) === 0
        ? ok("hr database writable", "yes")
        : error("hr database writable", "read-only", "yes", "Point target.host at the primary server."),
      // READ COMMITTED, under which a batch reads, cannot be logged as statements.
      ...(Number(logs) === 1 && format === "STATEMENT"
        ? [
            error(
              "hr database binlog_format",
              format,
              "ROW or MIXED",
              "SET GLOBAL binlog_format = ROW; -- and binlog_format = ROW under [mysqld] in my.cnf"
            )
          ]
        : [])
    ]
  })

/** What SHOW GRANTS says of the whole server, or of our database in any way of writing its name. */
const MAY_CREATE =
  /^GRANT (?:.*\b(?:CREATE|ALL PRIVILEGES)\b(?! (?:USER|VIEW|ROUTINE|TEMPORARY|TABLESPACE|ROLE)).*) ON (?:\*\.\*|`gradewire`\.\*) TO /

const checkMigrations = (session: MySqlSession, { user }: MySqlOptions): Check =>
  Effect.gen(function* () {
    const grants = migrationGrants(user)
    const [found] = yield* session.rows<{ tables: string | number }>(
      "select count(*) as tables from information_schema.tables where table_schema = 'gradewire' and table_name = 'migration'"
    )
    if (Number(found!.tables) > 0) {
      return [ok("gradewire tables", "there"), ...(yield* checkOwnRights(session, grants))]
    }
    const listed = yield* session.rows("show grants")
    const texts = listed.map((row) => String(Object.values(row)[0]))
    // A role may bring the right; what it brings is not listed.
    if (texts.some((text) => MAY_CREATE.test(text) || /^GRANT `[^`]+`@/.test(text))) {
      return [ok("gradewire tables", "missing; made at the first start")]
    }
    return [error("gradewire tables", "missing, and this user may not create them", "there", grants)]
  })

const checkTables = (session: MySqlSession, options: CheckTargetOptions): Check =>
  Effect.gen(function* () {
    const { mapping, mysql } = options
    const shapes = new Map<string, TableShape>()
    const findings: Array<Finding> = []
    for (const table of new Set([mapping.employees.table, ...targetTables(mapping)])) {
      const shape = yield* readTableShape(session, table)
      if (shape === undefined) findings.push(missingTable(table, grantsFor(mysql.user, mapping)))
      else shapes.set(table, shape)
    }
    findings.push(...(yield* checkRights(session, mysql, mapping, shapes)))
    for (const { table, target } of mapping.scores) {
      const shape = shapes.get(target.table)
      if (shape === undefined || target.own !== undefined) continue
      findings.push(...checkTargetShape(target, shape, options.sourceColumns?.get(table)))
    }
    const staff = shapes.get(mapping.employees.table)
    if (staff !== undefined)
      findings.push(
        ...(yield* checkEmployees(employeeTable(session, mapping.employees, staff), mapping.employees))
      )
    return findings
  })

/** Never fails: what goes wrong on the way is a finding. */
export const checkTarget = (options: CheckTargetOptions): Effect.Effect<Findings> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options.mysql)
      const { mapping, mysql } = options
      const place = { server: `${mysql.host}:${mysql.port}`, grants: grantsFor(mysql.user, mapping) }
      const checks = [checkServer(session), checkMigrations(session, mysql), checkTables(session, options)]
      return yield* runChecks(checks, (cause) => classifyError(cause, place))
    })
  )
