/** Identifiers and literals as SQL text. Nothing from outside reaches a statement in any other way. */

/** `"exam "" score"`: any characters but NUL, which PostgreSQL has no way to write. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** `schema.table` of the configuration as a quoted, qualified name. The first dot divides. */
export const relation = (table: string): string => {
  const [schema, name] = splitTable(table)
  return `${identifier(schema)}.${identifier(name)}`
}

export const splitTable = (table: string): readonly [schema: string, name: string] => {
  const dot = table.indexOf(".")
  return [table.slice(0, dot), table.slice(dot + 1)]
}

/** `'O''Hara'`; the `E` form where a backslash would depend on `standard_conforming_strings`. */
export const literal = (text: string): string => {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted
}
