/**
 * Whether a logged statement may have given a column another type: it makes, drops or renames the table, or it is an
 * ALTER that names the column. In doubt it may have.
 */
import { lex, mentioned, TOKENS_MAX, withoutSettings, type TableName } from "./statement-tokens.ts"

export interface NamedColumns extends TableName {
  readonly columns: ReadonlyArray<string>
}

const VERBS: ReadonlySet<string> = new Set(["CREATE", "DROP", "RENAME", "ALTER"])
/** MariaDB: SET STATEMENT … FOR ALTER … */
const MAYBE: ReadonlySet<string> = new Set([...VERBS, "SET"])

/** @returns indexes into `tables` */
export const redefinedTables = (
  text: string,
  schema: string,
  tables: ReadonlyArray<NamedColumns>
): ReadonlyArray<number> => {
  if (!MAYBE.has(lex(text, 1)[0]?.keyword ?? "")) return []
  const tokens = withoutSettings(lex(text, TOKENS_MAX))
  if (!VERBS.has(tokens[0]?.keyword ?? "")) return []
  const words = tokens.map((token) => token.keyword)
  if (words[0] === "DROP" && (words[1] === "DATABASE" || words[1] === "SCHEMA")) {
    const dropped = tokens.at(-1)!.text.toLowerCase()
    return tables.flatMap((table, i) => (table.schema.toLowerCase() === dropped ? [i] : []))
  }
  const renames = words.some(
    (word, i) => word === "RENAME" && !["COLUMN", "INDEX", "KEY"].includes(words[i + 1] ?? "")
  )
  const isWhole = words[0] !== "ALTER" || renames || tokens.length >= TOKENS_MAX
  const names = new Set(tokens.map((token) => token.text.toLowerCase()))
  return tables.flatMap((table, i) =>
    mentioned(tokens, schema, [table]).length > 0 &&
    (isWhole || table.columns.some((column) => names.has(column.toLowerCase())))
      ? [i]
      : []
  )
}
