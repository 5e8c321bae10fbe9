/**
 * Rows events, all kinds: WRITE, UPDATE, DELETE in their v1 and v2 layouts, PARTIAL_UPDATE_ROWS, and MariaDB's
 * compressed ones (mysql-server libs/mysql/binlog/event/rows_event.h; MariaDB sql/log_event.cc).
 */
import type { RowImage } from "../../../src/capture/ChangeSource.ts"
import { ByteCursor } from "./byte-cursor.ts"
import { damaged } from "./decode-failure.ts"
import type { DecodedRows, RowsChange } from "./decoded-rows.ts"
import { EventType } from "./event-type.ts"
import { PartialRow } from "./json-diff.ts"
import { inflateEnvelope } from "./mariadb-compression.ts"
import type { RowDecoder } from "./row-decoder.ts"

export interface RowsKind {
  readonly change: RowsChange
  readonly v2: boolean
  readonly compressed: boolean
  readonly partial: boolean
}

const kind = (change: RowsChange, v2: boolean, compressed = false, partial = false): RowsKind => ({
  change,
  v2,
  compressed,
  partial
})

const KINDS: ReadonlyMap<number, RowsKind> = new Map([
  [EventType.WriteRowsV1, kind("insert", false)],
  [EventType.UpdateRowsV1, kind("update", false)],
  [EventType.DeleteRowsV1, kind("delete", false)],
  [EventType.WriteRows, kind("insert", true)],
  [EventType.UpdateRows, kind("update", true)],
  [EventType.DeleteRows, kind("delete", true)],
  [EventType.PartialUpdateRows, kind("update", true, false, true)],
  [EventType.WriteRowsCompressedV1, kind("insert", false, true)],
  [EventType.UpdateRowsCompressedV1, kind("update", false, true)],
  [EventType.DeleteRowsCompressedV1, kind("delete", false, true)],
  [EventType.WriteRowsCompressed, kind("insert", true, true)],
  [EventType.UpdateRowsCompressed, kind("update", true, true)],
  [EventType.DeleteRowsCompressed, kind("delete", true, true)]
])

export const rowsKind = (type: number): RowsKind | undefined => KINDS.get(type)

/** The table id, first thing in TABLE_MAP and rows events. */
export const tableIdAt = (bytes: Buffer, offset: number): number => {
  if (offset + 6 > bytes.length) throw damaged("table id", "an event ends inside of its table id")
  return bytes.readUIntLE(offset, 6)
}

// Above this, a Latin-1 copy of the whole event would only double a large value's memory.
const LATIN1_COPY_MAX = 64 * 1024

/** The body `bytes[offset .. end)` of a rows event of a wanted table. */
export const decodeRows = (
  rowsOf: RowsKind,
  decoder: RowDecoder,
  bytes: Buffer,
  offset: number,
  end: number,
  inflatedMax: number
): DecodedRows => {
  const what = `${rowsOf.change} of ${decoder.name}`
  const head = new ByteCursor(bytes, offset, end, what)
  head.skip(8)
  // The extra part's length counts its own two bytes.
  if (rowsOf.v2) head.skip(head.u16() - 2)
  const width = head.lenenc()
  if (width !== decoder.width)
    throw damaged(what, `${what}: ${width} columns, its table map has ${decoder.width}`)
  const bitmapBytes = (width + 7) >> 3
  const first = head.offset
  head.skip(bitmapBytes)
  const firstReader = decoder.readerFor(bytes, first, rowsOf.partial ? "before" : undefined)
  let secondReader = firstReader
  if (rowsOf.change === "update") {
    secondReader = decoder.readerFor(bytes, head.offset, rowsOf.partial ? "after" : undefined)
    head.skip(bitmapBytes)
  }
  const rows = rowsOf.compressed ? inflateEnvelope(head.rest(), inflatedMax) : head.rest()
  const latin1 = decoder.wantsText && rows.length <= LATIN1_COPY_MAX ? rows.toString("latin1") : undefined
  const view = new DataView(rows.buffer, rows.byteOffset, rows.length)
  if (rowsOf.change !== "update") {
    const images: Array<RowImage> = []
    for (let at = 0; at < rows.length;) at = firstReader(rows, view, at, rows.length, latin1, images)
    return rowsOf.change === "insert"
      ? { before: undefined, after: images }
      : { before: images, after: undefined }
  }
  const before: Array<RowImage> = []
  const after: Array<RowImage> = []
  let at = 0
  if (rowsOf.partial) {
    const partial = new PartialRow(decoder.jsonColumns)
    while (at < rows.length) {
      partial.begin()
      at = firstReader(rows, view, at, rows.length, latin1, before, partial)
      at = partial.between(rows, at)
      at = secondReader(rows, view, at, rows.length, latin1, after, partial)
    }
  }
  while (at < rows.length) {
    at = firstReader(rows, view, at, rows.length, latin1, before)
    at = secondReader(rows, view, at, rows.length, latin1, after)
  }
  return { before, after }
}
