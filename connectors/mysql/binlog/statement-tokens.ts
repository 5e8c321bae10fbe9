/** Words, names and signs of a logged statement: what is needed to tell what it does to which table. */

export interface Token {
  readonly text: string
  /** Upper case of a bare word; "" for quoted names and signs. */
  readonly keyword: string
  readonly kind: "word" | "quoted" | "string" | "sign"
}

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

export const TOKENS_MAX = 10_000

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

/** MariaDB logs `SET STATEMENT variable = value FOR …` with its settings. */
export const withoutSettings = (tokens: ReadonlyArray<Token>): ReadonlyArray<Token> => {
  if (tokens[0]?.keyword !== "SET" || tokens[1]?.keyword !== "STATEMENT") return tokens
  const end = tokens.findIndex((token) => token.keyword === "FOR")
  return end < 0 ? tokens : withoutSettings(tokens.slice(end + 1))
}

export interface TableName {
  readonly schema: string
  readonly table: string
}

export const isName = (token: Token | undefined): boolean =>
  token?.kind === "word" || token?.kind === "quoted"

/** Names are compared without regard to case: in doubt a statement means our table. */
export const same = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

/** The name that begins at token `i`, and the index behind it. */
export const nameAt = (
  tokens: ReadonlyArray<Token>,
  i: number,
  schema: string
): { readonly name: TableName; readonly next: number } => {
  const first = tokens[i]?.text ?? ""
  return tokens[i + 1]?.text === "."
    ? { name: { schema: first, table: tokens[i + 2]?.text ?? "" }, next: i + 3 }
    : { name: { schema, table: first }, next: i + 1 }
}

export const isSame = (left: TableName, right: TableName): boolean =>
  same(left.table, right.table) && same(left.schema, right.schema)

/** Wanted tables named anywhere in the tokens. */
export const mentioned = <A extends TableName>(
  tokens: ReadonlyArray<Token>,
  schema: string,
  wanted: ReadonlyArray<A>
): ReadonlyArray<A> => wanted.filter((name) => tokens.some((_, i) => namesAt(tokens, i, schema, name)))

/** Whether the token at `i` is the table part of a name that means `name`. */
const namesAt = (tokens: ReadonlyArray<Token>, i: number, schema: string, name: TableName): boolean => {
  const token = tokens[i]
  if (!isName(token) || !same(token!.text, name.table)) return false
  const qualifier = tokens[i - 1]?.text === "." && isName(tokens[i - 2]) ? tokens[i - 2]!.text : schema
  return same(qualifier, name.schema)
}
