/** Who the server is, what it still has, and how it numbers its collations. */
import { Effect } from "effect"
import { SourceMisconfigured, type SourceBounds, type WantedTable } from "../../src/capture/ChangeSource.ts"
import { ROW_END } from "./binlog/system-versioning.ts"
import { tableKey } from "./binlog/table-map.ts"
import type { SqlConnection, SqlRow } from "./sql-connection.ts"

export interface ServerFacts {
  readonly version: string
  readonly mariadb: boolean
  /** `mysql:<server_uuid>` or `mariadb:<server_id>`. */
  readonly server: string
  readonly files: ReadonlyArray<BinlogFile>
  readonly charsetOf: (collation: number) => string | undefined
  /** Indexes of wanted tables whose engine cannot roll back. */
  readonly nonTransactional: ReadonlySet<number>
  /** MariaDB: the column that ends a row's life, where the table is system-versioned. */
  readonly rowEndOf: (schema: string, table: string) => string | undefined
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

/** What MySQL puts before an encrypted file; positions do not count it (rpl_log_encryption.h, HEADER_SIZE). */
const ENCRYPTION_HEADER_BYTES = 512

/** Position behind the last event of a file of SHOW BINARY LOGS. */
const endOf = (row: SqlRow): number =>
  Number(text(row["File_size"])) - (text(row["Encrypted"]) === "Yes" ? ENCRYPTION_HEADER_BYTES : 0)

export const readBinlogFiles = Effect.fnUntraced(function* (sql: SqlConnection) {
  const rows = yield* sql.query("SHOW BINARY LOGS")
  const files = rows.map((row) => ({ name: text(row["Log_name"]), size: endOf(row) }))
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

const readVersioned = Effect.fnUntraced(function* (
  sql: SqlConnection,
  mariadb: boolean,
  tables: ReadonlyArray<WantedTable>
) {
  const ends = new Map<string, string>()
  if (!mariadb || tables.length === 0) return ends
  // Columns that the server has made up by itself are not listed.
  const rows = yield* sql.query(
    "SELECT t.TABLE_SCHEMA AS s, t.TABLE_NAME AS t, COALESCE(c.COLUMN_NAME, ?) AS e FROM information_schema.TABLES t LEFT JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND c.GENERATION_EXPRESSION = 'ROW END' WHERE t.TABLE_TYPE = 'SYSTEM VERSIONED' AND t.TABLE_SCHEMA IN (?)",
    [ROW_END, tables.map((table) => table.schema)]
  )
  for (const row of rows) ends.set(tableKey(text(row["s"]), text(row["t"])), text(row["e"]))
  return ends
})

export const readServerFacts = Effect.fnUntraced(function* (
  sql: SqlConnection,
  tables: ReadonlyArray<WantedTable>
) {
  const identity = yield* readIdentity(sql)
  const files = yield* readBinlogFiles(sql)
  const collations = yield* readCollations(sql, identity.mariadb)
  const nonTransactional = yield* readNonTransactional(sql, tables)
  const versioned = yield* readVersioned(sql, identity.mariadb, tables)
  return {
    ...identity,
    files,
    nonTransactional,
    charsetOf: (id: number) => collations.get(id),
    rowEndOf: (schema: string, table: string) => versioned.get(tableKey(schema, table))
  }
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
