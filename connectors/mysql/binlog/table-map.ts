/**
 * TABLE_MAP_EVENT: the shape of a table at the moment its rows were written, with the optional metadata that
 * `binlog_row_metadata = FULL` adds (mysql-server libs/mysql/binlog/event/rows_event.h, Table_map_event).
 *
 * A row is decoded by the bytes of the map before it, never by asking the live database: a table changed since would
 * silently shift columns.
 */
import { ByteCursor } from "./byte-cursor.ts"
import { ColumnType, metadataLength } from "./column-type.ts"
import { damaged, DecodeFailure } from "./decode-failure.ts"

export interface MappedColumn {
  /** Real type: ENUM and SET hide in STRING's metadata. */
  readonly type: number
  /** Type-specific: byte length, precision * 256 + scale, fractional digits, number of bits, … */
  readonly meta: number
  readonly unsigned: boolean
  /** undefined without FULL metadata. */
  readonly name: string | undefined
  /** Collation id of text; 63 = binary; undefined where the map does not say. */
  readonly collation: number | undefined
  /** Labels of ENUM and SET in the bytes of their character set. */
  readonly labels: ReadonlyArray<Buffer> | undefined
}

export interface TableMap {
  readonly schema: string
  readonly table: string
  readonly columns: ReadonlyArray<MappedColumn>
  /** Whether the map carries column names, that is binlog_row_metadata = FULL. */
  readonly named: boolean
  /** Indexes of the primary key's columns; undefined where there is none. */
  readonly primaryKey: ReadonlyArray<number> | undefined
}

/** `schema NUL table` as the bytes stand in the event, for a cheap lookup; see {@link tableKey}. */
export const tableKeyAt = (bytes: Buffer, offset: number, end: number): string => {
  const schemaLength = bytes[offset + 8] ?? 0
  const tableAt = offset + 8 + 1 + schemaLength + 1
  const tableLength = bytes[tableAt] ?? 0
  if (tableAt + 1 + tableLength > end)
    throw damaged("TABLE_MAP_EVENT", "TABLE_MAP_EVENT ends inside of its names")
  return `${bytes.toString("latin1", offset + 9, offset + 9 + schemaLength)}\0${bytes.toString("latin1", tableAt + 1, tableAt + 1 + tableLength)}`
}

export const tableKey = (schema: string, table: string): string =>
  `${Buffer.from(schema).toString("latin1")}\0${Buffer.from(table).toString("latin1")}`

/** The event's body, from the table id on. */
export const readTableMap = (bytes: Buffer, offset: number, end: number, mariadb: boolean): TableMap => {
  const cursor = new ByteCursor(bytes, offset, end, "TABLE_MAP_EVENT")
  cursor.skip(8)
  const schema = cursor.take(cursor.u8()).toString("utf8")
  cursor.skip(1)
  const table = cursor.take(cursor.u8()).toString("utf8")
  cursor.skip(1)
  const types = cursor.take(cursor.lenenc())
  const shapes = readShapes(types, cursor.take(cursor.lenenc()), `${schema}.${table}`)
  cursor.skip((types.length + 7) >> 3)
  const optional = readOptional(cursor, shapes, mariadb ? MARIADB_CHARACTER : CHARACTER)
  return {
    schema,
    table,
    named: optional.names !== undefined,
    primaryKey: optional.primaryKey,
    columns: shapes.map((shape, i) => ({
      type: shape.type,
      meta: shape.meta,
      unsigned: optional.unsigned.has(i),
      name: optional.names?.[i],
      collation: optional.collations.get(i),
      labels: optional.labels.get(i)
    }))
  }
}

interface Shape {
  readonly type: number
  readonly meta: number
}

const readShapes = (types: Buffer, metadataBytes: Buffer, table: string): ReadonlyArray<Shape> => {
  const metadata = new ByteCursor(metadataBytes, 0, metadataBytes.length, "TABLE_MAP_EVENT metadata")
  const shapes: Array<Shape> = []
  for (const type of types) {
    const length = metadataLength(type)
    if (length === undefined) {
      throw new DecodeFailure(
        `${table} column type ${type}`,
        `column ${shapes.length + 1} of ${table} has type ${type}, which is not known`,
        `Move this column to another table: ALTER TABLE ${table} DROP COLUMN …;`
      )
    }
    shapes.push(realShape(type, length === 2 ? metadata.u16() : length === 1 ? metadata.u8() : 0))
  }
  if (metadata.remaining !== 0)
    throw damaged("TABLE_MAP_EVENT", `metadata of ${table} has ${metadata.remaining} bytes too many`)
  return shapes
}

/** CHAR, ENUM and SET: the first byte is the real type, bits 4 and 5 of it the inverted upper bits of a length > 255. */
const realShape = (type: number, meta: number): Shape => {
  switch (type) {
    case ColumnType.String: {
      const first = meta & 0xff
      const second = meta >> 8
      if ((first & 0x30) !== 0x30)
        return { type: first | 0x30, meta: second | (((first & 0x30) ^ 0x30) << 4) }
      return { type: first, meta: second }
    }
    case ColumnType.Decimal:
      return { type, meta: (meta & 0xff) * 256 + (meta >> 8) }
    case ColumnType.Bit:
      return { type, meta: (meta >> 8) * 8 + (meta & 0xff) }
    default:
      return { type, meta }
  }
}

interface Optional {
  names: ReadonlyArray<string> | undefined
  primaryKey: ReadonlyArray<number> | undefined
  readonly unsigned: Set<number>
  readonly collations: Map<number, number>
  readonly labels: Map<number, ReadonlyArray<Buffer>>
}

const indexesOf = (shapes: ReadonlyArray<Shape>, types: ReadonlySet<number>): ReadonlyArray<number> =>
  shapes.flatMap((shape, i) => (types.has(shape.type) ? [i] : []))

// The three classes the bitmaps and lists run over: is_numeric_type, is_character_type, is_enum_or_set_type in
// mysql-server sql/log_event.cc (Table_map_log_event::init_*_field). MariaDB counts its COMPRESSED types as character.
const NUMERIC: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 8, 9, 13, 246])
const CHARACTER: ReadonlySet<number> = new Set([15, 140, 141, 242, 249, 250, 251, 252, 253, 254])
/** MariaDB asks whether the column has a character set, and its geometries have (binary). */
const MARIADB_CHARACTER: ReadonlySet<number> = new Set([...CHARACTER, ColumnType.Geometry])
const ENUM_OR_SET: ReadonlySet<number> = new Set([247, 248])

const readOptional = (
  cursor: ByteCursor,
  shapes: ReadonlyArray<Shape>,
  character: ReadonlySet<number>
): Optional => {
  const found: Optional = {
    names: undefined,
    primaryKey: undefined,
    unsigned: new Set(),
    collations: new Map(),
    labels: new Map()
  }
  while (cursor.remaining > 0) {
    const kind = cursor.u8()
    const length = cursor.lenenc()
    const bytes = cursor.take(length)
    readField(
      kind,
      new ByteCursor(bytes, 0, length, "TABLE_MAP_EVENT optional metadata"),
      shapes,
      character,
      found
    )
  }
  if (found.names !== undefined && found.names.length !== shapes.length) {
    throw damaged("TABLE_MAP_EVENT", `${found.names.length} names for ${shapes.length} columns`)
  }
  return found
}

const readField = (
  kind: number,
  field: ByteCursor,
  shapes: ReadonlyArray<Shape>,
  character: ReadonlySet<number>,
  found: Optional
): void => {
  switch (kind) {
    case 1: {
      const bits = field.rest()
      indexesOf(shapes, NUMERIC).forEach((column, i) => {
        if (((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) found.unsigned.add(column)
      })
      return
    }
    case 2:
      return readDefaultCollation(field, indexesOf(shapes, character), found.collations)
    case 3:
      return readCollations(field, indexesOf(shapes, character), found.collations)
    case 4: {
      const names: Array<string> = []
      while (field.remaining > 0) names.push(field.take(field.lenenc()).toString("utf8"))
      found.names = names
      return
    }
    case 5:
      return readLabels(field, indexesOf(shapes, new Set([ColumnType.Set])), found.labels)
    case 6:
      return readLabels(field, indexesOf(shapes, new Set([ColumnType.Enum])), found.labels)
    case 8:
    case 9: {
      const key: Array<number> = []
      while (field.remaining > 0) {
        key.push(field.lenenc())
        // Length of the prefix that is indexed.
        if (kind === 9) field.lenenc()
      }
      found.primaryKey = key
      return
    }
    case 10:
      return readDefaultCollation(field, indexesOf(shapes, ENUM_OR_SET), found.collations)
    case 11:
      return readCollations(field, indexesOf(shapes, ENUM_OR_SET), found.collations)
    default:
      // Geometry types, visibility, vector dimensions: nothing that decoding needs.
      return
  }
}

const readDefaultCollation = (
  field: ByteCursor,
  columns: ReadonlyArray<number>,
  into: Map<number, number>
): void => {
  const collation = field.lenenc()
  for (const column of columns) into.set(column, collation)
  while (field.remaining > 0) {
    const column = columns[field.lenenc()]
    const own = field.lenenc()
    if (column === undefined)
      throw damaged("TABLE_MAP_EVENT", "a collation is given for a column that is no text")
    into.set(column, own)
  }
}

const readCollations = (
  field: ByteCursor,
  columns: ReadonlyArray<number>,
  into: Map<number, number>
): void => {
  for (const column of columns) into.set(column, field.lenenc())
  if (field.remaining !== 0) throw damaged("TABLE_MAP_EVENT", "more collations than text columns")
}

const readLabels = (
  field: ByteCursor,
  columns: ReadonlyArray<number>,
  into: Map<number, ReadonlyArray<Buffer>>
): void => {
  for (const column of columns) {
    const count = field.lenenc()
    const labels: Array<Buffer> = []
    // A copy: compiled decoders outlive the packet the map came in.
    for (let i = 0; i < count; i++) labels.push(Buffer.from(field.take(field.lenenc())))
    into.set(column, labels)
  }
  if (field.remaining !== 0) throw damaged("TABLE_MAP_EVENT", "more label lists than columns of that type")
}
