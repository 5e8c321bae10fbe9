/**
 * How a mapped column looks in a table map, in words; and whether the values that a table holds read the same in an
 * event after the column was declared anew. ALTER TABLE converts rows without rows events, so events of before and after
 * agree only where the text of a value outlives the conversion.
 */
import { BINARY_COLLATION } from "./charset.ts"
import { ColumnType, columnTypeName } from "./column-type.ts"
import type { MappedColumn } from "./table-map.ts"

/** Columns of one form give the same value the same text. */
const formOf = (column: MappedColumn): string => {
  const { type, meta, collation } = column
  switch (type) {
    case ColumnType.Tiny:
    case ColumnType.Short:
    case ColumnType.Int24:
    case ColumnType.Long:
    case ColumnType.LongLong:
      return INTEGER
    case ColumnType.Decimal:
      return scaleOf(meta) === 0 ? INTEGER : `decimal ${scaleOf(meta)}`
    case ColumnType.String:
      return collation === BINARY_COLLATION ? `binary ${meta}` : TEXT
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.TinyBlob:
    case ColumnType.Blob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
    case ColumnType.CompressedVarChar:
    case ColumnType.CompressedBlob:
      return collation === BINARY_COLLATION ? "binary" : TEXT
    case ColumnType.Enum:
      return ENUM
    default:
      return `${type} ${meta}`
  }
}

const INTEGER = "integer"
const TEXT = "text"
const ENUM = "enum"

const scaleOf = (meta: number): number => meta & 0xff

/** False where a value of the column before could read differently in the column after. */
export const keepsText = (before: MappedColumn, after: MappedColumn): boolean => {
  const [from, to] = [formOf(before), formOf(after)]
  if (before.type === ColumnType.Enum || before.type === ColumnType.Set) {
    return to === TEXT || (before.type === after.type && keepsLabels(before, after))
  }
  return from === to || (from === INTEGER && to === TEXT)
}

/** The server converts labels by their text: one that is gone is an error, or '' in non-strict mode. */
const keepsLabels = (before: MappedColumn, after: MappedColumn): boolean =>
  (before.labels ?? []).every((label) => (after.labels ?? []).some((other) => other.equals(label)))

const sameLabels = (before: MappedColumn, after: MappedColumn): boolean =>
  before.labels?.length === after.labels?.length &&
  (before.labels ?? []).every((label, i) => after.labels![i]!.equals(label))

export const sameShape = (before: MappedColumn, after: MappedColumn): boolean =>
  before.type === after.type &&
  before.meta === after.meta &&
  before.unsigned === after.unsigned &&
  before.collation === after.collation &&
  sameLabels(before, after)

/** `DECIMAL(5,2)`, `VARCHAR of 120 bytes, gbk`, `ENUM of 3 labels`: never a label's text. */
export const shapeText = (
  column: MappedColumn,
  charsetOf: (collation: number) => string | undefined
): string => {
  const name = columnTypeName(column.type) + (column.unsigned ? " UNSIGNED" : "")
  const charset =
    column.collation === undefined
      ? ""
      : `, ${charsetOf(column.collation) ?? `collation ${column.collation}`}`
  switch (column.type) {
    case ColumnType.Decimal:
      return name.replace("DECIMAL", `DECIMAL(${column.meta >> 8},${scaleOf(column.meta)})`)
    case ColumnType.Timestamp:
    case ColumnType.Datetime:
    case ColumnType.Time:
      return `${name}(${column.meta})`
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.String:
      return `${name} of ${column.meta} bytes${charset}`
    case ColumnType.Enum:
    case ColumnType.Set:
      return `${name} of ${column.labels?.length ?? 0} labels${charset}`
    default:
      return name + charset
  }
}
