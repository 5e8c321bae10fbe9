/**
 * The types that tables are declared with, in one list for the decoder, the copy and preflight: which codes stand for
 * them in a TABLE_MAP, and which form their values have in an event. docs/types.md tells the same to people.
 */
import { ColumnType } from "./column-type.ts"

/** Form of a value; two types of one form differ in size only. */
export type ValueForm =
  | "integer"
  | "bigInteger"
  | "decimal"
  | "float"
  | "double"
  | "bit"
  | "year"
  | "date"
  | "time"
  | "datetime"
  | "timestamp"
  | "text"
  | "labels"
  | "binary"
  | "json"
  | "geometry"
  | "vector"
  | "address"

export interface SqlType {
  readonly form: ValueForm
  readonly columnTypes: ReadonlyArray<number>
  /** Of a MariaDB type that the binlog shows as BINARY. */
  readonly bytes?: number
}

const type = (form: ValueForm, ...columnTypes: ReadonlyArray<number>): SqlType => ({ form, columnTypes })

const { VarChar, VarString, CompressedVarChar, Blob, TinyBlob, MediumBlob, LongBlob, CompressedBlob } =
  ColumnType
const BLOBS = [Blob, TinyBlob, MediumBlob, LongBlob, CompressedBlob]
const VARYING = [VarChar, VarString, CompressedVarChar]
const GEOMETRIES =
  "geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection"

/** By `information_schema.COLUMNS.DATA_TYPE` in lower case. */
export const SQL_TYPES: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ["tinyint", type("integer", ColumnType.Tiny)],
  ["smallint", type("integer", ColumnType.Short)],
  ["mediumint", type("integer", ColumnType.Int24)],
  ["int", type("integer", ColumnType.Long)],
  ["bigint", type("bigInteger", ColumnType.LongLong)],
  ["decimal", type("decimal", ColumnType.Decimal)],
  ["float", type("float", ColumnType.Float)],
  ["double", type("double", ColumnType.Double)],
  ["bit", type("bit", ColumnType.Bit)],
  ["year", type("year", ColumnType.Year)],
  ["date", type("date", ColumnType.Date)],
  ["time", type("time", ColumnType.Time, ColumnType.OldTime)],
  ["datetime", type("datetime", ColumnType.Datetime, ColumnType.OldDatetime)],
  ["timestamp", type("timestamp", ColumnType.Timestamp, ColumnType.OldTimestamp)],
  ["char", type("text", ColumnType.String)],
  ["varchar", type("text", ...VARYING)],
  ...["tinytext", "text", "mediumtext", "longtext"].map((name): [string, SqlType] => [
    name,
    type("text", ...BLOBS)
  ]),
  ["enum", type("labels", ColumnType.Enum)],
  ["set", type("labels", ColumnType.Set)],
  ["binary", type("binary", ColumnType.String)],
  ["varbinary", type("binary", ...VARYING)],
  ...["tinyblob", "blob", "mediumblob", "longblob"].map((name): [string, SqlType] => [
    name,
    type("binary", ...BLOBS)
  ]),
  ["json", type("json", ColumnType.Json)],
  ...GEOMETRIES.split(" ").map((name): [string, SqlType] => [name, type("geometry", ColumnType.Geometry)]),
  // MariaDB logs its own VECTOR as VARBINARY.
  ["vector", type("vector", ColumnType.Vector, VarChar)],
  ["uuid", { ...type("address", ColumnType.String), bytes: 16 }],
  ["inet4", { ...type("address", ColumnType.String), bytes: 4 }],
  ["inet6", { ...type("address", ColumnType.String), bytes: 16 }]
])

/** Codes that no table of a server since MySQL 5.6 and MariaDB 10.1 has; the decoder stops at them. */
export const UNREAD_COLUMN_TYPES: ReadonlyArray<number> = [
  ColumnType.OldDecimal,
  ColumnType.Null,
  ColumnType.NewDate
]
