/**
 * What the binlog does not tell about MariaDB's UUID, INET4, INET6 and VECTOR columns (binlog/disguised-type.ts), and
 * for which rows it is known.
 *
 * Invariant: a row is read by a type only where that type is certain. What the server says today holds for rows behind
 * the last statement that may have changed it; those statements stand in the binlog, up to the end that it had when it was
 * asked, and after that they come by. Rows before such a statement stop capture, unless the configuration says what
 * they are (`columnTypes`), which always comes first.
 */
import { Effect } from "effect"
import type { ChangeSourceError, WantedTable } from "../../src/capture/ChangeSource.ts"
import { DecodeFailure } from "./binlog/decode-failure.ts"
import { isDisguisedType, type DisguisedType } from "./binlog/disguised-type.ts"
import { redefinedTables } from "./binlog/redefinition.ts"
import { tableKey } from "./binlog/table-map.ts"
import { endOfBinlog, isBefore, someEvent, type BinlogPlace } from "./binlog-events.ts"
import type { SqlConnection } from "./sql-connection.ts"

const SHOWN_STATEMENT = /^use `((?:[^`]|``)*)`; ([\s\S]*)$/

export class DisguisedColumns {
  /** A statement after which the server must be asked again, before another row is read. */
  staleFrom: BinlogPlace | undefined = undefined
  private readonly tables: ReadonlyArray<WantedTable>
  private readonly indexes: ReadonlyMap<string, number>
  /** Lower-cased column => type as the server has it now, by table. */
  private types: ReadonlyArray<ReadonlyMap<string, DisguisedType>>
  /** Start of the last statement that may have changed a type, by table. */
  private readonly changedAt: Array<BinlogPlace | undefined>
  /** Everything before has been looked through. */
  private lookedUpTo: BinlogPlace | undefined = undefined
  private here: BinlogPlace = { file: "", position: 0 }

  constructor(tables: ReadonlyArray<WantedTable>) {
    this.tables = tables
    this.indexes = new Map(tables.map(({ schema, table }, i) => [tableKey(schema, table), i]))
    this.types = tables.map(() => new Map())
    this.changedAt = tables.map(() => undefined)
  }

  /** Asks the server. @param from where reading goes on */
  ask(sql: SqlConnection, from: BinlogPlace): Effect.Effect<void, ChangeSourceError> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const before = yield* endOfBinlog(sql)
        const types = yield* readTypes(sql, this.tables)
        const end = yield* endOfBinlog(sql)
        this.types = types
        this.staleFrom = undefined
        const isPlain = types.every((columns) => columns.size === 0)
        this.lookedUpTo = isPlain ? before : end
        if (isPlain) return
        yield* someEvent(sql, from, end, (event) => {
          if (event.type.startsWith("Query")) this.saw(event.text, event)
          return false
        })
        // A statement between the two ends may have come before or after the answer.
        if (this.changedAt.every((place) => place === undefined || isBefore(place, before))) return
      }
    })
  }

  private saw(shown: string, place: BinlogPlace): void {
    const [, schema = "", text = shown] = SHOWN_STATEMENT.exec(shown) ?? []
    for (const table of redefinedTables(text, schema.replaceAll("``", "`"), this.tables))
      this.changedAt[table] = place
  }

  /**
   * A statement of the stream.
   *
   * @param position where it starts
   * @returns whether what was compiled before must be compiled anew
   */
  passed(text: string, schema: string, file: string, position: number): boolean {
    if (this.lookedUpTo === undefined || redefinedTables(text, schema, this.tables).length === 0) return false
    const place = { file, position }
    if (!isBefore(place, this.lookedUpTo)) this.staleFrom = place
    return true
  }

  /** Where the table map stands that is asked about next. */
  reached(file: string, position: number): void {
    this.here = { file, position }
  }

  /** What a column is, where the binlog shows bytes; `undefined` where it is nothing else. Throws where that is not certain. */
  readonly typeOf = (schema: string, table: string, column: string): DisguisedType | undefined => {
    const index = this.indexes.get(tableKey(schema, table))
    if (index === undefined) return undefined
    const declared = this.tables[index]!.columnTypes?.[column]
    if (declared !== undefined) return isDisguisedType(declared) ? declared : undefined
    const type = this.types[index]!.get(column.toLowerCase())
    const changed = this.changedAt[index]
    if (type === undefined || changed === undefined || isBefore(changed, this.here)) return type
    const name = `${schema}.${table}.${column}`
    throw new DecodeFailure(
      `${name} ${type}`,
      `${name} is ${type} now, but a statement at ${changed.file}:${changed.position} changed it or its table after these rows were written; the binlog shows bytes and does not tell what they were`,
      `Put columnTypes: { ${column}: ${type} } under ${schema}.${table} in the configuration if they were ${type} before as well, or columnTypes: { ${column}: binary } to have bytes in base64; then start again. Or copy the table anew.`
    )
  }
}

const readTypes = Effect.fnUntraced(function* (sql: SqlConnection, tables: ReadonlyArray<WantedTable>) {
  const found = new Map<string, Map<string, DisguisedType>>()
  const rows = yield* sql.texts(
    "SELECT TABLE_SCHEMA, TABLE_NAME, LOWER(COLUMN_NAME), LOWER(DATA_TYPE) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN (?) AND DATA_TYPE IN ('uuid', 'inet4', 'inet6', 'vector')",
    [tables.length === 0 ? [""] : [...new Set(tables.map(({ schema }) => schema))]]
  )
  for (const [schema, table, column, type] of rows) {
    const key = tableKey(schema!, table!)
    const columns = found.get(key) ?? new Map<string, DisguisedType>()
    if (isDisguisedType(type!)) columns.set(column!, type)
    found.set(key, columns)
  }
  return tables.map(({ schema, table, columns }) => {
    const wanted = new Set(columns.map((column) => column.toLowerCase()))
    const all = found.get(tableKey(schema, table)) ?? new Map<string, DisguisedType>()
    return new Map([...all].filter(([column]) => wanted.has(column)))
  })
})
