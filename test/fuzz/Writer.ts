/** The statements of a random history: changes of rows, and of the shape of their table. */
import type { Random } from "../../deploy/demo/Random.ts"
import {
  definition,
  quoteName,
  quoteTable,
  widened,
  type FuzzColumn,
  type FuzzTable
} from "./random-table.ts"

/** Statements that make the history; rows are addressed by keys that were really written. */
export class Writer {
  readonly table: FuzzTable
  readonly #random: Random
  readonly #keys: Array<ReadonlyArray<string>> = []
  #added: Array<string> = []
  #serial = 0
  /** Of columns that have been widened. */
  readonly #types = new Map<string, string>()

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

  /** Changes of shape that the mapping survives; see test/integration/ddl-cases.ts for those that it does not. */
  alter(): ReadonlyArray<string> {
    const table = quoteTable(this.table.name)
    const change = this.#random.pick([
      () => this.#addOrDrop(),
      () => this.#addOrDrop(),
      () => "ADD INDEX (unmapped_first)",
      () => `MODIFY unmapped_first ${this.#random.pick(["BIGINT", "VARCHAR(20)"])} FIRST`,
      () => this.#rename(),
      () => this.#reorder(),
      () => this.#widen(),
      () => "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
      () => "FORCE"
    ])()
    if (!this.#random.chance(0.25)) return [`ALTER TABLE ${table} ${change}`]
    return this.#random.chance(0.3)
      ? ["SET SESSION SQL_LOG_BIN = 0", `ALTER TABLE ${table} ${change}`, "SET SESSION SQL_LOG_BIN = 1"]
      : this.#swap(change)
  }

  #addOrDrop(): string {
    const random = this.#random
    if (this.#added.length > 0 && random.chance(0.4)) return `DROP COLUMN ${quoteName(this.#added.pop()!)}`
    const name = `extra${this.#serial++}`
    this.#added = [...this.#added, name]
    const kind = random.pick([
      "INT NOT NULL DEFAULT 3",
      "VARCHAR(30) DEFAULT 'x'",
      "JSON",
      "DATETIME(3) NULL"
    ])
    return `ADD COLUMN ${name} ${kind}${this.#place()}`
  }

  #place(): string {
    const columns = [...this.table.key, ...this.table.columns]
    return this.#random.pick(["", " FIRST", ` AFTER ${quoteName(this.#random.pick(columns).name)}`])
  }

  #rename(): string {
    const old = this.#added.pop()
    if (old === undefined) return "FORCE"
    const name = `extra${this.#serial++}`
    this.#added = [...this.#added, name]
    return `RENAME COLUMN ${old} TO ${name}`
  }

  #reorder(): string {
    const isKey = this.#random.chance(0.3)
    const column = this.#random.pick(isKey ? this.table.key : this.table.columns)
    const place = this.#place()
    return place.includes(`AFTER ${quoteName(column.name)}`)
      ? "FORCE"
      : `MODIFY ${this.#definition(column, isKey)}${place}`
  }

  #widen(): string {
    const isKey = this.#random.chance(0.3)
    const column = this.#random.pick(isKey ? this.table.key : this.table.columns)
    const type = widened(column.type)
    // A TEXT in a key would need a prefix length.
    if (type === undefined || (isKey && type.startsWith("TEXT"))) return "FORCE"
    this.#types.set(column.name, type)
    return `MODIFY ${this.#definition(column, isKey)}`
  }

  #definition(column: FuzzColumn, isKey: boolean): string {
    return definition({ ...column, type: this.#types.get(column.name) ?? column.type }, isKey)
  }

  /** As gh-ost and pt-online-schema-change do it, without the rows that come meanwhile. */
  #swap(change: string): ReadonlyArray<string> {
    const [schema, table] = this.table.name.split(".") as [string, string]
    const old = quoteTable(this.table.name)
    const copy = `${quoteName(schema)}.${quoteName(`_${table}_${this.#random.pick(["gho", "new"])}`)}`
    const gone = `${quoteName(schema)}.${quoteName(`_${table}_old`)}`
    const columns = [...this.table.key, ...this.table.columns].map(({ name }) => quoteName(name)).join(", ")
    return [
      `CREATE TABLE ${copy} LIKE ${old}`,
      `ALTER TABLE ${copy} ${change}`,
      `INSERT INTO ${copy} (${columns}) SELECT ${columns} FROM ${old}`,
      `RENAME TABLE ${old} TO ${gone}, ${copy} TO ${old}`,
      `DROP TABLE ${gone}`
    ]
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
