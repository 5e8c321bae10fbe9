/** The mapped tables and columns, as the account sees them: there, of a type that can be read, with a key. */
import { Effect } from "effect"
import type { Finding } from "../../schemas/finding.ts"
import type { WantedTable } from "../../src/capture/ChangeSource.ts"
import { textKind } from "./binlog/charset.ts"
import { SQL_TYPES } from "./binlog/sql-type.ts"
import type { SourceOptions } from "./source-options.ts"
import type { SqlConnection, SqlRow } from "./sql-connection.ts"

const cell = (row: SqlRow | undefined, name: string): string => {
  const value = row?.[name]
  return typeof value === "string" || typeof value === "number" ? String(value) : ""
}

/** @param logsCascades the server logs what foreign keys do to other tables */
export const checkTables = Effect.fnUntraced(function* (
  sql: SqlConnection,
  options: SourceOptions,
  logsCascades: boolean
) {
  const findings: Array<Finding> = []
  for (const wanted of options.tables) {
    const [table] = yield* sql.query(
      "SELECT t.ENGINE AS engine, t.TABLE_TYPE AS kind, e.TRANSACTIONS AS transactions FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?",
      [wanted.schema, wanted.table]
    )
    const columns = yield* sql.query(
      "SELECT COLUMN_NAME AS name, DATA_TYPE AS type, COLUMN_TYPE AS full, CHARACTER_SET_NAME AS charset, COLUMN_KEY AS k, GENERATION_EXPRESSION AS expression FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
      [wanted.schema, wanted.table]
    )
    const create =
      logsCascades || table === undefined || cell(table, "kind") === "VIEW"
        ? []
        : yield* sql.query("SHOW CREATE TABLE ??.??", [wanted.schema, wanted.table])
    const cascades = cascadeFindings(wanted, cell(create[0], "Create Table"))
    const found = tableFindings(wanted, table, columns, options.user)
    findings.push(
      ...(cascades.length > 0 ? found.filter(({ severity }) => severity !== "ok") : found),
      ...cascades
    )
  }
  return findings
})

/** Pure part of {@link checkTables}. */
export const tableFindings = (
  wanted: WantedTable,
  table: SqlRow | undefined,
  columns: ReadonlyArray<SqlRow>,
  user: string
): ReadonlyArray<Finding> => {
  const name = `${wanted.schema}.${wanted.table}`
  const quoted = `\`${wanted.schema}\`.\`${wanted.table}\``
  if (table === undefined) {
    return [
      {
        severity: "error",
        check: `table ${name}`,
        found: "not there, or not visible to this account",
        wanted: "a table that the account may read",
        fix: `GRANT SELECT ON ${quoted} TO '${user}'@'%'; or correct the name in the configuration`
      }
    ]
  }
  const findings: Array<Finding> = []
  if (cell(table, "kind") === "VIEW") {
    findings.push({
      severity: "error",
      check: `table ${name}`,
      found: "a view",
      wanted: "a table: views are not in the binlog",
      fix: "Map the tables under the view"
    })
  } else if (cell(table, "transactions") !== "YES") {
    findings.push({
      severity: "warning",
      check: `engine of ${name}`,
      found: cell(table, "engine"),
      wanted: "InnoDB",
      fix: `ALTER TABLE ${quoted} ENGINE = InnoDB;`
    })
  }
  const byName = new Map(columns.map((column) => [cell(column, "name").toLowerCase(), column]))
  for (const column of wanted.columns)
    findings.push(...columnFindings(name, quoted, column, byName.get(column.toLowerCase())))
  findings.push(...versionFindings(name, quoted, columns))
  if (!columns.some((column) => cell(column, "k") === "PRI")) {
    findings.push({
      severity: "warning",
      check: `primary key of ${name}`,
      found: "none",
      wanted: "a primary key",
      fix: `ALTER TABLE ${quoted} ADD PRIMARY KEY (…);`
    })
  }
  return findings.length > 0
    ? findings
    : [
        {
          severity: "ok",
          check: `table ${name}`,
          found: `${wanted.columns.length} mapped columns`,
          wanted: "readable columns and a primary key",
          fix: ""
        }
      ]
}

const CASCADE = /^\s*CONSTRAINT .* FOREIGN KEY .* ON (?:DELETE|UPDATE) (?:CASCADE|SET NULL)/m

/**
 * The engine changes such rows by itself, and only the parent's change is in the binlog. information_schema would tell
 * as well, but MariaDB shows it to accounts that may write.
 */
const cascadeFindings = (wanted: WantedTable, create: string): ReadonlyArray<Finding> => {
  const key = CASCADE.exec(create)?.[0]
  if (key === undefined) return []
  const name = /CONSTRAINT `((?:[^`]|``)*)`/.exec(key)?.[1] ?? ""
  return [
    {
      severity: "warning",
      check: `foreign keys of ${wanted.schema}.${wanted.table}`,
      found: `${name} changes its rows by cascade, which this server does not log`,
      wanted: "foreign keys without CASCADE and SET NULL",
      fix: `ALTER TABLE \`${wanted.schema}\`.\`${wanted.table}\` DROP FOREIGN KEY \`${name}\`; and delete the rows in the application, or copy the table anew after such deletes`
    }
  ]
}

/** MariaDB logs tables that are versioned by transaction as statements. */
const versionFindings = (
  table: string,
  quoted: string,
  columns: ReadonlyArray<SqlRow>
): ReadonlyArray<Finding> => {
  const end = columns.find((column) => cell(column, "expression") === "ROW END")
  if (end === undefined || cell(end, "type").toLowerCase() === "timestamp") return []
  return [
    {
      severity: "error",
      check: `versioning of ${table}`,
      found: `by transaction (${cell(end, "name")} ${cell(end, "full")})`,
      wanted: "by time: changes of tables versioned by transaction are not logged as rows",
      fix: `ALTER TABLE ${quoted} DROP SYSTEM VERSIONING; then ALTER TABLE ${quoted} ADD SYSTEM VERSIONING;`
    }
  ]
}

const columnFindings = (
  table: string,
  quoted: string,
  column: string,
  row: SqlRow | undefined
): ReadonlyArray<Finding> => {
  const check = `column ${table}.${column}`
  if (row === undefined) {
    return [
      {
        severity: "error",
        check,
        found: "not there",
        wanted: "a column of this name",
        fix: "Correct the column's name in the configuration"
      }
    ]
  }
  const full = cell(row, "full")
  const readable = SQL_TYPES.get(cell(row, "type").toLowerCase())
  // MariaDB marks temporal columns of its old format in a comment: datetime /* mariadb-5.3 */.
  if (readable === undefined || full.includes("mariadb-5.3")) {
    return [
      {
        severity: "error",
        check,
        found: full,
        wanted: "a type of docs/types.md",
        fix: `Take ${column} out of the mapping, or add a column of a readable type: ALTER TABLE ${quoted} ADD COLUMN … GENERATED ALWAYS AS (…) STORED;`
      }
    ]
  }
  const charset = cell(row, "charset")
  if (charset === "") return []
  try {
    textKind(charset, undefined, `${table}.${column}`)
    return []
  } catch {
    return [
      {
        severity: "error",
        check,
        found: `character set ${charset}`,
        wanted: "utf8mb4 or another known character set",
        fix: `ALTER TABLE ${quoted} CONVERT TO CHARACTER SET utf8mb4;`
      }
    ]
  }
}
