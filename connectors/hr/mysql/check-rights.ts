/**
 * Whether this user may do what apply does. The server is asked to plan each statement, which needs the rights of the
 * statement and touches nothing: that holds for roles and partial revokes too, which no list of grants shows.
 */
import { Effect } from "effect"
import type { Finding } from "../../../schemas/finding.ts"
import { error, ok } from "../findings.ts"
import type { HrMappingConfig } from "../mapping.ts"
import type { TableShape } from "./catalog.ts"
import { serverErrorOf } from "./classify-error.ts"
import type { DriverError, MySqlOptions, MySqlSession } from "./mysql-client.ts"
import { account, identifier, relation } from "./sql-text.ts"

/** Access denied to a database, a table, a column. */
const DENIED: ReadonlySet<number> = new Set([1044, 1142, 1143])

/** Other errors are found by other checks. */
const isDenied = (session: MySqlSession, text: string): Effect.Effect<boolean, DriverError> =>
  session.rows(text).pipe(
    Effect.as(false),
    Effect.catch((failed) => {
      const errno = serverErrorOf(failed.cause)?.errno
      return errno === undefined ? Effect.fail(failed) : Effect.succeed(DENIED.has(errno))
    })
  )

/** @param column one of the table */
const trials = (table: string, column: string): Readonly<Record<string, string>> => {
  const name = relation(table)
  return {
    SELECT: `explain select ${column} from ${name} where false`,
    INSERT: `explain insert into ${name} (${column}) values (default)`,
    UPDATE: `explain update ${name} set ${column} = null where false`,
    DELETE: `explain delete from ${name} where false`
  }
}

export const checkRights = (
  session: MySqlSession,
  options: MySqlOptions,
  mapping: HrMappingConfig,
  shapes: ReadonlyMap<string, TableShape>
): Effect.Effect<ReadonlyArray<Finding>, DriverError> =>
  Effect.gen(function* () {
    const findings: Array<Finding> = []
    for (const [table, shape] of shapes) {
      const isTarget = mapping.scores.some(({ target }) => target.table === table)
      const wanted = isTarget ? ["SELECT", "INSERT", "UPDATE", "DELETE"] : ["SELECT"]
      const writable = [...shape.columns.values()].find((column) => !column.isGenerated)
      if (writable === undefined) continue
      const statements = trials(table, identifier(writable.name))
      const lacking: Array<string> = []
      for (const right of wanted) if (yield* isDenied(session, statements[right]!)) lacking.push(right)
      const names = lacking.join(", ")
      const fix = `GRANT ${names} ON ${relation(table)} TO ${account(options.user)};`
      findings.push(
        lacking.length === 0
          ? ok(`rights on ${table}`, wanted.join(", "))
          : error(`rights on ${table}`, `no ${names}`, wanted.join(", "), fix)
      )
    }
    return findings
  })

const OURS = "rights on gradewire"

/** The temporary tables in which a batch is decided; made and gone with this connection. */
export const checkOwnRights = (
  session: MySqlSession,
  grants: string
): Effect.Effect<ReadonlyArray<Finding>, DriverError> =>
  Effect.gen(function* () {
    const lacking: Array<string> = []
    const trial = "create temporary table `gradewire`.`batch_trial` (n int primary key)"
    if (yield* isDenied(session, trial)) lacking.push("CREATE TEMPORARY TABLES")
    else yield* session.rows("drop temporary table if exists `gradewire`.`batch_trial`")
    for (const table of ["apply_offset", "result_ledger", "held_change", "dead_letter", "training_record"]) {
      const statements = trials(`gradewire.${table}`, "connector")
      for (const [right, text] of Object.entries(statements)) {
        if (!lacking.includes(right) && (yield* isDenied(session, text))) lacking.push(right)
      }
    }
    return lacking.length === 0 ? [ok(OURS, "all")] : [error(OURS, `no ${lacking.join(", ")}`, "all", grants)]
  })
