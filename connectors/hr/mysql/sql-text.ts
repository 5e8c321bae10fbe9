/**
 * Identifiers and literals as SQL text. Nothing from outside reaches a statement in any other way.
 *
 * Literals are the driver's, which escapes by backslash: the session's sql_mode, set when it opens, has no
 * NO_BACKSLASH_ESCAPES, and its character set is utf8mb4, where no byte of a character looks like a quote.
 */
import { escape } from "mysql2"
import { quoteTable } from "../table-name.ts"

/** `` `exam ``score` ``: any characters but NUL. */
export const identifier = (name: string): string => `\`${name.replaceAll("`", "``")}\``

/** `schema.table` of the configuration as a quoted, qualified name. */
export const relation = (table: string): string => quoteTable(table, identifier)

/** `'O\'Hara'`, `42`, `NULL` */
export const literal = (value: string | number | null): string => escape(value)

/** `'hr'@'%'`: an account as GRANT takes it; the host is the DBA's to know. */
export const account = (user: string): string => `${literal(user)}@'%'`

/**
 * A JSON text as a literal. The driver's looks at every quote and takes a third of the client's CPU time for it; in JSON
 * only these two need one, because control characters are escaped in it already.
 */
export const jsonLiteral = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
