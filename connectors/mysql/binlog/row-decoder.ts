/**
 * A decoder compiled for one TABLE_MAP and one list of wanted columns.
 *
 * Invariants: a column absent from the row image is `undefined`, SQL NULL is `null`; unwanted columns are stepped over
 * and never become values (G9); the rows end exactly where the event ends, or the event is damaged (G3).
 */
import type { RowImage } from "../../../src/capture/ChangeSource.ts"
import { readCode, skipCode, type ColumnContext } from "./column-code.ts"
import { columnRuntime } from "./column-runtime.ts"
import { ColumnType } from "./column-type.ts"
import { damaged } from "./decode-failure.ts"
import { canBe, DISGUISED_TYPES, type DisguisedType } from "./disguised-type.ts"
import type { PartialRow } from "./json-diff.ts"
import { rowEndColumn } from "./system-versioning.ts"
import type { MappedColumn, TableMap } from "./table-map.ts"

/** Reads the image at `p`, appends it to `out`, returns the offset behind it. */
export type ImageReader = (
  b: Buffer,
  d: DataView,
  p: number,
  end: number,
  t: string | undefined,
  out: Array<RowImage>,
  /** Given to readers of partial updates only. */
  x?: PartialRow
) => number

/** Which image of a PARTIAL_UPDATE_ROWS event a reader is for. */
export type PartialImage = "before" | "after"

export interface RowDecoder {
  readonly name: string
  readonly width: number
  /** Wanted columns that the table does not have; `undefined` in every image. */
  readonly missing: ReadonlyArray<string>
  /** The wanted columns as the map declares them; undefined where missing. */
  readonly columns: ReadonlyArray<MappedColumn | undefined>
  /** Columns of type JSON: their number is the length of PARTIAL_UPDATE_ROWS' bitmap. */
  readonly jsonColumns: number
  /** MariaDB: images end in one value more, the row's end; see system-versioning.ts. */
  readonly isVersioned: boolean
  /** A reader for images that hold the columns of the bitmap at `offset`, and no others. */
  readonly readerFor: (bytes: Buffer, offset: number, partial?: PartialImage) => ImageReader
  /** Whether any wanted column is text: then a Latin-1 copy of the event pays. */
  readonly wantsText: boolean
}

export interface DecoderSettings {
  readonly charsetOf: (collation: number) => string | undefined
  readonly mariadb: boolean
  /** MariaDB: the column that ends a row's life, where the table is system-versioned now. */
  readonly rowEndOf?: (schema: string, table: string) => string | undefined
  /** What a column is that the map shows as bytes. Throws where that is not certain. */
  readonly disguiseOf?: (schema: string, table: string, column: string) => DisguisedType | undefined
}

/** Thrown where the map has no column names. */
export class NamelessTable extends Error {
  readonly table: string
  constructor(table: string) {
    super(`the binlog does not name the columns of ${table}`)
    this.table = table
  }
}

/** Column names are compared as the server does, without regard to case. */
const fold = (name: string): string => name.toLowerCase()

export const compileRowDecoder = (
  map: TableMap,
  wanted: ReadonlyArray<string>,
  settings: DecoderSettings
): RowDecoder => {
  const name = `${map.schema}.${map.table}`
  if (!map.named) throw new NamelessTable(name)
  const places = new Map(map.columns.map((column, i) => [fold(column.name!), i]))
  const rowEnd = settings.mariadb ? rowEndColumn(map, settings.rowEndOf?.(map.schema, map.table)) : undefined
  const slots = wanted.map((column) => places.get(fold(column)) ?? NOWHERE)
  if (rowEnd !== undefined) slots.push(rowEnd)
  const disguises = disguisesOf(map, slots, settings)
  const width = map.columns.length
  const bitmapBytes = (width + 7) >> 3
  const readers = new Map<string, ImageReader>()
  return {
    name,
    width,
    missing: wanted.filter((column) => !places.has(fold(column))),
    columns: wanted.map((_, i) => map.columns[slots[i]!]),
    isVersioned: rowEnd !== undefined,
    jsonColumns: map.columns.filter((column) => column.type === ColumnType.Json).length,
    wantsText: slots.some((slot) => map.columns[slot]?.collation !== undefined),
    readerFor: (bytes, offset, partial) => {
      const key = (partial ?? "") + bytes.toString("latin1", offset, offset + bitmapBytes)
      let reader = readers.get(key)
      if (reader === undefined) {
        const present = map.columns.map((_, i) => ((bytes[offset + (i >> 3)] ?? 0) & (1 << (i & 7))) !== 0)
        reader = compileImage(map, name, slots, present, settings, disguises, partial)
        // Few bitmaps occur: FULL has one, MINIMAL one per set of updated columns.
        if (readers.size >= 256) readers.clear()
        readers.set(key, reader)
      }
      return reader
    }
  }
}

/** Place of a wanted column that the table does not have. */
const NOWHERE = -1

/** Decided once, where the map stands: what follows it may change the table. */
const disguisesOf = (
  map: TableMap,
  slots: ReadonlyArray<number>,
  { disguiseOf }: DecoderSettings
): ReadonlyMap<number, DisguisedType> => {
  const found = new Map<number, DisguisedType>()
  if (disguiseOf === undefined) return found
  for (const slot of slots) {
    const column = map.columns[slot]
    if (column === undefined || !DISGUISED_TYPES.some((type) => canBe(type, column))) continue
    const type = disguiseOf(map.schema, map.table, column.name!)
    if (type !== undefined && canBe(type, column)) found.set(slot, type)
  }
  return found
}

const STRAIGHT_COLUMNS_MAX = 64

const compileImage = (
  map: TableMap,
  name: string,
  slots: ReadonlyArray<number>,
  present: ReadonlyArray<boolean>,
  settings: DecoderSettings,
  disguises: ReadonlyMap<number, DisguisedType>,
  partial: PartialImage | undefined
): ImageReader => {
  const constants: Array<unknown> = []
  const presentCount = present.filter(Boolean).length
  // An image without columns takes no bytes: reading such images would never end.
  if (presentCount === 0) throw damaged(name, `a row image of ${name} holds no column`)
  const nullBytes = (presentCount + 7) >> 3
  const firstOf = new Map<number, number>()
  slots.forEach((slot, i) => firstOf.has(slot) || firstOf.set(slot, i))
  const declarations = slots.map((slot, i) => `v${i}=${present[slot] ? "null" : "undefined"}`)
  for (let i = 0; i < nullBytes; i++) declarations.push(`n${i}=b[p+${i}]`)
  const lines: Array<string> = []
  const straight: Array<string> = []
  let bit = 0
  let json = -1
  map.columns.forEach((column, i) => {
    // Partial updates count the table's JSON columns, whether they are in the image or not.
    if (column.type === ColumnType.Json) json++
    if (!present[i]) return
    const context: ColumnContext = {
      name: `${name}.${column.name}`,
      charsetOf: settings.charsetOf,
      mariadb: settings.mariadb,
      constant: (value) => `K[${constants.push(value) - 1}]`,
      disguise: disguises.get(i),
      ...(partial === undefined ? {} : { partial: { image: partial, json } })
    }
    const slot = firstOf.get(i)
    const source = slot === undefined ? skipCode(column, context) : readCode(column, context, `v${slot}`)
    straight.push(source)
    if (source !== "") lines.push(`if((n${bit >> 3}&${1 << (bit & 7)})===0){${source}}`)
    bit++
  })
  const values = slots.map((slot) => `v${firstOf.get(slot)}`)
  const noNulls = Array.from({ length: nullBytes }, (_, i) => `n${i}`).join("|")
  // Most rows hold no NULL at all: one test instead of one for each column. Wide tables would only grow the code.
  const columns =
    presentCount <= STRAIGHT_COLUMNS_MAX
      ? `if((${noNulls})===0){${straight.join("\n")}}else{${lines.join("\n")}}`
      : lines.join("\n")
  const source =
    `"use strict";return (b,d,p,end,t,out${partial === undefined ? "" : ",x"})=>{let ${declarations.join(",")};p+=${nullBytes};${columns}\n` +
    `if(p>end)H.overrun();out.push([${values.join(",")}]);return p;}`
  // Only numbers and our own names are in the source (see column-code.ts).
  // oxlint-disable-next-line typescript/no-implied-eval, no-new-func
  const build = new Function("H", "K", source) as (
    H: typeof columnRuntime,
    K: ReadonlyArray<unknown>
  ) => ImageReader
  return build(columnRuntime, constants)
}
