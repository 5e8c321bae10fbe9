/**
 * DDL that names a wanted table: whether it takes rows, a name or a mapped column away without a rows event to show it,
 * or only changes the shape in which the next rows come.
 */
import { isName, isSame, mentioned, nameAt, same, type TableName, type Token } from "./statement-tokens.ts"

export interface WantedColumns extends TableName {
  readonly columns?: ReadonlyArray<string>
}

export type TableStatement =
  /** The table lost its rows, its name, or mapped columns with what they held. */
  | {
      readonly _tag: "Removes"
      readonly tables: ReadonlyArray<TableName>
      readonly verb: string
      /** Empty where whole rows are concerned. */
      readonly columns: ReadonlyArray<string>
    }
  /** The rows are still there; how they look from here on, their table maps say. */
  | {
      readonly _tag: "Alters"
      readonly tables: ReadonlyArray<TableName>
      readonly verb: string
      /** The rebuilt copy that took the table's place, where a tool swapped them. */
      readonly by?: string
    }

type Tokens = ReadonlyArray<Token>
type Wanted = ReadonlyArray<WantedColumns>

/** `undefined`: no wanted table is concerned. */
export const tableStatement = (
  tokens: Tokens,
  schema: string,
  wanted: Wanted
): TableStatement | undefined => {
  switch (tokens[0]!.keyword) {
    case "TRUNCATE":
      return removes("TRUNCATE", mentioned(tokens, schema, wanted))
    case "DROP":
      return dropped(tokens, schema, wanted)
    case "CREATE":
      return replaced(tokens, schema, wanted)
    case "RENAME":
      return isTable(tokens[1]) ? renamed(tokens, schema, wanted) : undefined
    default:
      return altered(tokens, schema, wanted)
  }
}

const removes = (
  verb: string,
  tables: ReadonlyArray<TableName>,
  columns: ReadonlyArray<string> = []
): TableStatement | undefined =>
  tables.length === 0 ? undefined : { _tag: "Removes", tables, verb, columns }

const isTable = (token: Token | undefined): boolean =>
  token?.keyword === "TABLE" || token?.keyword === "TABLES"

const isSchema = (token: Token | undefined): boolean =>
  token?.keyword === "DATABASE" || token?.keyword === "SCHEMA"

const inSchema = (tokens: Tokens, wanted: Wanted): Wanted => {
  const schema = tokens.filter(isName).at(-1)?.text ?? ""
  return wanted.filter((name) => same(name.schema, schema))
}

const dropped = (tokens: Tokens, schema: string, wanted: Wanted): TableStatement | undefined => {
  if (isSchema(tokens[1])) return removes("DROP", inSchema(tokens.slice(2), wanted))
  return isTable(tokens[1]) ? removes("DROP", mentioned(tokens, schema, wanted)) : undefined
}

/** MariaDB: CREATE OR REPLACE drops what was there. */
const replaced = (tokens: Tokens, schema: string, wanted: Wanted): TableStatement | undefined => {
  if (tokens[1]?.keyword !== "OR" || tokens[2]?.keyword !== "REPLACE") return undefined
  if (isSchema(tokens[3])) return removes("CREATE OR REPLACE", inSchema(tokens.slice(4, 5), wanted))
  if (!isTable(tokens[3])) return undefined
  return removes("CREATE OR REPLACE", mentioned(tokens.slice(4, 7), schema, wanted))
}

interface Renaming {
  readonly from: TableName
  readonly to: TableName
}

const renamings = (tokens: Tokens, schema: string): ReadonlyArray<Renaming> => {
  const found: Array<Renaming> = []
  // RENAME TABLE [IF EXISTS] a [WAIT n | NOWAIT] TO b, …
  let i = tokens[2]?.keyword === "IF" && tokens[3]?.keyword === "EXISTS" ? 4 : 2
  while (i < tokens.length) {
    const from = nameAt(tokens, i, schema)
    const to = tokens.findIndex((token, at) => at >= from.next && token.keyword === "TO")
    if (to < 0) break
    const target = nameAt(tokens, to + 1, schema)
    found.push({ from: from.name, to: target.name })
    i = target.next + 1
  }
  return found
}

/**
 * `RENAME TABLE t TO _t_del, _t_gho TO t` swaps a table for the copy that the tool has filled with its rows. Any other
 * table that takes the name brings rows of its own, of which the binlog shows nothing.
 */
const renamed = (tokens: Tokens, schema: string, wanted: Wanted): TableStatement | undefined => {
  const pairs = renamings(tokens, schema)
  const concerned = mentioned(tokens.slice(2), schema, wanted)
  const copies = concerned.map((name) =>
    pairs.some(({ from }) => isSame(from, name))
      ? pairs.find(({ from, to }) => isSame(to, name) && isRebuiltCopy(from, name))
      : undefined
  )
  if (copies.includes(undefined))
    return removes(
      "RENAME",
      concerned.filter((_, i) => copies[i] === undefined)
    )
  const [copy] = copies
  if (copy === undefined) return undefined
  return { _tag: "Alters", tables: concerned, verb: "RENAME", by: `${copy.from.schema}.${copy.from.table}` }
}

/** What gh-ost (`_t_gho`), pt-online-schema-change and spirit (`_t_new`), lhm (`lhmn_t`) and fb-osc call the copy. */
const isRebuiltCopy = (copy: TableName, of: TableName): boolean => {
  if (!same(copy.schema, of.schema)) return false
  const name = copy.table.toLowerCase()
  const base = of.table.toLowerCase()
  if (name === `lhmn_${base}` || name === `__osc_new_${base}`) return true
  const inner = /^_+(.+)_(?:gho|new)$/.exec(name)?.[1]
  // Names have 64 characters: gh-ost cuts the table's own.
  return inner !== undefined && (inner === base || (base.startsWith(inner) && name.length >= NAME_MAX - 1))
}

const NAME_MAX = 64

const ALTER_WORDS: ReadonlySet<string> = new Set(["ONLINE", "OFFLINE", "IGNORE"])

const altered = (tokens: Tokens, schema: string, wanted: Wanted): TableStatement | undefined => {
  let i = 1
  while (ALTER_WORDS.has(tokens[i]?.keyword ?? "")) i++
  if (!isTable(tokens[i])) return undefined
  const ignore = tokens.slice(1, i).some((token) => token.keyword === "IGNORE")
  i++
  if (tokens[i]?.keyword === "IF" && tokens[i + 1]?.keyword === "EXISTS") i += 2
  const { name, next } = nameAt(tokens, i, schema)
  // MariaDB: WAIT n, NOWAIT.
  const wait = tokens[next]?.keyword
  const rest = tokens.slice(wait === "WAIT" ? next + 2 : wait === "NOWAIT" ? next + 1 : next)
  const own = wanted.filter((each) => isSame(each, name))
  // EXCHANGE PARTITION p WITH TABLE t, CONVERT TABLE t TO PARTITION p, RENAME TO t: here t is the other table.
  const others = mentioned(movesRows(rest) || renames(rest) ? rest : [], schema, wanted)
  const emptied = others.length > 0 ? [...own, ...others] : own
  if (emptied.length === 0) return undefined
  // ALTER IGNORE TABLE … ADD UNIQUE drops rows that are in its way.
  if (others.length > 0 || ignore || movesRows(rest) || renames(rest)) return removes("ALTER", emptied)
  const columns = own.flatMap((each) => goneColumns(rest, each.columns ?? []))
  return columns.length > 0 ? removes("ALTER", own, columns) : { _tag: "Alters", tables: own, verb: "ALTER" }
}

/** `RENAME [TO | AS] x`, of the table itself. */
const renames = (rest: Tokens): boolean =>
  rest.some(
    (token, i) =>
      token.keyword === "RENAME" && !["COLUMN", "INDEX", "KEY"].includes(rest[i + 1]?.keyword ?? "")
  )

const PARTITION_VERBS: ReadonlySet<string> = new Set(["DROP", "TRUNCATE", "EXCHANGE", "DISCARD", "IMPORT"])

const movesRows = (rest: Tokens): boolean =>
  rest.some((token, i) => {
    const following = rest[i + 1]?.keyword ?? ""
    if (PARTITION_VERBS.has(token.keyword) && (following === "PARTITION" || following === "TABLESPACE"))
      return true
    return token.keyword === "CONVERT" && (following === "PARTITION" || following === "TABLE")
  })

/** Mapped columns that a part of the ALTER drops or gives another name, whatever takes their names then. */
const goneColumns = (rest: Tokens, columns: ReadonlyArray<string>): ReadonlyArray<string> => {
  const gone = parts(rest).flatMap((part) => {
    const words = part.map((token) => token.keyword)
    let i = words[1] === "COLUMN" ? 2 : 1
    if (words[i] === "IF" && words[i + 1] === "EXISTS") i += 2
    const [first, second] = [part[i]?.text ?? "", part[i + 1]?.text ?? ""]
    if (words[0] === "DROP" && (words[1] === "COLUMN" || !NO_COLUMN.has(words[1] ?? ""))) return [first]
    if (words[0] === "RENAME" && words[1] === "COLUMN") return [first]
    return words[0] === "CHANGE" && !same(first, second) ? [first] : []
  })
  return columns.filter(
    (column, i) => columns.indexOf(column) === i && gone.some((name) => same(name, column))
  )
}

/** What DROP may be followed by where it is no column; a column of such a name is quoted. */
const NO_COLUMN: ReadonlySet<string> = new Set([
  "INDEX",
  "KEY",
  "PRIMARY",
  "FOREIGN",
  "CONSTRAINT",
  "CHECK",
  "PARTITION",
  "SYSTEM",
  "PERIOD"
])

/** Between commas outside of parentheses. */
const parts = (tokens: Tokens): ReadonlyArray<Tokens> => {
  const found: Array<Array<Token>> = [[]]
  let depth = 0
  for (const token of tokens) {
    if (token.kind === "sign" && token.text === "(") depth++
    if (token.kind === "sign" && token.text === ")") depth--
    if (token.kind === "sign" && token.text === "," && depth === 0) found.push([])
    else found.at(-1)!.push(token)
  }
  return found
}
