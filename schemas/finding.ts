/**
 * One answer of a preflight: what was looked at, what was found, what is wanted, and the text that mends it.
 *
 * `fix` can be pasted as it stands: SQL, a server setting, a command. It is empty where `severity` is "ok".
 * No field ever holds a value of a person (G9).
 */
import { Schema } from "effect"

export const Finding = Schema.Struct({
  /** An `error` keeps the connector from working; a `warning` does not, but somebody will regret it. */
  severity: Schema.Literals(["error", "warning", "ok"]),
  /** Short and stable: `binlog_format`, `privilege REPLICATION SLAVE`, `stream discard`. */
  check: Schema.NonEmptyString,
  found: Schema.String,
  wanted: Schema.String,
  fix: Schema.String
})
export type Finding = typeof Finding.Type
