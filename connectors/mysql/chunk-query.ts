/** SQL of one chunk of a table's copy: rows behind a key, in key order, as an index can give them. Pure. */
import { Undecodable } from "../../src/capture/ChangeSource.ts"
import type { ChunkRequest, RowChoice, SnapshotKey } from "../../src/capture/SnapshotSource.ts"
import {
  canOrderBy,
  keyLiteral,
  quoteName,
  selectExpression,
  type SnapshotColumn
} from "./snapshot-columns.ts"

/**
 * @param columns of the table, by lower-cased name
 * @param escape makes a quoted string literal
 * @param more SQL of what is selected behind the table's columns
 * @throws Undecodable where a column is missing or cannot be read or walked
 */
export const chunkQuery = (
  request: Omit<ChunkRequest, "processed">,
  columns: ReadonlyMap<string, SnapshotColumn>,
  escape: (text: string) => string,
  more: ReadonlyArray<string> = []
): string => {
  const { table, key, after, keys, only = [], where, rowsMax } = request
  const name = `${table.schema}.${table.table}`
  const find = (column: string): SnapshotColumn => {
    const found = columns.get(column.toLowerCase())
    if (found === undefined)
      throw refuse(`${name}.${column}`, "is not there", "Correct the mapping of this table.")
    return found
  }
  const selected = table.columns.map((column) => {
    const { type } = find(column)
    return (
      selectExpression(find(column)) ??
      fail(
        `${name}.${column}`,
        `has the type ${type}, which is not supported`,
        "Leave the column out of the mapping."
      )
    )
  })
  const order = key.map((column) => {
    const found = find(column)
    return canOrderBy(found)
      ? found
      : fail(
          `${name}.${column}`,
          `cannot order a copy by ${found.type}`,
          "Declare key columns of another type."
        )
  })
  const conditions = [
    ...(after === undefined ? [] : [behind(order, after, escape)]),
    ...(keys === undefined ? [] : [keysCondition({ ...request, keys, where: undefined }, columns, escape)]),
    ...only.map((choice) => choiceCondition(name, choice, columns, escape)),
    ...(where === undefined ? [] : [where])
  ]
  const filter =
    // The line break ends a "-- comment" of an operator's condition, which would swallow the order and the limit.
    conditions.length === 0 ? "" : ` WHERE ${conditions.map((each) => `(${each}\n)`).join(" AND ")}`
  return `SELECT ${[...selected, ...more].join(", ")} FROM ${quoteName(table.schema)}.${quoteName(table.table)}${filter} ORDER BY ${order
    .map((column) => quoteName(column.name))
    .join(", ")} LIMIT ${rowsMax}`
}

/**
 * Condition that holds for the rows with one of the keys, and only where `where` holds.
 *
 * @throws Undecodable where a value is none of its column's type; the value is not repeated (G9)
 */
export const keysCondition = (
  request: Pick<ChunkRequest, "table" | "key" | "where"> & { readonly keys: ReadonlyArray<SnapshotKey> },
  columns: ReadonlyMap<string, SnapshotColumn>,
  escape: (text: string) => string
): string => {
  const { table, key, where, keys } = request
  if (keys.length === 0) return "FALSE"
  const rows = keys.map((values) =>
    key.map((name, at) => {
      const column = columns.get(name.toLowerCase())
      const what = `${table.schema}.${table.table}.${name}`
      const literal = column === undefined ? undefined : keyLiteral(column, values[at]!, escape)
      return (
        literal ??
        fail(
          what,
          `cannot be what --key says: its type is ${column?.full ?? "unknown"}`,
          "Give a key of that type."
        )
      )
    })
  )
  const names = key.map(quoteName)
  const condition =
    names.length === 1
      ? `${names[0]} IN (${rows.map(([only]) => only).join(", ")})`
      : rows
          .map((values) => `(${names.map((name, at) => `${name} = ${values[at]}`).join(" AND ")})`)
          .join(" OR ")
  return where === undefined ? condition : `(${condition}) AND (${where}\n)`
}

/** A value that the column cannot hold is in no row of it. */
const choiceCondition = (
  table: string,
  choice: RowChoice,
  columns: ReadonlyMap<string, SnapshotColumn>,
  escape: (text: string) => string
): string => {
  if ("times" in choice) {
    // The session's zone is UTC, in which a TIMESTAMP is compared; a DATETIME has the zone of its writers.
    const late = choice.times.map((name) => {
      const from = columns.get(name.toLowerCase())?.type === "timestamp" ? choice.since : choice.sinceLocal
      return `${quoteName(name)} >= ${escape(from.replace("T", " ").replace("Z", ""))}`
    })
    return late.join(" OR ")
  }
  const column = columns.get(choice.column.toLowerCase())
  if (column === undefined) {
    throw refuse(`${table}.${choice.column}`, "is not there", "Correct the mapping of this table.")
  }
  const literals = choice.oneOf.flatMap((value) => keyLiteral(column, value, escape) ?? [])
  return literals.length === 0 ? "FALSE" : `${quoteName(column.name)} IN (${literals.join(", ")})`
}

/** `(a, b) > (x, y)` written out: the optimizer uses an index for this form and not for the row comparison. */
const behind = (
  order: ReadonlyArray<SnapshotColumn>,
  after: ReadonlyArray<string>,
  escape: (text: string) => string
): string => {
  const literals = order.map(
    (column, index) =>
      keyLiteral(column, after[index] ?? "", escape) ??
      fail(column.name, "holds no value that can be compared", "Start the copy of this table anew.")
  )
  return order
    .map((column, index) => {
      const equal = order.slice(0, index).map((before, at) => `${quoteName(before.name)} = ${literals[at]}`)
      return [...equal, `${quoteName(column.name)} > ${literals[index]}`].join(" AND ")
    })
    .map((step) => `(${step})`)
    .join(" OR ")
}

const refuse = (what: string, why: string, fix: string): Undecodable =>
  new Undecodable({ message: `${what} ${why}`, file: "", position: 0, what, fix })

const fail = (what: string, why: string, fix: string): never => {
  throw refuse(what, why, fix)
}
