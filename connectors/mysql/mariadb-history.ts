/**
 * MariaDB's proof of a shared history: what `gtid_binlog_state` says for each server in each domain, and where the data
 * came with a backup, the place in `gtid_slave_pos` at which replication began.
 */
import { Effect } from "effect"
import { GtidSet } from "../../schemas/GtidSet.ts"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import type { SqlConnection } from "./sql-connection.ts"

interface History {
  /** Last transaction in the binlog of each server in each domain. */
  readonly logged: GtidSet
  /** Last transaction that was replicated, one for each domain. */
  readonly replicated: GtidSet
}

const readHistory = (sql: SqlConnection): Effect.Effect<History, ChangeSourceError> =>
  Effect.map(sql.texts("SELECT @@GLOBAL.gtid_binlog_state, @@GLOBAL.gtid_slave_pos"), ([row = []]) => ({
    logged: GtidSet.parse(row[0] ?? "") ?? new GtidSet(),
    replicated: GtidSet.parse(row[1] ?? "") ?? new GtidSet()
  }))

/** Transactions that are in the data and in no binlog of this server, because they came with a backup. */
export const unloggedPairs = (sql: SqlConnection): Effect.Effect<GtidSet, ChangeSourceError> =>
  Effect.map(readHistory(sql), ({ logged, replicated }) => {
    const pairs = new GtidSet()
    for (const [domain, { sequence, server }] of replicated.domains()) {
      if (logged.lastOf(domain, server) === undefined) pairs.add(`${domain}-${server}-${sequence}`)
    }
    return pairs
  })

/** What was captured and this server never had. */
export const lackingOnMariadb = (
  sql: SqlConnection,
  required: GtidSet
): Effect.Effect<GtidSet, ChangeSourceError> =>
  Effect.map(readHistory(sql), (history) => lackingIn(history, required))

/**
 * Pure part of {@link lackingOnMariadb}. A pair that the binlog knows must reach far enough. One that it does not know came
 * with a backup, or not at all: then the last transaction of its domain must be there, which proves the older ones.
 */
export const lackingIn = ({ logged, replicated }: History, required: GtidSet): GtidSet => {
  const missing = new GtidSet()
  const last = required.domains()
  for (const gtid of required.toString().split(",")) {
    const [domain, server, sequence] = gtid.split("-")
    if (domain === undefined || server === undefined || sequence === undefined) continue
    const known = logged.lastOf(domain, server)
    const isLast = last.get(domain)?.server === server
    const reached = known ?? (isLast ? replicated.lastOf(domain, server) : BigInt(sequence))
    if (reached === undefined || reached < BigInt(sequence)) missing.add(gtid)
  }
  return missing
}

/**
 * What this server got with a backup and cannot send: replicated beyond what was captured without a trace in its binlog.
 * A gap that shows only later is found while reading (TransactionReader).
 */
export const unloggedOnMariadb = (
  sql: SqlConnection,
  captured: GtidSet
): Effect.Effect<GtidSet, ChangeSourceError> =>
  Effect.map(readHistory(sql), ({ logged, replicated }) => replicated.minus(logged).minus(captured))
