/**
 * From TABLE_MAP and rows events to rows of the wanted tables.
 *
 * Invariants: rows of a table that lacks a mapped column never leave; they are passed over only where the change log has
 * them already. Every rows event of a transaction is counted, wanted or not, so that a mapping can change later.
 */
import { SchemaDrift, type BeginEvent } from "../../src/capture/ChangeSource.ts"
import { HEADER_LENGTH, type BinlogEvent } from "./binlog/event.ts"
import type { DecodedRows } from "./binlog/decoded-rows.ts"
import { decodeRows, type RowsKind } from "./binlog/rows-event.ts"
import { currentRows } from "./binlog/system-versioning.ts"
import { areKnown } from "./known-rows.ts"
import type { OpenTransaction } from "./open-transaction.ts"
import type { ReaderSettings } from "./reader-settings.ts"
import { missingColumns } from "./refusals.ts"
import { shapeOutcome, type SourceNotice } from "./shape-notice.ts"
import { TableRegistry } from "./table-registry.ts"

export class MappedRows {
  readonly #settings: ReaderSettings
  readonly #tables: TableRegistry

  constructor(settings: ReaderSettings) {
    this.#settings = settings
    const { disguises } = settings
    this.#tables = new TableRegistry(settings.tables, {
      ...settings,
      ...(disguises === undefined ? {} : { disguiseOf: disguises.typeOf })
    })
  }

  /** A new file, maybe of a new server process: table ids start afresh. */
  forget(): void {
    this.#tables.forget()
  }

  /** What is known about columns beside the map has changed. */
  forgetDecoders(): void {
    this.#tables.forgetDecoders()
  }

  /** A TABLE_MAP. Throws SchemaDrift where rows could not be told apart any more. */
  learn(event: BinlogEvent, begin: BeginEvent | undefined): SourceNotice | undefined {
    const change = this.#tables.learn(event.bytes, HEADER_LENGTH, event.bodyEnd)
    if (change === undefined || begin === undefined) return undefined
    const { tables, acceptedStatements, charsetOf } = this.#settings
    const outcome = shapeOutcome(tables[change.table]!, change, begin, acceptedStatements, charsetOf)
    if (outcome instanceof SchemaDrift) throw outcome
    return outcome
  }

  /** A rows event of the open transaction. */
  read(rowsOf: RowsKind, event: BinlogEvent, open: OpenTransaction): void {
    open.rowsEvents++
    const found = this.#tables.find(event.bytes, HEADER_LENGTH)
    if (found === undefined) return
    const { decoder, table } = found
    const decoded = decodeRows(
      rowsOf,
      decoder,
      event.bytes,
      HEADER_LENGTH,
      event.bodyEnd,
      this.#settings.largestBytes
    )
    const runs = decoder.isVersioned
      ? currentRows(rowsOf.change, decoded)
      : [{ change: rowsOf.change, ...decoded }]
    runs.forEach((rows, run) => {
      if (run > 0) open.rowsEvents++
      if (decoder.missing.length === 0) {
        open.add({ _tag: "Rows", table, index: open.rowsEvents, ...rows }, event.size)
      } else if (!this.#areKnown(open, rows, table)) {
        throw missingColumns(decoder.name, decoder.missing, open.begin)
      }
    })
  }

  #areKnown(open: OpenTransaction, rows: DecodedRows, table: number): boolean {
    const { known, tables } = this.#settings
    // Rows of an XA transaction take effect at another place than the one they stand at.
    if (known === undefined || open.xa) return false
    return areKnown(known, open.begin, open.rowsEvents, rows, tables[table]!.key ?? [])
  }
}
