/** How many bytes a column takes in a row image (mysql-server sql/log_event.cc, calc_field_size). */
import { ColumnType } from "./column-type.ts"
import { decimalBytes } from "./number-text.ts"
import type { MappedColumn } from "./table-map.ts"

/** Bytes of a column whose width does not depend on the value; undefined for the others. */
export const fixedWidth = (column: MappedColumn): number | undefined => {
  switch (column.type) {
    case ColumnType.Null:
      return 0
    case ColumnType.Tiny:
    case ColumnType.Year:
      return 1
    case ColumnType.Short:
      return 2
    case ColumnType.Int24:
    case ColumnType.Date:
    case ColumnType.OldTime:
      return 3
    case ColumnType.Long:
    case ColumnType.Float:
    case ColumnType.OldTimestamp:
      return 4
    case ColumnType.LongLong:
    case ColumnType.Double:
    case ColumnType.OldDatetime:
      return 8
    case ColumnType.Decimal:
      return decimalBytes(column.meta >> 8, column.meta & 0xff)
    case ColumnType.Timestamp:
      return 4 + ((column.meta + 1) >> 1)
    case ColumnType.Datetime:
      return 5 + ((column.meta + 1) >> 1)
    case ColumnType.Time:
      return 3 + ((column.meta + 1) >> 1)
    case ColumnType.Bit:
      return (column.meta + 7) >> 3
    case ColumnType.Enum:
    case ColumnType.Set:
      return column.meta
    default:
      return undefined
  }
}

/** Bytes of the length in front of a value; undefined for fixed widths and unknown types. */
export const lengthBytes = (column: MappedColumn): number | undefined => {
  switch (column.type) {
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.CompressedVarChar:
    case ColumnType.String:
      return column.meta > 255 ? 2 : 1
    case ColumnType.Blob:
    case ColumnType.TinyBlob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
    case ColumnType.CompressedBlob:
    case ColumnType.Json:
    case ColumnType.Geometry:
    case ColumnType.Vector:
      return column.meta >= 1 && column.meta <= 4 ? column.meta : undefined
    default:
      return undefined
  }
}
