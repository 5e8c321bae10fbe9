/**
 * JavaScript source that reads or skips one column of a row image. The row decoder joins these pieces into one function
 * per TABLE_MAP: measured on a seven-column table, that is an order of magnitude faster than a decoder that looks at
 * the column's type for every value.
 *
 * In the source: `b` the event's bytes, `d` a DataView of them, `p` the offset, `end` the end of the rows, `t` the event as Latin-1 text or
 * undefined, `H` {@link columnRuntime}. Only numbers and names made here go into the source, never text of the
 * server's: labels and decoders are passed by reference in `K`.
 */
import { ColumnType, columnTypeName } from "./column-type.ts"
import { BINARY_COLLATION, decodeLabel, textKind, type TextKind } from "./charset.ts"
import { columnRuntime } from "./column-runtime.ts"
import { fixedWidth, lengthBytes } from "./column-width.ts"
import { DecodeFailure } from "./decode-failure.ts"
import type { DisguisedType } from "./disguised-type.ts"
import { digitBytes } from "./number-text.ts"
import type { MappedColumn } from "./table-map.ts"

export interface ColumnContext {
  /** `schema.table.column`, for errors. */
  readonly name: string
  /** Character set of a collation id, as the server says. */
  readonly charsetOf: (collation: number) => string | undefined
  /** MariaDB hides fractional digits of old temporals: their width is unknown. */
  readonly mariadb: boolean
  /** Puts a value into `K` and returns the expression that reads it there. */
  readonly constant: (value: unknown) => string
  /** What the column is, where the map shows bytes. */
  readonly disguise?: DisguisedType | undefined
  /** For PARTIAL_UPDATE_ROWS: which image, and the column's number among the table's JSON columns. `x` is the PartialRow. */
  readonly partial?: { readonly image: "before" | "after"; readonly json: number }
}

const U16 = "(b[p]|b[p+1]<<8)"
const U24 = "(b[p]|b[p+1]<<8|b[p+2]<<16)"
// One load each; out of bounds they throw RangeError, which the reader reports as damage.
const I32 = "d.getInt32(p,true)"
const U32 = "d.getUint32(p,true)"

const lengthExpression = (bytes: number): string =>
  bytes === 1 ? "b[p]" : bytes === 2 ? U16 : bytes === 3 ? U24 : U32

const refuse = (column: MappedColumn, context: ColumnContext): DecodeFailure => {
  const type = columnTypeName(column.type)
  const table = context.name.split(".").slice(0, -1).join(".")
  return new DecodeFailure(
    `${context.name} ${type}`,
    `column ${context.name} has type ${type}, which gradewire does not read`,
    `Take the column out of the mapping, or keep its value in a column of another type: ALTER TABLE ${table} MODIFY …;`
  )
}

/** MariaDB before 10.1, or mysql56_temporal_format = OFF: the map does not say how many bytes such a column has. */
const refuseOldTemporal = (column: MappedColumn, context: ColumnContext): void => {
  if (!context.mariadb) return
  if (
    column.type !== ColumnType.OldTimestamp &&
    column.type !== ColumnType.OldTime &&
    column.type !== ColumnType.OldDatetime
  ) {
    return
  }
  const table = context.name.split(".").slice(0, -1).join(".")
  throw new DecodeFailure(
    `${context.name} ${columnTypeName(column.type)}`,
    `column ${context.name} is stored in MariaDB's old temporal format, whose width the binlog does not tell`,
    `SET GLOBAL mysql56_temporal_format = ON; ALTER TABLE ${table} FORCE;`
  )
}

/** Source that moves `p` behind the column. */
export const skipCode = (column: MappedColumn, context: ColumnContext): string => {
  refuseOldTemporal(column, context)
  const width = fixedWidth(column)
  if (width !== undefined) return width === 0 ? "" : `p+=${width};`
  const length = lengthBytes(column)
  if (length === undefined) throw refuse(column, context)
  return `p+=${length}+${lengthExpression(length)};`
}

/** Source that reads the column into `v` and moves `p` behind it. */
export const readCode = (column: MappedColumn, context: ColumnContext, v: string): string => {
  refuseOldTemporal(column, context)
  const width = fixedWidth(column)
  if (width !== undefined) {
    const source = fixedCode(column, context, v)
    if (source === undefined) throw refuse(column, context)
    return `${source}p+=${width};`
  }
  switch (column.type) {
    case ColumnType.VarChar:
    case ColumnType.VarString:
    case ColumnType.String:
    case ColumnType.Blob:
    case ColumnType.TinyBlob:
    case ColumnType.MediumBlob:
    case ColumnType.LongBlob:
      return stringCode(column, context, v)
    case ColumnType.CompressedVarChar:
    case ColumnType.CompressedBlob:
      return spanCode(
        column,
        context,
        `${v}=H.compressedText(${context.constant(kindOf(column, context))},b,p,q);`
      )
    case ColumnType.Geometry:
      return spanCode(column, context, `${v}=H.geometryText(b,p,q);`)
    case ColumnType.Vector:
      return spanCode(column, context, `${v}=H.vectorText(b,p,q);`)
    case ColumnType.Json:
      return spanCode(column, context, jsonCode(context, v))
    default:
      throw refuse(column, context)
  }
}

/** `source` reads the bytes from `p` to `q`. */
const spanCode = (column: MappedColumn, context: ColumnContext, source: string): string => {
  const length = lengthBytes(column)
  if (length === undefined) throw refuse(column, context)
  return `{const n=${lengthExpression(length)};p+=${length};const q=p+n;if(q>end)H.overrun();${source}p=q;}`
}

const jsonCode = ({ partial }: ColumnContext, v: string): string => {
  const whole = `${v}=H.jsonText(b,p,q);`
  if (partial === undefined) return whole
  if (partial.image === "before") return `x.keep(${partial.json},p,q);${whole}`
  return `if(x.isPartial(${partial.json})){${v}=x.patched(${partial.json},p,q);}else{${whole}}`
}

const fixedCode = (column: MappedColumn, context: ColumnContext, v: string): string | undefined => {
  const { meta, unsigned } = column
  switch (column.type) {
    case ColumnType.Tiny:
      return unsigned ? `${v}=b[p];` : `${v}=b[p]<<24>>24;`
    case ColumnType.Short:
      return unsigned ? `${v}=${U16};` : `${v}=${U16}<<16>>16;`
    case ColumnType.Int24:
      return unsigned ? `${v}=${U24};` : `${v}=${U24}<<8>>8;`
    case ColumnType.Long:
      return unsigned ? `${v}=${U32};` : `${v}=${I32};`
    case ColumnType.LongLong:
      return longLongCode(unsigned, v)
    case ColumnType.Float:
      return `${v}=H.floatText(b,p);`
    case ColumnType.Double:
      return `${v}=H.doubleText(b,p);`
    case ColumnType.Decimal:
      return decimalCode(meta >> 8, meta & 0xff, context, v)
    case ColumnType.Year:
      return `${v}=b[p]===0?0:1900+b[p];`
    case ColumnType.Date:
      return `{const y=${U24};${v}=H.dateText(y>>9,y>>5&15,y&31);}`
    case ColumnType.Time:
      return `${v}=H.timeText(b,p,${meta});`
    case ColumnType.Datetime:
      return datetimeCode(meta, v)
    case ColumnType.Timestamp:
      return `{const s=d.getUint32(p);${v}=H.timestampWithZone(s,${meta === 0 ? '""' : `H.fractionText(b,p+4,${meta})`});}`
    case ColumnType.OldTimestamp:
      return `${v}=H.timestampWithZone(${U32},"");`
    case ColumnType.OldDatetime:
      return `${v}=H.oldDatetimeText(b,p);`
    case ColumnType.OldTime:
      return `${v}=H.oldTimeText(b,p);`
    case ColumnType.Bit:
      return meta <= 32
        ? `${v}=H.bitNumber(b,p,${(meta + 7) >> 3});`
        : `${v}=H.bitText(b,p,${(meta + 7) >> 3});`
    case ColumnType.Enum:
      return `${v}=H.enumLabel(${labels(column, context)},${meta === 1 ? "b[p]" : U16});`
    case ColumnType.Set:
      return `${v}=H.setLabels(${labels(column, context)},b,p,${meta});`
    default:
      return undefined
  }
}

/** Below 2^32, the common case for keys, one number-to-string conversion; the rest out of line. */
const longLongCode = (unsigned: boolean, v: string): string => {
  const wide = unsigned ? "H.uint64Text(l,h>>>0)" : "H.int64Text(l,h)"
  return `{const l=${U32},h=d.getInt32(p+4,true);${v}=h===0?""+l:${wide};}`
}

/** One group on each side of the point covers DECIMAL(18,9); the first byte's top bit is set for positive numbers. */
const decimalCode = (precision: number, scale: number, context: ColumnContext, v: string): string => {
  const whole = precision - scale
  if (whole > 8 || whole < 1 || scale > 8) return `${v}=H.decimalText(b,p,${precision},${scale});`
  const wholeBytes = digitBytes(whole)
  const group = (at: number, bytes: number): string =>
    Array.from({ length: bytes }, (_, i) => `b[p+${at + i}]<<${8 * (bytes - 1 - i)}`).join("|")
  const mask = (bytes: number): string => (bytes === 4 ? "-1" : String(256 ** bytes - 1))
  const signBit = wholeBytes === 4 ? "-2147483648" : String(2 ** (wholeBytes * 8 - 1))
  const wholeCode = `const m=b[p]>127?0:-1,w=(${group(0, wholeBytes)})^${signBit}^(m&${mask(wholeBytes)});`
  const sign = `(m===0?"":"-")+`
  if (scale === 0) return `{${wholeCode}${v}=${sign}w;}`
  const fraction = `const f=(${group(wholeBytes, digitBytes(scale))})^(m&${mask(digitBytes(scale))});`
  if (precision <= 5) {
    const texts = context.constant(columnRuntime.smallDecimals(precision, scale))
    const lookup = `const k=w*${10 ** scale}+f,c=${texts}[k]||H.smallDecimal(${texts},k,${scale});`
    return `{${wholeCode}${fraction}${lookup}${v}=m===0?c:"-"+c;}`
  }
  const padded = scale === 1 ? `"."+f` : scale === 2 ? `H.POINT_TWO[f]` : `"."+(f+"").padStart(${scale},"0")`
  return `{${wholeCode}${fraction}${v}=${sign}w+${padded};}`
}

const datetimeCode = (digits: number, v: string): string => {
  const clock = "const c=d.getInt32(p+1),h=(b[p]&127)<<24|c>>>8;"
  const text = "H.packedHour(h>>>9<<5|c>>>12&31)+H.MINUTE_SECOND[c&4095]"
  switch (digits) {
    case 0:
      return `{${clock}${v}=${text};}`
    case 3:
      return `{${clock}${v}=${text}+H.POINT_THREE[(b[p+5]<<8|b[p+6])/10|0];}`
    default:
      return `{${clock}${v}=${text}+H.fractionText(b,p+5,${digits});}`
  }
}

const labels = (column: MappedColumn, context: ColumnContext): string => {
  if (column.labels === undefined) throw refuse(column, context)
  const kind = kindOf(column, context)
  return context.constant(column.labels.map((label) => decodeLabel(kind, label)))
}

const kindOf = (column: MappedColumn, context: ColumnContext): TextKind =>
  column.collation === BINARY_COLLATION
    ? "base64"
    : textKind(
        column.collation === undefined ? undefined : context.charsetOf(column.collation),
        column.collation,
        context.name
      )

const stringCode = (column: MappedColumn, context: ColumnContext, v: string): string => {
  if (context.disguise !== undefined)
    return spanCode(column, context, `${v}=H.disguisedText("${context.disguise}",b,p,q);`)
  const kind = kindOf(column, context)
  // BINARY(n) is logged without its trailing zero bytes (Field_string::pack); SELECT gives them.
  const read =
    kind === "base64"
      ? column.type === ColumnType.String
        ? `H.paddedBase64(b,p,q,${column.meta})`
        : "b.base64Slice(p,q)"
      : kind === "utf8"
        ? "H.utf8Text(b,t,p,q)"
        : kind === "ascii"
          ? "b.latin1Slice(p,q)"
          : kind === "latin1"
            ? "H.cp1252(b.latin1Slice(p,q))"
            : `${context.constant(kind)}.decode(b.subarray(p,q))`
  return spanCode(column, context, `${v}=${read};`)
}
