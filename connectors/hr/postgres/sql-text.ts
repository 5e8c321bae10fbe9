/** Identifiers and literals as SQL text. Nothing from outside reaches a statement in any other way. */
import { quoteTable } from "../table-name.ts"

/** `"exam "" score"`: any characters but NUL, which PostgreSQL has no way to write. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** `schema.table` of the configuration as a quoted, qualified name. */
export const relation = (table: string): string => quoteTable(table, identifier)

/** `'O''Hara'`; the `E` form where a backslash would depend on `standard_conforming_strings`. */
export const literal = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted
}
