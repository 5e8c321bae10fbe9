/** What a change of a mapped table's shape means for its rows, as a notice for the log. Pure; names only, no values (G9). */
import { SchemaDrift, type BeginEvent, type WantedTable } from "../../src/capture/ChangeSource.ts"
import { keepsText, sameShape, shapeText } from "./binlog/column-shape.ts"
import type { RowDecoder } from "./binlog/row-decoder.ts"
import type { StatementMeaning } from "./binlog/statement.ts"

/** Something that happened to a mapped table and that capture goes on after. */
export interface SourceNotice {
  readonly message: string
  /** Fields of the log line. */
  readonly fields: Readonly<Record<string, string | ReadonlyArray<string>>>
}

export interface ShapeChange {
  readonly table: number
  readonly before: RowDecoder
  readonly after: RowDecoder
}

type CharsetOf = (collation: number) => string | undefined

const placeOf = ({ file, position }: BeginEvent): string => `${file}:${position}`

/** Mapped columns that look different, in words, and those among them whose values may read differently now. */
const compared = (wanted: WantedTable, { before, after }: ShapeChange, charsetOf: CharsetOf) => {
  const changed: Array<string> = []
  const converted: Array<number> = []
  wanted.columns.forEach((name, i) => {
    const [from, to] = [before.columns[i], after.columns[i]]
    if (from === undefined || to === undefined || sameShape(from, to)) return
    const [old, now] = [shapeText(from, charsetOf), shapeText(to, charsetOf)]
    changed.push(old === now ? `${name}: other labels` : `${name}: ${old} -> ${now}`)
    if (!keepsText(from, to)) converted.push(i)
  })
  return { changed, converted }
}

/**
 * A key whose text changed would make other results of all rows: the ones captured would never be corrected or revoked
 * again. Everything else goes on.
 */
export const shapeOutcome = (
  wanted: WantedTable,
  change: ShapeChange,
  begin: BeginEvent,
  accepted: ReadonlySet<string>,
  charsetOf: CharsetOf
): SourceNotice | SchemaDrift => {
  const { changed, converted } = compared(wanted, change, charsetOf)
  const table = `${wanted.schema}.${wanted.table}`
  const at = placeOf(begin)
  const keys = (wanted.key ?? []).filter((i) => converted.includes(i)).map((i) => wanted.columns[i]!)
  if (keys.length > 0 && !accepted.has(at)) {
    return new SchemaDrift({
      message: `the key of ${table} was retyped (${changed.join("; ")}) before the transaction at ${at}`,
      table,
      columns: keys,
      statement: at
    })
  }
  const columns = changed.length === 0 ? "none of the mapped ones" : changed
  if (converted.length === 0) {
    return { message: "a mapped table has another shape; capture goes on", fields: { table, at, columns } }
  }
  return {
    message: "a mapped column was retyped: rows written before may read differently now; capture goes on",
    fields: { table, at, columns, fix: `gradewire snapshot start --table ${table}` }
  }
}

export type NoticedStatement = Extract<StatementMeaning, { readonly _tag: "Alters" | "ChangesOthers" }>

export const statementNotice = (meaning: NoticedStatement, begin: BeginEvent): SourceNotice => {
  const at = placeOf(begin)
  if (meaning._tag === "ChangesOthers") {
    return {
      message:
        "a session logs its changes as statements: what its triggers, stored functions and cascades do to mapped tables is not in the binlog",
      fields: { statement: meaning.verb, at, fix: "SET GLOBAL binlog_format = ROW;" }
    }
  }
  const tables = meaning.tables.map((name) => `${name.schema}.${name.table}`)
  const fields = { tables, statement: meaning.verb, at }
  return meaning.by === undefined
    ? { message: "a statement changes a mapped table; capture goes on", fields }
    : {
        message: "a mapped table was swapped for its rebuilt copy; capture goes on",
        fields: { ...fields, copy: meaning.by }
      }
}
