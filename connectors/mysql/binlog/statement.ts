/**
 * What a logged statement means for the tables we read. A lexer and the first keywords suffice: the question is only
 * whether a statement brackets a transaction, or touches a wanted table in a way that rows events do not show.
 *
 * In doubt the answer is the stricter one (G3).
 */

export type StatementMeaning =
  | { readonly _tag: "Begin" }
  | { readonly _tag: "Commit" }
  | { readonly _tag: "Rollback" }
  | { readonly _tag: "Savepoint"; readonly name: string }
  | { readonly _tag: "RollbackTo"; readonly name: string }
  | { readonly _tag: "XaStart" }
  | { readonly _tag: "XaEnd" }
  | { readonly _tag: "XaCommit" }
  | { readonly _tag: "XaRollback" }
  /** CREATE TABLE … SELECT in row format: rows follow in the same transaction. */
  | { readonly _tag: "CreateWithRows" }
  /** The table lost its rows or its name. */
  | { readonly _tag: "Removes"; readonly tables: ReadonlyArray<WantedName>; readonly verb: string }
  /** Rows were changed by a statement, not by rows events. */
  | { readonly _tag: "ChangesRows"; readonly tables: ReadonlyArray<WantedName>; readonly verb: string }
  | { readonly _tag: "Other" }

export interface WantedName {
  readonly schema: string
  readonly table: string
}

interface Token {
  readonly text: string
  /** Upper case of a bare word; "" for quoted names and signs. */
  readonly keyword: string
  readonly kind: "word" | "quoted" | "string" | "sign"
}

const OTHER: StatementMeaning = { _tag: "Other" }

/** Blanks and comments; the opening `/*!50001` and closing of executable comments count as blanks, their text does not. */
const BLANK = /(?:\s+|\/\*(?!M?!)[\s\S]*?\*\/|\/\*M?!\d*|\*\/|#[^\n]*|--(?=[\s]|$)[^\n]*)+/y
const WORD = /[\p{L}\p{N}_$@]+/uy
const BACKTICK = /`((?:[^`]|``)*)`/y
const DOUBLE = /"((?:[^"\\]|""|\\[\s\S])*)"/y
const SINGLE = /'(?:[^'\\]|''|\\[\s\S])*'/y

const match = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** At most `limit` tokens: a statement may be as long as a packet, its meaning stands in front. */
export const lex = (text: string, limit: number): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  let at = 0
  while (at < text.length && tokens.length < limit) {
    const blank = match(BLANK, text, at)
    if (blank !== null) {
      at += blank[0].length
      continue
    }
    const word = match(WORD, text, at)
    const backtick = word === null ? match(BACKTICK, text, at) : null
    const double = word === null && backtick === null ? match(DOUBLE, text, at) : null
    const single = word === null && backtick === null && double === null ? match(SINGLE, text, at) : null
    if (word !== null) tokens.push({ text: word[0], keyword: word[0].toUpperCase(), kind: "word" })
    else if (backtick !== null)
      tokens.push({ text: backtick[1]!.replaceAll("``", "`"), keyword: "", kind: "quoted" })
    else if (double !== null)
      tokens.push({ text: double[1]!.replaceAll('""', '"'), keyword: "", kind: "quoted" })
    else if (single !== null) tokens.push({ text: "", keyword: "", kind: "string" })
    else tokens.push({ text: text[at]!, keyword: "", kind: "sign" })
    at += (word ?? backtick ?? double ?? single)?.[0].length ?? 1
  }
  return tokens
}

export const TOKENS_MAX = 10_000

/** @param schema the session's default schema, for names without one */
export const statementMeaning = (
  text: string,
  schema: string,
  wanted: ReadonlyArray<WantedName>
): StatementMeaning => {
  const bracket = BRACKETS.get(text)
  if (bracket !== undefined) return bracket
  const tokens = lex(text, TOKENS_MAX)
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
      return xa(word(1))
    case "CREATE":
      return /START\s+TRANSACTION\s*$/i.test(text) ? { _tag: "CreateWithRows" } : OTHER
    case "TRUNCATE":
    case "DROP":
    case "RENAME":
    case "ALTER":
      return removal(tokens, schema, wanted)
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

const xa = (verb: string): StatementMeaning => {
  if (verb === "START" || verb === "BEGIN") return { _tag: "XaStart" }
  if (verb === "END") return { _tag: "XaEnd" }
  return verb === "ROLLBACK" ? { _tag: "XaRollback" } : { _tag: "XaCommit" }
}

const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

/** Wanted tables named anywhere in the tokens. */
export const mentioned = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<WantedName>
): ReadonlyArray<WantedName> =>
  wanted.filter((name) => tokens.some((_, i) => namesAt(tokens, i, schema, name)))

const isName = (token: Token | undefined): boolean => token?.kind === "word" || token?.kind === "quoted"

/** Whether the token at `i` is the table part of a name that means `name`. */
const namesAt = (tokens: ReadonlyArray<Token>, i: number, schema: string, name: WantedName): boolean => {
  const token = tokens[i]
  if (!isName(token) || !same(token!.text, name.table)) return false
  const qualifier = tokens[i - 1]?.text === "." && isName(tokens[i - 2]) ? tokens[i - 2]!.text : schema
  return same(qualifier, name.schema)
}

const removal = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<WantedName>
): StatementMeaning => {
  const verb = tokens[0]!.keyword
  const keywords = tokens.map((token) => token.keyword)
  const removes = (tables: ReadonlyArray<WantedName>): StatementMeaning =>
    tables.length === 0 ? OTHER : { _tag: "Removes", tables, verb }
  switch (verb) {
    case "TRUNCATE":
      return removes(mentioned(tokens, schema, wanted))
    case "DROP": {
      if (keywords[1] === "DATABASE" || keywords[1] === "SCHEMA") {
        const dropped = tokens.slice(2).filter(isName).at(-1)?.text ?? ""
        return removes(wanted.filter((name) => same(name.schema, dropped)))
      }
      return keywords[1] === "TABLE" || keywords[1] === "TABLES"
        ? removes(mentioned(tokens, schema, wanted))
        : OTHER
    }
    case "RENAME":
      return keywords[1] === "TABLE" || keywords[1] === "TABLES"
        ? removes(renamedAway(tokens, schema, wanted))
        : OTHER
    default:
      return keywords[1] === "TABLE" ? removes(alterRemoves(tokens, schema, wanted)) : OTHER
  }
}

/** `RENAME TABLE t TO old, new TO t` swaps a table for its rebuilt copy (gh-ost, pt-osc): the name goes on living. */
const renamedAway = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<WantedName>
): ReadonlyArray<WantedName> => {
  const targets = (i: number): boolean =>
    tokens[i - 1]?.keyword === "TO" || (tokens[i - 1]?.text === "." && tokens[i - 3]?.keyword === "TO")
  return wanted.filter((name) => {
    const places = tokens.flatMap((_, i) => (namesAt(tokens, i, schema, name) ? [i] : []))
    return places.some((i) => !targets(i)) && !places.some(targets)
  })
}

/** ALTER TABLE t RENAME TO x, and ALTER TABLE t DROP/TRUNCATE PARTITION; every other ALTER shows in the next TABLE_MAP. */
const alterRemoves = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<WantedName>
): ReadonlyArray<WantedName> => {
  const nameEnd = tokens[3]?.text === "." ? 5 : 3
  const altered = mentioned(tokens.slice(0, nameEnd), schema, wanted)
  if (altered.length === 0) return []
  const rest = tokens.slice(nameEnd)
  const removesRows = rest.some(
    (token, i) =>
      (token.keyword === "RENAME" && !["COLUMN", "INDEX", "KEY"].includes(rest[i + 1]?.keyword ?? "")) ||
      ((token.keyword === "DROP" || token.keyword === "TRUNCATE" || token.keyword === "EXCHANGE") &&
        rest[i + 1]?.keyword === "PARTITION")
  )
  return removesRows ? altered : []
}

const rowsStatement = (
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<WantedName>
): StatementMeaning => {
  const verb = tokens[0]?.keyword ?? ""
  const changes = (tables: ReadonlyArray<WantedName>): StatementMeaning =>
    tables.length === 0 ? OTHER : { _tag: "ChangesRows", tables, verb }
  switch (verb) {
    // Only the target is written: pt-table-checksum logs REPLACE INTO checksums … SELECT … FROM the wanted table.
    case "INSERT":
    case "REPLACE":
      return changes(mentioned(tokens.slice(0, targetEnd(tokens)), schema, wanted))
    case "UPDATE":
    case "DELETE":
    case "LOAD":
    case "WITH":
    case "CALL":
      return changes(mentioned(tokens, schema, wanted))
    default:
      return OTHER
  }
}

const MODIFIERS: ReadonlySet<string> = new Set(["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"])

const targetEnd = (tokens: ReadonlyArray<Token>): number => {
  let i = 1
  while (MODIFIERS.has(tokens[i]?.keyword ?? "")) i++
  return tokens[i + 1]?.text === "." ? i + 3 : i + 1
}
