/**
 * How long the server still keeps the oldest binlog file that is needed.
 *
 * The server purges a file once its last write is older than the retention (MYSQL_BIN_LOG::purge_logs_before_date,
 * sql/binlog.cc; MariaDB the same), and never the one it writes to. The last write of a file is when the next one
 * began; that stands in the next one's first event, which a replication connection of its own reads.
 */
import { Effect } from "effect"
import type { Finding } from "../../schemas/finding.ts"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import { readFileStart } from "./file-start.ts"
import { readBinlogFiles, readIdentity } from "./server-facts.ts"
import type { SourceOptions } from "./source-options.ts"
import { connectSql, type SqlConnection } from "./sql-connection.ts"

/**
 * - a number: hours until the file may be purged; 0 where it is gone already
 * - `never`: the server purges nothing by age
 * - `null`: not known; another server, or one that purges by size
 */
export type PurgeMargin = number | "never" | null

/** What the HR database's offset needs: its anchor's file, and the server that wrote it. */
export interface NeededFile {
  readonly file: string
  readonly server: string
}

const SECONDS_PER_HOUR = 3600
const SECONDS_PER_DAY = 86_400

export const readPurgeMargin = (
  options: SourceOptions,
  needed: NeededFile
): Effect.Effect<PurgeMargin, ChangeSourceError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* connectSql(options)
      if ((yield* readIdentity(sql)).server !== needed.server) return null
      const files = yield* readBinlogFiles(sql)
      const at = files.findIndex(({ name }) => name === needed.file)
      if (at < 0) return 0
      const seconds = yield* readRetention(sql)
      if (typeof seconds !== "number") return seconds
      const next = files[at + 1]?.name
      if (next === undefined) return seconds / SECONDS_PER_HOUR
      const [[now] = []] = yield* sql.texts("SELECT UNIX_TIMESTAMP()")
      const written = yield* readFileStart(options, sql.encrypted, next)
      return Math.max(0, (written + seconds - Number(now)) / SECONDS_PER_HOUR)
    })
  )

/** Seconds that a file is kept behind its last write. MariaDB before 10.6 knows days only. */
const readRetention = Effect.fnUntraced(function* (sql: SqlConnection) {
  const rows = yield* sql.texts(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_expire_logs_seconds', 'expire_logs_days', 'binlog_expire_logs_auto_purge', 'max_binlog_total_size')"
  )
  return retentionOf(new Map(rows.map(([name, value]) => [name ?? "", value ?? ""])))
})

/** Pure part of {@link readRetention}. */
export const retentionOf = (variables: ReadonlyMap<string, string>): PurgeMargin => {
  const number = (name: string): number => Number(variables.get(name) ?? "0")
  if (number("max_binlog_total_size") > 0) return null
  if (variables.get("binlog_expire_logs_auto_purge") === "OFF") return "never"
  const seconds = number("binlog_expire_logs_seconds") || number("expire_logs_days") * SECONDS_PER_DAY
  return seconds > 0 ? seconds : "never"
}

const WARNING_HOURS = 24
const ERROR_HOURS = 2
const CHECK = "purge margin"
const WANTED = `at least ${WARNING_HOURS} h`

/** @param needed undefined where nothing has been applied yet */
export const purgeFinding = (needed: NeededFile | undefined, margin: PurgeMargin): Finding => {
  const fine = (found: string): Finding => ({ severity: "ok", check: CHECK, found, wanted: WANTED, fix: "" })
  if (needed === undefined) return fine("nothing has been applied yet, so nothing is needed")
  if (margin === null) {
    return {
      severity: "warning",
      check: CHECK,
      found: `unknown for ${needed.file}`,
      wanted: WANTED,
      fix: "The training database does not answer, or purges by size (max_binlog_total_size): look there how long it keeps its files, SHOW BINARY LOGS; lists them"
    }
  }
  if (margin === "never") return fine(`${needed.file} is kept for ever`)
  if (margin >= WARNING_HOURS) return fine(`${margin.toFixed(1)} h for ${needed.file}`)
  return {
    severity: margin < ERROR_HOURS ? "error" : "warning",
    check: CHECK,
    found:
      margin === 0
        ? `${needed.file} is purged, or may be at any moment`
        : `${margin.toFixed(1)} h for ${needed.file}`,
    wanted: WANTED,
    fix: "Let apply catch up (gradewire offsets list shows how far behind it is), and meanwhile keep the files longer: SET PERSIST binlog_expire_logs_seconds = 604800; on MariaDB SET GLOBAL binlog_expire_logs_seconds = 604800, before 10.6 SET GLOBAL expire_logs_days = 7, and the same under [mysqld] in my.cnf"
  }
}
