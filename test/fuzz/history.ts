/**
 * One random history against a real training database: a random table, rows from before the connector, then DML, DDL,
 * rotations and rollbacks while capture is stopped and started at random. The fold of the events must be the table.
 */
import type { Connection, RowDataPacket } from "mysql2/promise"
import { Random } from "../../deploy/demo/Random.ts"
import { captureUntil, fold, isCopied, rowTable, type Row } from "../support/capture-run.ts"
import { MemoryLog } from "../support/fakes/MemoryLog.ts"
import {
  definition,
  quoteName,
  quoteTable,
  randomTable,
  type FuzzColumn,
  type FuzzTable
} from "./random-table.ts"

/** Statements that make the history; rows are addressed by keys that were really written. */
class Writer {
  readonly table: FuzzTable
  readonly #random: Random
  readonly #keys: Array<ReadonlyArray<string>> = []
  #added: Array<string> = []
  #serial = 0

  constructor(table: FuzzTable, random: Random) {
    this.table = table
    this.#random = random
  }

  create(): string {
    const { name, key, columns } = this.table
    const parts = [
      "unmapped_first INT DEFAULT 7",
      ...columns.map((column) => definition(column, false)),
      ...key.map((column) => definition(column, true)),
      `PRIMARY KEY (${key.map((column) => quoteName(column.name)).join(", ")})`
    ]
    return `CREATE TABLE ${quoteTable(name)} (${parts.join(", ")}) CHARACTER SET utf8mb4`
  }

  insert(verb = "INSERT IGNORE"): string {
    const { name, key, columns } = this.table
    const rows = Array.from({ length: this.#random.whole(1, 4) }, () => {
      const keys = this.#random.chance(0.2) && this.#keys.length > 0 ? this.#someKey() : this.#newKey()
      return `(${[...keys, ...columns.map((column) => this.#value(column))].join(", ")})`
    })
    const names = [...key, ...columns].map((column) => quoteName(column.name))
    return `${verb} INTO ${quoteTable(name)} (${names.join(", ")}) VALUES ${rows.join(", ")}`
  }

  update(): string {
    const column = this.#random.pick(this.table.columns)
    const where = this.#random.chance(0.3) ? "1 = 1 LIMIT 5" : this.#where(this.#someKey())
    return `UPDATE IGNORE ${quoteTable(this.table.name)} SET ${quoteName(column.name)} = ${this.#value(column)} WHERE ${where}`
  }

  moveKey(): string {
    const target = this.#newKey()
    const set = this.table.key
      .map((column, index) => `${quoteName(column.name)} = ${target[index]}`)
      .join(", ")
    return `UPDATE IGNORE ${quoteTable(this.table.name)} SET ${set} WHERE ${this.#where(this.#someKey())}`
  }

  remove(): string {
    return `DELETE FROM ${quoteTable(this.table.name)} WHERE ${this.#where(this.#someKey())}`
  }

  /** A change of shape that the mapping survives. */
  alter(): string {
    const random = this.#random
    const table = `ALTER TABLE ${quoteTable(this.table.name)}`
    if (this.#added.length > 0 && random.chance(0.4))
      return `${table} DROP COLUMN ${quoteName(this.#added.pop()!)}`
    if (random.chance(0.2)) return `${table} ADD INDEX (unmapped_first)`
    if (random.chance(0.2))
      return `${table} MODIFY unmapped_first ${random.pick(["BIGINT", "VARCHAR(20)"])} FIRST`
    const name = `extra${this.#serial++}`
    this.#added = [...this.#added, name]
    const kind = random.pick([
      "INT NOT NULL DEFAULT 3",
      "VARCHAR(30) DEFAULT 'x'",
      "JSON",
      "DATETIME(3) NULL"
    ])
    const place = random.pick(["", " FIRST", ` AFTER ${quoteName(this.table.columns[0]!.name)}`])
    return `${table} ADD COLUMN ${name} ${kind}${place}`
  }

  #newKey(): ReadonlyArray<string> {
    const key = this.table.key.map((column) => column.literal(this.#random))
    this.#keys.push(key)
    return key
  }

  #someKey(): ReadonlyArray<string> {
    return this.#keys.length === 0 ? this.#newKey() : this.#random.pick(this.#keys)
  }

  #where(key: ReadonlyArray<string>): string {
    return this.table.key.map((column, index) => `${quoteName(column.name)} = ${key[index]}`).join(" AND ")
  }

  #value(column: FuzzColumn): string {
    return this.#random.chance(0.15) ? "NULL" : column.literal(this.#random)
  }
}

/** One transaction or statement of the history. */
const step = (writer: Writer, random: Random): ReadonlyArray<string> => {
  const change = () =>
    random.pick([
      () => writer.insert(),
      () => writer.insert("REPLACE"),
      () => writer.update(),
      () => writer.update(),
      () => writer.moveKey(),
      () => writer.remove()
    ])()
  const dice = random.next()
  if (dice < 0.06) return ["FLUSH BINARY LOGS"]
  if (dice < 0.14) return [writer.alter()]
  if (dice < 0.24) return ["BEGIN", change(), change(), "ROLLBACK"]
  if (dice < 0.34) return ["BEGIN", change(), "SAVEPOINT s", change(), "ROLLBACK TO s", change(), "COMMIT"]
  if (dice < 0.55) return ["BEGIN", change(), change(), change(), "COMMIT"]
  return [change()]
}

const truth = async (sql: Connection, { name, key, columns }: FuzzTable): Promise<ReadonlyArray<string>> => {
  const all = [...key, ...columns]
  const selected = all.map((column, index) => `${column.select(quoteName(column.name))} AS c${index}`)
  const [rows] = await sql.query<Array<RowDataPacket>>(
    `SELECT ${selected.join(", ")} FROM ${quoteTable(name)}`
  )
  const textOf = (column: FuzzColumn, value: string | null) =>
    value === null ? null : (column.serverText?.(value) ?? value)
  return rows
    .map((row) =>
      JSON.stringify(all.map((column, index) => textOf(column, row[`c${index}`] as string | null)))
    )
    .sort()
}

const folded = (log: MemoryLog, { name, key, columns }: FuzzTable): ReadonlyArray<string> => {
  const textOf = (column: FuzzColumn, row: Row) => {
    const value = row[column.name]
    return value === null || value === undefined ? null : column.text(value)
  }
  return [...fold(log, name).values()]
    .map((row) => JSON.stringify([...key, ...columns].map((column) => textOf(column, row))))
    .sort()
}

const MARKER_TABLE = "marker"

/**
 * Runs the history of a seed; resolves to the number of rows compared, rejects with what differs.
 *
 * @param sql connection without a default database; the history uses and drops a database of its own
 */
export const runHistory = async (sql: Connection, port: number, seed: number): Promise<number> => {
  const random = new Random(seed)
  const schema = `fuzz_${seed}`
  await sql.query(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4`)
  await sql.query("SET SESSION time_zone = '+00:00', sql_mode = ''")
  const table = randomTable(random, schema)
  const writer = new Writer(table, random)
  await sql.query(writer.create())
  await sql.query(`CREATE TABLE ${schema}.${MARKER_TABLE} (id INT PRIMARY KEY)`)
  const [firstKey, ...keys] = table.key.map(({ name }) => name)
  const tables = [
    rowTable(table.name, [firstKey!, ...keys], ...table.columns.map(({ name }) => name)),
    rowTable(`${schema}.${MARKER_TABLE}`, ["id"])
  ]
  const marker = `${schema}.${MARKER_TABLE}`
  const log = new MemoryLog()
  const run = { port, tables, log, snapshotRows: random.whole(1, 6) }
  const play = async (steps: number) => {
    for (let index = 0; index < steps; index++) {
      for (const statement of step(writer, random)) await sql.query(statement)
    }
  }
  await play(random.whole(0, 8))
  for (let life = random.whole(1, 3); life > 0; life--) {
    const goal = log.lastSequence + random.whole(1, 5)
    const playing = (async () => {
      await play(random.whole(1, 12))
      await sql.query(`INSERT INTO ${schema}.${MARKER_TABLE} VALUES (${-life})`)
    })()
    // Stopped in the middle of it, or behind its end where it brings fewer messages.
    const isOver = () => log.lastSequence >= goal || fold(log, marker).has(`${marker}:${-life}`)
    await Promise.all([playing, captureUntil(run, isOver)])
  }
  await play(random.whole(0, 6))
  await sql.query(`INSERT INTO ${schema}.${MARKER_TABLE} VALUES (1)`)
  await captureUntil(run, () => isCopied(log) && fold(log, marker).has(`${marker}:1`))
  const [expected, found] = [await truth(sql, table), folded(log, table)]
  await sql.query(`DROP DATABASE ${schema}`)
  const missing = expected.filter((row) => !found.includes(row))
  const extra = found.filter((row) => !expected.includes(row))
  if (missing.length > 0 || extra.length > 0 || expected.length !== found.length) {
    throw new Error(
      `seed ${seed}: ${expected.length} rows in the table, ${found.length} from the events; missing ${missing[0]}, extra ${extra[0]}; ${writer.create()}`
    )
  }
  return expected.length
}
