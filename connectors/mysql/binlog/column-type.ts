/** Column type codes as they stand in a TABLE_MAP: mysql-server include/field_types.h, MariaDB include/mysql_com.h. */
export const ColumnType = {
  OldDecimal: 0,
  Tiny: 1,
  Short: 2,
  Long: 3,
  Float: 4,
  Double: 5,
  Null: 6,
  OldTimestamp: 7,
  LongLong: 8,
  Int24: 9,
  Date: 10,
  OldTime: 11,
  OldDatetime: 12,
  Year: 13,
  NewDate: 14,
  VarChar: 15,
  Bit: 16,
  Timestamp: 17,
  Datetime: 18,
  Time: 19,
  CompressedBlob: 140,
  CompressedVarChar: 141,
  Vector: 242,
  Json: 245,
  Decimal: 246,
  Enum: 247,
  Set: 248,
  TinyBlob: 249,
  MediumBlob: 250,
  LongBlob: 251,
  Blob: 252,
  VarString: 253,
  String: 254,
  Geometry: 255
} as const

const NAMES: Readonly<Record<number, string>> = {
  0: "DECIMAL of MySQL 4",
  1: "TINYINT",
  2: "SMALLINT",
  3: "INT",
  4: "FLOAT",
  5: "DOUBLE",
  6: "NULL",
  7: "TIMESTAMP of the old format",
  8: "BIGINT",
  9: "MEDIUMINT",
  10: "DATE",
  11: "TIME of the old format",
  12: "DATETIME of the old format",
  13: "YEAR",
  15: "VARCHAR",
  16: "BIT",
  17: "TIMESTAMP",
  18: "DATETIME",
  19: "TIME",
  140: "COMPRESSED TEXT or BLOB",
  141: "COMPRESSED VARCHAR",
  242: "VECTOR",
  245: "JSON",
  246: "DECIMAL",
  247: "ENUM",
  248: "SET",
  252: "TEXT or BLOB",
  253: "VARCHAR",
  254: "CHAR",
  255: "GEOMETRY"
}

export const columnTypeName = (type: number): string => NAMES[type] ?? `column type ${type}`

/** Bytes of metadata a column has in TABLE_MAP; undefined for unknown types (mysql-server sql/rpl_utility.cc). */
export const metadataLength = (type: number): 0 | 1 | 2 | undefined => {
  switch (type) {
    case ColumnType.Float:
    case ColumnType.Double:
    case ColumnType.Blob:
    case ColumnType.TinyBlob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
    case ColumnType.Geometry:
    case ColumnType.Json:
    case ColumnType.Vector:
    case ColumnType.CompressedBlob:
    case ColumnType.Timestamp:
    case ColumnType.Datetime:
    case ColumnType.Time:
      return 1
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.CompressedVarChar:
    case ColumnType.Bit:
    case ColumnType.Decimal:
    case ColumnType.String:
    case ColumnType.Enum:
    case ColumnType.Set:
      return 2
    default:
      return type <= ColumnType.NewDate ? 0 : undefined
  }
}
