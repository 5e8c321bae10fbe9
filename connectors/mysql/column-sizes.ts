/** How much the mapped columns can hold, from information_schema, for who checks whether another table has room for it. */
import { Effect } from "effect"
import type { ColumnSize } from "../../schemas/column-size.ts"
import type { ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import type { SourceOptions } from "./source-options.ts"
import { connectSql } from "./sql-connection.ts"

/** By `schema.table`, then by column as the configuration spells it. */
export type ColumnSizes = ReadonlyMap<string, ReadonlyMap<string, ColumnSize>>

const EXACT = new Set(["tinyint", "smallint", "mediumint", "int", "bigint", "decimal"])

const COLUMNS = `SELECT COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE, CHARACTER_MAXIMUM_LENGTH
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`

export const readColumnSizes = (options: SourceOptions): Effect.Effect<ColumnSizes, ChangeSourceError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* connectSql(options)
      const sizes = new Map<string, ReadonlyMap<string, ColumnSize>>()
      for (const { columns, schema, table } of options.tables) {
        const rows = yield* sql.texts(COLUMNS, [schema, table])
        const found = new Map(rows.map((row) => [row[0]!.toLowerCase(), sizeOf(row)]))
        const named = columns.flatMap((column) => {
          const size = found.get(column.toLowerCase())
          return size === undefined ? [] : [[column, size] as const]
        })
        sizes.set(`${schema}.${table}`, new Map(named))
      }
      return sizes
    })
  )

const sizeOf = ([, type, precision, scale, length]: ReadonlyArray<string | null>): ColumnSize => {
  if (type !== null && type !== undefined && EXACT.has(type.toLowerCase()) && precision != null) {
    const behind = Number(scale ?? 0)
    return { integerDigits: Number(precision) - behind, scale: behind }
  }
  return length == null ? {} : { length: Number(length) }
}
