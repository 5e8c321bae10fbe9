/** What the account may do, and who else reads this server's binlog. */
import { Effect } from "effect"
import type { Finding } from "../../schemas/finding.ts"
import { filterFindings, type Variables } from "./preflight-settings.ts"
import { defaultServerId, type SourceOptions } from "./source-options.ts"
import type { SqlConnection, SqlRow } from "./sql-connection.ts"

const NEEDED = ["REPLICATION SLAVE", "REPLICATION CLIENT"] as const

/** Under another name: MariaDB 10.5 renamed REPLICATION CLIENT and split the replication privileges. */
const ALIASES: Readonly<Record<string, ReadonlyArray<string>>> = {
  "REPLICATION SLAVE": ["REPLICATION SLAVE", "REPLICATION REPLICA"],
  "REPLICATION CLIENT": ["REPLICATION CLIENT", "BINLOG MONITOR"]
}

/** What a reader has use for on `*.*`: SHOW REPLICA STATUS of a standby needs the monitor's privilege on MariaDB. */
const GLOBALLY_NEEDED: ReadonlySet<string> = new Set([
  "USAGE",
  ...Object.values(ALIASES).flat(),
  "SLAVE MONITOR",
  "REPLICA MONITOR"
])
/** The same on databases, tables and columns. */
const LOCALLY_NEEDED: ReadonlySet<string> = new Set(["USAGE", "SELECT", "SHOW VIEW"])
/** Of privileges that are more than needed, a message names the first few. */
const NAMES_SHOWN = 8

const grantLines = (rows: ReadonlyArray<SqlRow>): ReadonlyArray<string> =>
  rows.map((row) => String(Object.values(row)[0]))

interface Privileges {
  /** On `*.*`. */
  readonly everywhere: ReadonlySet<string>
  /** On one database or table: `INSERT on \`lms\`.*`. */
  readonly elsewhere: ReadonlyArray<string>
}

/** `SELECT (a, b), UPDATE (c)` => SELECT, UPDATE. */
const privilegeNames = (list: string): ReadonlyArray<string> =>
  list
    .replaceAll(/ ?\([^)]*\)/g, "")
    .split(", ")
    .map((name) => name.trim().toUpperCase())

/** Pure part of {@link readPrivileges}. @param lines as SHOW GRANTS prints them */
export const privilegesOf = (lines: ReadonlyArray<string>): Privileges => {
  const everywhere = new Set<string>()
  const elsewhere: Array<string> = []
  for (const line of lines) {
    const [, list, place] = /^GRANT (.+) ON (?:TABLE )?(\S+) TO /.exec(line) ?? []
    if (list === undefined || place === undefined) continue
    const names = [...privilegeNames(list), ...(/WITH GRANT OPTION/.test(line) ? ["GRANT OPTION"] : [])]
    for (const name of names) {
      if (place === "*.*") everywhere.add(name)
      else if (!LOCALLY_NEEDED.has(name)) elsewhere.push(`${name} on ${place}`)
    }
  }
  return { everywhere, elsewhere }
}

/** Of the account and its roles. */
const readPrivileges = Effect.fnUntraced(function* (sql: SqlConnection, mariadb: boolean) {
  const own = grantLines(yield* sql.query("SHOW GRANTS"))
  const roles = own.flatMap(
    (line) => /^GRANT (`[^`]+`@`[^`]+`(?:,`[^`]+`@`[^`]+`)*) TO /.exec(line)?.[1] ?? []
  )
  const all =
    mariadb || roles.length === 0
      ? own
      : grantLines(yield* sql.query(`SHOW GRANTS FOR CURRENT_USER() USING ${roles.join(",")}`))
  return privilegesOf(all)
})

export const checkPrivileges = Effect.fnUntraced(function* (
  sql: SqlConnection,
  options: SourceOptions,
  mariadb: boolean
) {
  const { elsewhere, everywhere: names } = yield* readPrivileges(sql, mariadb)
  const everything = names.has("ALL PRIVILEGES")
  const account = `'${options.user}'@'%'`
  const findings: Array<Finding> = NEEDED.map((name) => {
    const held = everything || ALIASES[name]!.some((alias) => names.has(alias))
    return held
      ? { severity: "ok", check: `privilege ${name}`, found: "granted", wanted: "granted", fix: "" }
      : {
          severity: "error",
          check: `privilege ${name}`,
          found: "missing",
          wanted: "granted",
          fix: `GRANT ${name} ON *.* TO ${account};`
        }
  })
  const more = everything
    ? ["ALL PRIVILEGES"]
    : [...[...names].filter((name) => !GLOBALLY_NEEDED.has(name)), ...elsewhere]
  if (more.length > 0) {
    const shown = more.slice(0, NAMES_SHOWN).join(", ")
    findings.push({
      severity: "warning",
      check: "privileges",
      found: `more than needed: ${shown}${more.length > NAMES_SHOWN ? `, and ${more.length - NAMES_SHOWN} more` : ""}`,
      wanted: "REPLICATION SLAVE, REPLICATION CLIENT, and SELECT on the mapped tables",
      fix: `CREATE USER gradewire@'%' IDENTIFIED BY '…'; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO gradewire@'%'; ${selects(options)}`
    })
  }
  return findings
})

const selects = (options: SourceOptions): string =>
  options.tables
    .map(({ schema, table }) => `GRANT SELECT ON \`${schema}\`.\`${table}\` TO gradewire@'%';`)
    .join(" ")

/** The first of several spellings that the server knows and the account may use. */
const firstAnswer = Effect.fnUntraced(function* (sql: SqlConnection, statements: ReadonlyArray<string>) {
  for (const statement of statements) {
    const answer = yield* Effect.result(sql.query(statement))
    if (answer._tag === "Success") return answer.success
  }
  return undefined
})

export const checkReplicas = Effect.fnUntraced(function* (
  sql: SqlConnection,
  options: SourceOptions,
  mariadb: boolean,
  variables: Variables
) {
  const findings: Array<Finding> = []
  const serverId = options.serverId ?? defaultServerId(options.connector)
  const replicas = yield* firstAnswer(
    sql,
    mariadb ? ["SHOW REPLICA HOSTS", "SHOW SLAVE HOSTS"] : ["SHOW REPLICAS", "SHOW SLAVE HOSTS"]
  )
  // A connector of ours does not register and so is not in this list; its own id may be there only as somebody else's.
  const taken =
    variables.get("server_id") === String(serverId) ||
    (replicas ?? []).some((row) => String(row["Server_Id"] ?? row["Server_id"]) === String(serverId))
  findings.push({
    severity: taken ? "error" : "ok",
    check: "server_id",
    found: taken ? `${serverId}, in use by the server or a replica` : String(serverId),
    wanted: "a number that nobody else uses",
    fix: taken
      ? "Set source.serverId to a number that SHOW REPLICAS (MariaDB: SHOW SLAVE HOSTS) does not list"
      : ""
  })
  const status = yield* firstAnswer(sql, [
    "SHOW BINARY LOG STATUS",
    "SHOW BINLOG STATUS",
    "SHOW MASTER STATUS"
  ])
  for (const schema of new Set(options.tables.map((table) => table.schema))) {
    findings.push(...filterFindings(schema, cell(status, "Binlog_Do_DB"), cell(status, "Binlog_Ignore_DB")))
  }
  const upstream = yield* firstAnswer(sql, ["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"])
  const relays = variables.get("log_replica_updates") ?? variables.get("log_slave_updates") ?? "ON"
  if ((upstream?.length ?? 0) > 0 && relays !== "ON") {
    findings.push({
      severity: "error",
      check: "log_replica_updates",
      found: relays,
      wanted: "ON, because this server is a replica itself",
      fix: `${mariadb ? "log_slave_updates" : "log_replica_updates"} = ON under [mysqld] in my.cnf, then restart the server`
    })
  }
  const order = variables.get("replica_preserve_commit_order") ?? variables.get("slave_preserve_commit_order")
  if ((upstream?.length ?? 0) > 0 && order === "OFF") {
    findings.push({
      severity: "warning",
      check: "replica_preserve_commit_order",
      found: "OFF",
      wanted:
        "ON, because this server is a replica itself and would log transactions in another order than its source",
      fix: "STOP REPLICA SQL_THREAD; SET PERSIST replica_preserve_commit_order = ON; START REPLICA SQL_THREAD;"
    })
  }
  return findings
})

const cell = (rows: ReadonlyArray<SqlRow> | undefined, name: string): string => {
  const value = rows?.[0]?.[name]
  return typeof value === "string" ? value : ""
}
