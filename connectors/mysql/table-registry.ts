/**
 * Which decoder reads the rows of a table id right now.
 *
 * Invariants: a table id alone proves nothing, ids start again when the server does; a decoder is found by the bytes
 * of the TABLE_MAP that stands before the rows. Rows of an id whose map was not seen are an error.
 */
import type { WantedTable } from "../../src/capture/ChangeSource.ts"
import { damaged } from "./binlog/decode-failure.ts"
import { compileRowDecoder, type DecoderSettings, type RowDecoder } from "./binlog/row-decoder.ts"
import { tableIdAt } from "./binlog/rows-event.ts"
import { readTableMap, tableKey, tableKeyAt } from "./binlog/table-map.ts"
import type { ShapeChange } from "./shape-notice.ts"

export interface WantedRows {
  /** Index into the wanted tables. */
  readonly table: number
  readonly decoder: RowDecoder
}

interface Entry extends WantedRows {
  /** Of the TABLE_MAP, from its flags on. */
  readonly bytes: Buffer
}

/** "This statement has no rows": MySQL's dummy event that only ends a statement. */
const DUMMY_TABLE_ID = 0xff_ffff
const DECODERS_MAX = 512

export class TableRegistry {
  private readonly wanted: ReadonlyArray<WantedTable>
  private readonly settings: DecoderSettings
  private readonly wantedByKey: ReadonlyMap<string, number>
  /** null: a table nobody wants. */
  private readonly byId = new Map<number, Entry | null>()
  private readonly byBytes = new Map<string, Entry>()
  /** What read each wanted table last. */
  private readonly latest = new Map<number, Entry>()

  constructor(wanted: ReadonlyArray<WantedTable>, settings: DecoderSettings) {
    this.wanted = wanted
    this.settings = settings
    this.wantedByKey = new Map(wanted.map((table, i) => [tableKey(table.schema, table.table), i]))
  }

  /** A new file, maybe of a new server process: ids start afresh. */
  forget(): void {
    this.byId.clear()
  }

  /** What is known about columns beside the map has changed. */
  forgetDecoders(): void {
    this.byId.clear()
    this.byBytes.clear()
  }

  /**
   * The body of a TABLE_MAP, `bytes[offset .. end)`. Returns what is new about a wanted table that was read before.
   * Throws DecodeFailure or NamelessTable.
   */
  learn(bytes: Buffer, offset: number, end: number): ShapeChange | undefined {
    const id = tableIdAt(bytes, offset)
    const known = this.byId.get(id)
    if (known != null && sameBytes(known.bytes, bytes, offset + 6, end)) return undefined
    const table = this.wantedByKey.get(tableKeyAt(bytes, offset, end))
    if (table === undefined) {
      this.byId.set(id, null)
      return undefined
    }
    const entry = this.compiled(table, bytes, offset, end)
    this.byId.set(id, entry)
    const before = this.latest.get(table)
    this.latest.set(table, entry)
    const isNew = before !== undefined && !before.bytes.equals(entry.bytes)
    return isNew ? { table, before: before.decoder, after: entry.decoder } : undefined
  }

  /** `undefined`: rows of a table nobody wants. */
  find(bytes: Buffer, offset: number): WantedRows | undefined {
    const id = tableIdAt(bytes, offset)
    const entry = this.byId.get(id)
    if (entry === undefined && id !== DUMMY_TABLE_ID)
      throw damaged(`table id ${id}`, `rows of table id ${id} without its table map`)
    return entry ?? undefined
  }

  private compiled(table: number, bytes: Buffer, offset: number, end: number): Entry {
    const key = bytes.toString("latin1", offset + 6, end)
    const known = this.byBytes.get(key)
    if (known !== undefined) return known
    const decoder = compileRowDecoder(
      readTableMap(bytes, offset, end, this.settings.mariadb),
      this.wanted[table]!.columns,
      this.settings
    )
    const entry: Entry = { table, decoder, bytes: Buffer.from(bytes.subarray(offset + 6, end)) }
    if (this.byBytes.size >= DECODERS_MAX) this.byBytes.clear()
    this.byBytes.set(key, entry)
    return entry
  }
}

const sameBytes = (known: Buffer, bytes: Buffer, from: number, to: number): boolean =>
  known.length === to - from && known.compare(bytes, from, to) === 0
