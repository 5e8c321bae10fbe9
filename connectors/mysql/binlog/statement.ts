/**
 * What a logged statement means for the tables we read. A lexer and the first keywords suffice: the question is only
 * whether a statement brackets a transaction, or touches a wanted table in a way that rows events do not show.
 *
 * In doubt the answer is the stricter one (G3).
 */
import {
  lex,
  mentioned,
  nameAt,
  TOKENS_MAX,
  withoutSettings,
  type TableName,
  type Token
} from "./statement-tokens.ts"
import { tableStatement, type TableStatement, type WantedColumns } from "./table-statement.ts"

export type StatementMeaning =
  | { readonly _tag: "Begin" }
  | { readonly _tag: "Commit" }
  | { readonly _tag: "Rollback" }
  | { readonly _tag: "Savepoint"; readonly name: string }
  | { readonly _tag: "RollbackTo"; readonly name: string }
  | { readonly _tag: "XaStart"; readonly xid: string }
  | { readonly _tag: "XaEnd" }
  | { readonly _tag: "XaCommit"; readonly xid: string }
  | { readonly _tag: "XaRollback"; readonly xid: string }
  /** CREATE TABLE … SELECT in row format: rows follow in the same transaction. */
  | { readonly _tag: "CreateWithRows" }
  | TableStatement
  /** Rows were changed by a statement, not by rows events. */
  | { readonly _tag: "ChangesRows"; readonly tables: ReadonlyArray<TableName>; readonly verb: string }
  /** A statement changed rows of other tables; what triggers, functions and cascades did besides, it does not say. */
  | { readonly _tag: "ChangesOthers"; readonly verb: string }
  | { readonly _tag: "Other" }

const OTHER: StatementMeaning = { _tag: "Other" }

/** @param schema the session's default schema, for names without one */
export const statementMeaning = (
  text: string,
  schema: string,
  wanted: ReadonlyArray<WantedColumns>
): StatementMeaning => {
  const bracket = BRACKETS.get(text)
  if (bracket !== undefined) return bracket
  const tokens = withoutSettings(lex(text, TOKENS_MAX))
  const word = (i: number): string => tokens[i]?.keyword ?? ""
  switch (word(0)) {
    case "BEGIN":
      return { _tag: "Begin" }
    case "START":
      return word(1) === "TRANSACTION" ? { _tag: "Begin" } : OTHER
    case "COMMIT":
      return { _tag: "Commit" }
    case "ROLLBACK":
      return rollback(tokens)
    case "SAVEPOINT":
      return { _tag: "Savepoint", name: nameOf(tokens[1]) }
    case "XA":
      return xa(word(1), text)
    case "CREATE":
      return /START\s+TRANSACTION\s*$/i.test(text)
        ? { _tag: "CreateWithRows" }
        : (createdFromRows(tokens, schema, wanted) ?? tableStatement(tokens, schema, wanted) ?? OTHER)
    case "TRUNCATE":
    case "DROP":
    case "RENAME":
    case "ALTER":
      return tableStatement(tokens, schema, wanted) ?? OTHER
    default:
      return rowsStatement(tokens, schema, wanted)
  }
}

const BRACKETS: ReadonlyMap<string, StatementMeaning> = new Map<string, StatementMeaning>([
  ["BEGIN", { _tag: "Begin" }],
  ["COMMIT", { _tag: "Commit" }]
])

const nameOf = (token: Token | undefined): string => (token?.text ?? "").toLowerCase()

const rollback = (tokens: ReadonlyArray<Token>): StatementMeaning => {
  const to = tokens.findIndex((token) => token.keyword === "TO")
  if (to < 0) return { _tag: "Rollback" }
  const at = tokens[to + 1]?.keyword === "SAVEPOINT" ? to + 2 : to + 1
  return { _tag: "RollbackTo", name: nameOf(tokens[at]) }
}

/** The servers write an XA identifier in one form only, whatever the client wrote: `X'6162',X'',1`. */
const XID = /X'[0-9a-f]*',X'[0-9a-f]*',\d+/i

const xa = (verb: string, text: string): StatementMeaning => {
  const xid = (XID.exec(text)?.[0] ?? "").toLowerCase()
  if (verb === "START" || verb === "BEGIN") return { _tag: "XaStart", xid }
  if (verb === "END") return { _tag: "XaEnd" }
  return verb === "ROLLBACK" ? { _tag: "XaRollback", xid } : { _tag: "XaCommit", xid }
}

/** CREATE TABLE … SELECT as text: in row format the servers log the table's shape, then rows. */
const createdFromRows = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<TableName>
): StatementMeaning | undefined => {
  const table = tokens.findIndex((token) => token.keyword === "TABLE")
  const select = tokens.findIndex((token) => token.keyword === "SELECT")
  if (table < 0 || table > CREATE_WORDS_MAX || select < 0) return undefined
  const tables = mentioned(tokens.slice(table + 1, select), schema, wanted)
  return tables.length === 0 ? undefined : { _tag: "ChangesRows", tables, verb: "CREATE TABLE … SELECT" }
}

/** CREATE OR REPLACE TEMPORARY TABLE */
const CREATE_WORDS_MAX = 4

const rowsStatement = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<TableName>
): StatementMeaning => {
  const verb = tokens[0]?.keyword ?? ""
  const changes = (tables: ReadonlyArray<TableName>): StatementMeaning =>
    tables.length === 0 ? { _tag: "ChangesOthers", verb } : { _tag: "ChangesRows", tables, verb }
  switch (verb) {
    // Only the target is written: pt-table-checksum logs REPLACE INTO checksums … SELECT … FROM the wanted table.
    case "INSERT":
    case "REPLACE":
      return changes(mentioned(tokens.slice(0, targetEnd(tokens, schema)), schema, wanted))
    case "UPDATE":
    case "DELETE":
    case "LOAD":
    case "WITH":
    case "CALL":
      return changes(mentioned(tokens, schema, wanted))
    // A stored function that changes rows; the text names the function only.
    case "SELECT":
    case "DO":
      return { _tag: "ChangesOthers", verb }
    default:
      return OTHER
  }
}

const MODIFIERS: ReadonlySet<string> = new Set(["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"])

const targetEnd = (tokens: ReadonlyArray<Token>, schema: string): number => {
  let i = 1
  while (MODIFIERS.has(tokens[i]?.keyword ?? "")) i++
  return nameAt(tokens, i, schema).next
}
