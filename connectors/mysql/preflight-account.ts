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

/** Privileges that a reader of rows has no use for; any other on `*.*` is left unmentioned. */
const TOO_MUCH: ReadonlyArray<string> = [
  "SUPER",
  "INSERT",
  "UPDATE",
  "DELETE",
  "DROP",
  "CREATE",
  "ALTER",
  "GRANT OPTION",
  "FILE",
  "SHUTDOWN"
]

const grantLines = (rows: ReadonlyArray<SqlRow>): ReadonlyArray<string> =>
  rows.map((row) => String(Object.values(row)[0]))

/** Privileges on `*.*`, of the account and its roles. */
const readGlobalPrivileges = Effect.fnUntraced(function* (sql: SqlConnection, mariadb: boolean) {
  const own = grantLines(yield* sql.query("SHOW GRANTS"))
  const roles = own.flatMap(
    (line) => /^GRANT (`[^`]+`@`[^`]+`(?:,`[^`]+`@`[^`]+`)*) TO /.exec(line)?.[1] ?? []
  )
  const all =
    mariadb || roles.length === 0
      ? own
      : grantLines(yield* sql.query(`SHOW GRANTS FOR CURRENT_USER() USING ${roles.join(",")}`))
  const names = new Set<string>()
  for (const line of all) {
    const parts = /^GRANT (.+) ON \*\.\* TO /.exec(line)
    for (const name of parts?.[1]?.split(", ") ?? []) names.add(name.toUpperCase())
    if (parts !== null && /WITH GRANT OPTION/.test(line)) names.add("GRANT OPTION")
  }
  return names
})

export const checkPrivileges = Effect.fnUntraced(function* (
  sql: SqlConnection,
  options: SourceOptions,
  mariadb: boolean
) {
  const names = yield* readGlobalPrivileges(sql, mariadb)
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
  const more = everything ? ["ALL PRIVILEGES"] : TOO_MUCH.filter((name) => names.has(name))
  if (more.length > 0) {
    findings.push({
      severity: "warning",
      check: "privileges",
      found: `more than needed: ${more.join(", ")}`,
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
  return findings
})

const cell = (rows: ReadonlyArray<SqlRow> | undefined, name: string): string => {
  const value = rows?.[0]?.[name]
  return typeof value === "string" ? value : ""
}
