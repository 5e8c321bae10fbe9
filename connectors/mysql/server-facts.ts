/** Who the server is, what it still has, and how it numbers its collations. */
import { Effect } from "effect"
import { SourceMisconfigured, type SourceBounds, type WantedTable } from "../../src/capture/ChangeSource.ts"
import type { SqlConnection } from "./sql-connection.ts"

export interface ServerFacts {
  readonly version: string
  readonly mariadb: boolean
  /** `mysql:<server_uuid>` or `mariadb:<server_id>`. */
  readonly server: string
  readonly files: ReadonlyArray<BinlogFile>
  readonly charsetOf: (collation: number) => string | undefined
  /** Indexes of wanted tables whose engine cannot roll back. */
  readonly nonTransactional: ReadonlySet<number>
}

export interface BinlogFile {
  readonly name: string
  readonly size: number
}

/** The connection is told to give text or numbers for everything. */
const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "bigint" ? String(value) : ""

export const readIdentity = Effect.fnUntraced(function* (sql: SqlConnection) {
  const [versionRow] = yield* sql.query("SELECT VERSION() AS version, @@server_id AS id")
  const version = text(versionRow?.["version"])
  const mariadb = /mariadb/i.test(version)
  if (mariadb) return { version, mariadb, server: `mariadb:${text(versionRow?.["id"])}` }
  const [uuidRow] = yield* sql.query("SELECT @@server_uuid AS uuid")
  return { version, mariadb, server: `mysql:${text(uuidRow?.["uuid"])}` }
})

export const readBinlogFiles = Effect.fnUntraced(function* (sql: SqlConnection) {
  const rows = yield* sql.query("SHOW BINARY LOGS")
  const files = rows.map((row) => ({ name: text(row["Log_name"]), size: Number(text(row["File_size"])) }))
  if (files.length > 0) return files
  return yield* new SourceMisconfigured({
    message: "the server has no binlog files",
    setting: "log_bin",
    fix: "log_bin = binlog under [mysqld] in my.cnf, then restart the server."
  })
})

/**
 * MariaDB from 10.10 on shares a collation's name between character sets; its ids then stand in
 * COLLATION_CHARACTER_SET_APPLICABILITY only.
 */
const readCollations = Effect.fnUntraced(function* (sql: SqlConnection, mariadb: boolean) {
  const known = new Map<number, string>()
  const shared = mariadb
    ? yield* sql.query(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'information_schema' AND table_name = 'COLLATION_CHARACTER_SET_APPLICABILITY' AND column_name = 'ID'"
      )
    : []
  const rows = yield* sql.query(
    shared.length > 0
      ? "SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL"
      : "SELECT ID AS id, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATIONS WHERE ID IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL"
  )
  for (const row of rows) known.set(Number(text(row["id"])), text(row["charset"]))
  return known
})

const readNonTransactional = Effect.fnUntraced(function* (
  sql: SqlConnection,
  tables: ReadonlyArray<WantedTable>
) {
  const found = new Set<number>()
  const rows = yield* sql.query(
    "SELECT t.TABLE_SCHEMA AS s, t.TABLE_NAME AS t FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE e.TRANSACTIONS <> 'YES' AND t.TABLE_SCHEMA IN (?)",
    [tables.length === 0 ? [""] : tables.map((table) => table.schema)]
  )
  for (const row of rows) {
    const index = tables.findIndex(
      (table) => table.schema === text(row["s"]) && table.table === text(row["t"])
    )
    if (index >= 0) found.add(index)
  }
  return found
})

export const readServerFacts = Effect.fnUntraced(function* (
  sql: SqlConnection,
  tables: ReadonlyArray<WantedTable>
) {
  const identity = yield* readIdentity(sql)
  const files = yield* readBinlogFiles(sql)
  const collations = yield* readCollations(sql, identity.mariadb)
  const nonTransactional = yield* readNonTransactional(sql, tables)
  return { ...identity, files, nonTransactional, charsetOf: (id: number) => collations.get(id) }
})

export const readBounds = Effect.fnUntraced(function* (sql: SqlConnection) {
  const { server } = yield* readIdentity(sql)
  const files = yield* readBinlogFiles(sql)
  const last = files.at(-1)!
  const bounds: SourceBounds = {
    server,
    first: { file: files[0]!.name, position: 4 },
    last: { file: last.name, position: last.size }
  }
  return bounds
})
