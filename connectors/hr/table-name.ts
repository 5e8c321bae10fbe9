/** Names of tables in the configuration. */

/** `schema.table`; the first dot divides. */
export const splitTable = (table: string): readonly [schema: string, name: string] => {
  const dot = table.indexOf(".")
  return [table.slice(0, dot), table.slice(dot + 1)]
}

/** Quoted, qualified name. */
export const quoteTable = (table: string, identifier: (name: string) => string): string =>
  splitTable(table).map(identifier).join(".")
