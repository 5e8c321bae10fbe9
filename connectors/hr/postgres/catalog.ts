/** What the HR database's own catalog says about a table: columns with their types, unique indexes. */
import { Effect } from "effect"
import type { DriverError, PostgresSession } from "./postgres-client.ts"
import { splitTable } from "../table-name.ts"

export interface ColumnShape {
  readonly name: string
  /** Base type below any domain, without length or precision: `numeric`, `timestamp with time zone`, `"hr"."grade"`. */
  readonly type: string
  /** pg_type.typcategory: S text, N number, D time, B boolean, E enum, … */
  readonly category: string
  /** Digits behind the point that a numeric column keeps; `undefined`: any, or no numeric. */
  readonly scale: number | undefined
  /** Digits before the point that a numeric column keeps. */
  readonly integerDigits: number | undefined
  /** Characters a varchar or char column keeps. */
  readonly length: number | undefined
  readonly notNull: boolean
  /** SQL of the default, also for identity columns; `undefined`: none. */
  readonly defaultSql: string | undefined
  /** Filled by the server alone: GENERATED ALWAYS. */
  readonly isGenerated: boolean
  /** An index of the table begins with it. */
  readonly isIndexed?: boolean
}

export interface UniqueIndex {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  /** Usable for ON CONFLICT on its columns: no predicate, no expressions, checked at once. */
  readonly isPlain: boolean
}

export interface TableShape {
  /** pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table. */
  readonly kind: string
  readonly columns: ReadonlyMap<string, ColumnShape>
  readonly uniques: ReadonlyArray<UniqueIndex>
  /** First columns of every index. */
  readonly indexedFirst: ReadonlySet<string>
}

const COLUMNS = `
select c.relkind as kind, a.attname as name, format_type(b.oid, -1) as type, b.category,
  a.attnotnull or b.not_null as not_null,
  case when a.attidentity <> '' then 'identity' else pg_get_expr(d.adbin, d.adrelid) end as default_sql,
  a.attgenerated <> '' or a.attidentity = 'a' as is_generated,
  b.oid = 1700 as is_numeric, b.oid in (1042, 1043) as is_sized, b.typmod
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
cross join lateral (
  with recursive base as (
    select t.oid, t.typbasetype, t.typtype, t.typcategory, a.atttypmod as typmod, t.typnotnull as not_null
    from pg_type t where t.oid = a.atttypid
    union all
    select t.oid, t.typbasetype, t.typtype, t.typcategory, w.typtypmod, base.not_null or t.typnotnull
    from base join pg_type w on w.oid = base.oid join pg_type t on t.oid = base.typbasetype
    where base.typtype = 'd'
  )
  select oid::oid, typcategory as category, typmod, not_null from base where typtype <> 'd'
) b
where n.nspname = $1 and c.relname = $2
order by a.attnum`

const UNIQUES = `
select x.relname as name, i.indisunique as is_unique,
  i.indpred is null and i.indexprs is null and i.indimmediate and i.indisvalid as is_plain,
  (select array_agg(a.attname::text order by k.ordinality)
   from unnest(i.indkey) with ordinality k(attnum, ordinality)
   join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
   where k.ordinality <= i.indnkeyatts) as columns
from pg_index i
join pg_class c on c.oid = i.indrelid
join pg_class x on x.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2
order by x.relname`

interface ColumnRow {
  readonly kind: string
  readonly name: string
  readonly type: string
  readonly category: string
  readonly not_null: boolean
  readonly default_sql: string | null
  readonly is_generated: boolean
  readonly is_numeric: boolean
  readonly is_sized: boolean
  readonly typmod: number
}

interface IndexRow {
  readonly name: string
  readonly is_unique: boolean
  readonly is_plain: boolean
  readonly columns: ReadonlyArray<string> | null
}

/** numeric's modifier: precision and an 11-bit signed scale, plus 4 (numeric.c, make_numeric_typmod). */
const numericLimits = (typmod: number): { scale: number; integerDigits: number } => {
  const packed = typmod - 4
  const scale = ((packed & 0x7ff) ^ 1024) - 1024
  return { scale, integerDigits: ((packed >> 16) & 0xffff) - scale }
}

const columnShape = (row: ColumnRow): ColumnShape => {
  const limits = row.is_numeric && row.typmod >= 4 ? numericLimits(row.typmod) : undefined
  return {
    name: row.name,
    type: row.type,
    category: row.category,
    scale: limits?.scale,
    integerDigits: limits?.integerDigits,
    length: row.is_sized && row.typmod >= 4 ? row.typmod - 4 : undefined,
    notNull: row.not_null,
    defaultSql: row.default_sql ?? undefined,
    isGenerated: row.is_generated
  }
}

/** `undefined` where there is no such table or view, or this user may not see its schema's catalog. */
export const readTableShape = (
  session: PostgresSession,
  table: string
): Effect.Effect<TableShape | undefined, DriverError> =>
  Effect.gen(function* () {
    const values = splitTable(table)
    const columns = yield* session.rows<ColumnRow>({ text: COLUMNS, values })
    if (columns.length === 0) return undefined
    const indexes = yield* session.rows<IndexRow>({ text: UNIQUES, values })
    const indexedFirst = new Set(indexes.flatMap((row) => (row.columns ?? []).slice(0, 1)))
    return {
      kind: columns[0]!.kind,
      columns: new Map(
        columns.map((row) => [row.name, { ...columnShape(row), isIndexed: indexedFirst.has(row.name) }])
      ),
      uniques: indexes
        .filter((row) => row.is_unique)
        .map((row) => ({ name: row.name, columns: row.columns ?? [], isPlain: row.is_plain })),
      indexedFirst
    }
  })
