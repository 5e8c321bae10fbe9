/** What the HR database's own catalog says about a table: columns with their types, unique indexes, engine. */
import { Effect } from "effect"
import type { DriverError, MySqlSession } from "./mysql-client.ts"
import { splitTable } from "../table-name.ts"
import { literal } from "./sql-text.ts"

export type ColumnKind =
  | "text"
  | "integer"
  | "decimal"
  | "float"
  | "datetime"
  | "timestamp"
  | "date"
  | "time"
  | "enum"
  | "set"
  | "bit"
  | "other"

export interface ColumnShape {
  readonly name: string
  readonly kind: ColumnKind
  /** As DDL writes it: `decimal(5,2) unsigned`. */
  readonly type: string
  readonly isUnsigned: boolean
  /** Character set and collation of a text, `undefined` for everything else. */
  readonly charset: string | undefined
  readonly collation: string | undefined
  /** Digits before and behind the point that a decimal column keeps. */
  readonly integerDigits: number | undefined
  readonly scale: number | undefined
  /** Digits of a second's fraction that a time keeps. */
  readonly fraction: number | undefined
  /** Characters a text column keeps. */
  readonly length: number | undefined
  /** Members of an ENUM or SET. */
  readonly members: ReadonlyArray<string>
  readonly notNull: boolean
  readonly hasDefault: boolean
  /** Computed by the server alone. */
  readonly isGenerated: boolean
}

interface UniqueIndex {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  /** On whole columns: no prefix, no expression. */
  readonly isPlain: boolean
}

export interface TableShape {
  /** `BASE TABLE`, `VIEW`, … */
  readonly kind: string
  /** `InnoDB`; `undefined` for a view. */
  readonly engine: string | undefined
  readonly columns: ReadonlyMap<string, ColumnShape>
  readonly uniques: ReadonlyArray<UniqueIndex>
  /** First columns of every index. */
  readonly indexedFirst: ReadonlySet<string>
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  char: "text",
  varchar: "text",
  tinytext: "text",
  text: "text",
  mediumtext: "text",
  longtext: "text",
  tinyint: "integer",
  smallint: "integer",
  mediumint: "integer",
  int: "integer",
  bigint: "integer",
  decimal: "decimal",
  float: "float",
  double: "float",
  datetime: "datetime",
  timestamp: "timestamp",
  date: "date",
  time: "time",
  enum: "enum",
  set: "set",
  bit: "bit"
}

const columnsOf = (schema: string, table: string): string => `
select c.column_name as name, c.data_type as data_type, c.column_type as column_type,
  c.character_set_name as charset, c.collation_name as collation, c.numeric_precision as numeric_digits,
  c.numeric_scale as scale, c.datetime_precision as fraction, c.character_maximum_length as length,
  c.is_nullable as is_nullable, c.column_default as column_default, c.extra as extra
from information_schema.columns c
where c.table_schema = ${literal(schema)} and c.table_name = ${literal(table)}
order by c.ordinal_position`

const indexesOf = (schema: string, table: string): string => `
select s.index_name as name, s.non_unique as non_unique, s.column_name as column_name, s.sub_part as sub_part
from information_schema.statistics s
where s.table_schema = ${literal(schema)} and s.table_name = ${literal(table)}
order by s.index_name, s.seq_in_index`

const tableOf = (schema: string, table: string): string => `
select t.table_type as kind, t.engine as engine from information_schema.tables t
where t.table_schema = ${literal(schema)} and t.table_name = ${literal(table)}`

interface ColumnRow {
  readonly name: string
  readonly data_type: string
  readonly column_type: string
  readonly charset: string | null
  readonly collation: string | null
  readonly numeric_digits: string | number | null
  readonly scale: string | number | null
  readonly fraction: string | number | null
  readonly length: string | number | null
  readonly is_nullable: string
  readonly column_default: string | null
  readonly extra: string
}

interface IndexRow {
  readonly name: string
  readonly non_unique: string | number
  /** `null`: an expression. */
  readonly column_name: string | null
  readonly sub_part: string | number | null
}

const numberOf = (value: string | number | null): number | undefined =>
  value === null ? undefined : Number(value)

/** Members of `enum('A','it''s')`. */
export const membersOf = (columnType: string): ReadonlyArray<string> =>
  [...columnType.matchAll(/'((?:[^']|'')*)'/g)].map((match) => match[1]!.replaceAll("''", "'"))

const columnShape = (row: ColumnRow): ColumnShape => {
  const kind = KINDS[row.data_type] ?? "other"
  const isDecimal = kind === "decimal"
  const scale = isDecimal ? numberOf(row.scale) : undefined
  return {
    name: row.name,
    kind,
    type: row.column_type,
    isUnsigned: / unsigned/.test(row.column_type),
    charset: row.charset ?? undefined,
    collation: row.collation ?? undefined,
    integerDigits: isDecimal ? numberOf(row.numeric_digits)! - scale! : undefined,
    scale,
    fraction: numberOf(row.fraction),
    length: kind === "text" ? numberOf(row.length) : undefined,
    members: kind === "enum" || kind === "set" ? membersOf(row.column_type) : [],
    notNull: row.is_nullable === "NO",
    // MariaDB writes the word where a nullable column has no other default.
    hasDefault:
      (row.column_default !== null && row.column_default !== "NULL") || /auto_increment/i.test(row.extra),
    isGenerated: /\b(VIRTUAL|STORED|PERSISTENT) ?(GENERATED)?\b/i.test(row.extra)
  }
}

const indexShapes = (rows: ReadonlyArray<IndexRow>): TableShape["uniques"] => {
  const byName = new Map<string, Array<IndexRow>>()
  for (const row of rows) {
    if (Number(row.non_unique) === 0) byName.set(row.name, [...(byName.get(row.name) ?? []), row])
  }
  return [...byName].map(([name, parts]) => ({
    name,
    columns: parts.flatMap((part) => (part.column_name === null ? [] : [part.column_name])),
    isPlain: parts.every((part) => part.column_name !== null && part.sub_part === null)
  }))
}

/** `undefined` where there is no such table or view, or this user has no right on it. */
export const readTableShape = (
  session: MySqlSession,
  table: string
): Effect.Effect<TableShape | undefined, DriverError> =>
  Effect.gen(function* () {
    const [schema, name] = splitTable(table)
    const [found] = yield* session.rows<{ kind: string; engine: string | null }>(tableOf(schema, name))
    if (found === undefined) return undefined
    const columns = yield* session.rows<ColumnRow>(columnsOf(schema, name))
    const indexes = yield* session.rows<IndexRow>(indexesOf(schema, name))
    const first = new Map<string, string>()
    for (const { name: index, column_name: column } of indexes) {
      if (!first.has(index)) first.set(index, column ?? "")
    }
    return {
      kind: found.kind,
      engine: found.engine ?? undefined,
      columns: new Map(columns.map((row) => [row.name, columnShape(row)])),
      uniques: indexShapes(indexes),
      indexedFirst: new Set(first.values())
    }
  })
