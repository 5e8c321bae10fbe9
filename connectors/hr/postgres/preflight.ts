/**
 * Preflight of the HR database: everything that would keep apply from working, or make somebody regret it, at once and
 * each with the SQL that mends it. Reads the catalog and counts; writes nothing and shows no value (G9).
 */
import { Effect } from "effect"
import { offsetMinutes } from "../../../schemas/civil-time.ts"
import type { Finding } from "../../../schemas/finding.ts"
import { readTableShape, type TableShape } from "./catalog.ts"
import { checkTargetShape } from "./check-target-shape.ts"
import { classifyError } from "./classify-error.ts"
import { checkEmployees } from "../check-employees.ts"
import { error, ok } from "../findings.ts"
import { missingTable, runChecks } from "../preflight-run.ts"
import type { SourceColumns } from "../target-findings.ts"
import { employeeTable } from "./employee-table.ts"
import { ownTables, targetTables, type HrMappingConfig } from "../mapping.ts"
import { grantsFor } from "./mapping.ts"
import {
  openSession,
  type DriverError,
  type PostgresOptions,
  type PostgresSession
} from "./postgres-client.ts"
import { identifier, relation } from "./sql-text.ts"

export interface CheckTargetOptions {
  readonly postgres: PostgresOptions
  readonly mapping: HrMappingConfig
  /** What the source's columns can hold, where that is known: target sources by score table. */
  readonly sourceColumns?: ReadonlyMap<string, SourceColumns>
}

type Findings = ReadonlyArray<Finding>
type Check = Effect.Effect<Findings, DriverError>

/** Everything in use is older than 13, by the manual; the tests run on 15. */
const OLDEST_VERSION = 130_000
const VERSION_WANTED = "PostgreSQL 13 or later"

const checkVersion = (session: PostgresSession): Check =>
  Effect.map(
    session.rows<{ number: number; version: string; encoding: string; read_only: string }>({
      text: `select current_setting('server_version_num')::integer as number,
        current_setting('server_version') as version, current_setting('server_encoding') as encoding,
        current_setting('transaction_read_only') as read_only`
    }),
    ([row]) => {
      const found = row!
      return [
        found.number >= OLDEST_VERSION
          ? ok("hr database version", found.version, VERSION_WANTED)
          : error("hr database version", found.version, VERSION_WANTED, "Upgrade the server."),
        found.encoding === "UTF8"
          ? ok("hr database encoding", "UTF8")
          : error(
              "hr database encoding",
              found.encoding,
              "UTF8",
              "CREATE DATABASE hr ENCODING 'UTF8' TEMPLATE template0;"
            ),
        found.read_only === "off"
          ? ok("hr database writable", "yes")
          : error("hr database writable", "read-only", "yes", "Point target.host at the primary server.")
      ]
    }
  )

const checkMigrations = (session: PostgresSession, { database, user }: PostgresOptions): Check =>
  Effect.map(
    session.rows<{ is_there: boolean; may_create: boolean }>({
      text: `select to_regclass('gradewire.migration') is not null as is_there,
        has_database_privilege(current_database(), 'CREATE') as may_create`
    }),
    ([row]) => {
      if (row!.is_there) return [ok("gradewire tables", "there")]
      if (row!.may_create) return [ok("gradewire tables", "missing; made at the first start")]
      const fix = `GRANT CREATE ON DATABASE ${identifier(database)} TO ${identifier(user)};\n-- or run gradewire migrate as the database's owner`
      return [error("gradewire tables", "missing, and this user may not create them", "there", fix)]
    }
  )

interface Right {
  readonly table: string
  readonly privilege: string
}

const rightsOf = (mapping: HrMappingConfig): ReadonlyArray<Right> => [
  { table: mapping.employees.table, privilege: "SELECT" },
  ...[...targetTables(mapping), ...ownTables(mapping)].flatMap((table) =>
    ["SELECT", "INSERT", "UPDATE", "DELETE"].map((privilege) => ({ table, privilege }))
  )
]

/** Only for tables that exist; `has_table_privilege` takes the schema's USAGE for granted. */
const checkRights = (
  session: PostgresSession,
  options: CheckTargetOptions,
  there: ReadonlySet<string>
): Check =>
  Effect.gen(function* () {
    const findings: Array<Finding> = []
    const user = identifier(options.postgres.user)
    for (const table of there) {
      const schema = relation(table).split(".")[0]!
      const wanted = rightsOf(options.mapping).filter((right) => right.table === table)
      const [row] = yield* session.rows<{ has_schema: boolean; lacking: ReadonlyArray<string> }>({
        text: `select has_schema_privilege(n.oid, 'USAGE') as has_schema,
          array(select p from unnest($3::text[]) p where not has_table_privilege(c.oid, p)) as lacking
          from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname || '.' || c.relname = $1
          and $2::text is not null`,
        values: [table, table, wanted.map(({ privilege }) => privilege)]
      })
      const check = `rights on ${table}`
      const names = wanted.map(({ privilege }) => privilege).join(", ")
      if (row === undefined) continue
      if (!row.has_schema)
        findings.push(
          error(check, "no USAGE on the schema", names, `GRANT USAGE ON SCHEMA ${schema} TO ${user};`)
        )
      if (row.lacking.length > 0) {
        const lacking = row.lacking.join(", ")
        findings.push(
          error(check, `no ${lacking}`, names, `GRANT ${lacking} ON ${relation(table)} TO ${user};`)
        )
      } else if (row.has_schema) findings.push(ok(check, names))
    }
    return findings
  })

const checkTables = (session: PostgresSession, options: CheckTargetOptions): Check =>
  Effect.gen(function* () {
    const { mapping } = options
    const shapes = new Map<string, TableShape>()
    const findings: Array<Finding> = []
    const own = ownTables(mapping)
    for (const table of new Set(rightsOf(mapping).map((right) => right.table))) {
      const shape = yield* readTableShape(session, table)
      // Ours are made with the others at the first start; "gradewire tables" says whether that can be.
      if (shape === undefined && own.includes(table)) continue
      if (shape === undefined)
        findings.push(missingTable(table, `GRANT USAGE ON SCHEMA ${relation(table).split(".")[0]!} TO …;`))
      else shapes.set(table, shape)
    }
    findings.push(...(yield* checkRights(session, options, new Set(shapes.keys()))))
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

/** Zones that the mapping names and times are converted in; this server's own list of them counts. */
const namedZones = ({ scores, zone }: HrMappingConfig): ReadonlyArray<string> =>
  [
    ...new Set([
      ...(typeof zone === "number" ? [] : [zone.name]),
      ...scores.flatMap(({ target }) =>
        Object.values(target.columns).flatMap((entry) =>
          typeof entry === "object" && "from" in entry && entry.timeZone !== undefined ? [entry.timeZone] : []
        )
      )
    ])
  ].filter((name) => offsetMinutes(name) === undefined)

const checkZones = (session: PostgresSession, mapping: HrMappingConfig): Check =>
  Effect.gen(function* () {
    const names = namedZones(mapping)
    if (names.length === 0) return []
    const known = yield* session.rows<{ name: string }>({
      text: "select name from pg_timezone_names where name = any($1::text[])",
      values: [names]
    })
    const there = new Set(known.map(({ name }) => name))
    const fix = "Install or update tzdata on the server, or write another name of the same zone."
    return names.map((name) =>
      there.has(name)
        ? ok(`time zone ${name}`, "known")
        : error(`time zone ${name}`, "not known to this server", "known", fix)
    )
  })

/** Never fails: what goes wrong on the way is a finding. */
export const checkTarget = (options: CheckTargetOptions): Effect.Effect<Findings> =>
  Effect.scoped(
    Effect.gen(function* () {
      const session = yield* openSession(options.postgres)
      const { mapping, postgres } = options
      const place = {
        server: `${postgres.host}:${postgres.port}/${postgres.database}`,
        grants: grantsFor(postgres.user, mapping)
      }
      const checks = [
        checkVersion(session),
        checkMigrations(session, postgres),
        checkZones(session, mapping),
        checkTables(session, options)
      ]
      return yield* runChecks(checks, (cause) => classifyError(cause, place))
    })
  )
