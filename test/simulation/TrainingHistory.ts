/**
 * Random transactions of a training system, written to a {@link MemoryTrainingServer}, and what they mean: every change
 * of a mapped table with its position, worked out by plain slow rules of its own.
 */
import { formatPosition, ordinalOf } from "../../schemas/position.ts"
import {
  type MemoryRow,
  type MemoryTables,
  type MemoryTrainingServer,
  type RowChange,
  type RowsWritten
} from "../support/fakes/MemoryTrainingServer.ts"
import type { Chance } from "./Chance.ts"
import { phoneOf } from "./training-tables.ts"

/** One change that a connector must carry. */
export interface TrueChange {
  readonly position: string
  readonly table: string
  /** `lms.exam:7` */
  readonly row: string
  /** Whose it is; `undefined`: nobody's. */
  readonly learner: string | undefined
}

/** Mapped columns; a change of others is none. */
const MAPPED: Readonly<Record<string, ReadonlyArray<string>>> = {
  "lms.user": ["id", "phone"],
  "lms.test": ["id", "title", "max"],
  "lms.exam": ["id", "user_id", "test_id", "分数", "note"],
  "lms.drill": ["user_id", "seq", "grade"],
  "lms.quiz": ["id", "user_id", "grade"],
  "lms.room": ["id", "v"]
}

const LEARNERS = 4
const RESULTS = 6

export class TrainingHistory {
  readonly changes: Array<TrueChange> = []
  /** Learners whose row ever had the phone that HR knows; tests that ever existed. */
  readonly everProvable = new Set<number>()
  readonly everTests = new Set<number>()
  /** Learner ids with an employee; they are hired and stay. */
  readonly hired = new Set<number>()
  readonly #server: MemoryTrainingServer
  readonly #chance: Chance
  #versions = 0

  constructor(server: MemoryTrainingServer, chance: Chance) {
    this.#server = server
    this.#chance = chance
  }

  /** One random transaction; a rolled back one leaves nothing. */
  write(): void {
    const chance = this.#chance
    const huge = chance.odds(0.05)
    const count = huge
      ? chance.between(4, 8)
      : chance.weighted([
          [6, 1],
          [3, 2],
          [2, 3]
        ])
    const draft = new Map([...this.#server.current].map(([table, rows]) => [table, new Map(rows)]))
    const events: Array<RowsWritten> = []
    for (let each = 0; each < count; each++) {
      const written = this.#rows(draft, huge ? 4 : 2)
      if (written !== undefined) events.push(written)
    }
    if (events.length > 0 && !chance.odds(0.05)) this.commit(events)
  }

  /** What nobody maps, so that the binlog moves and nothing else does. */
  writeNoise(): void {
    this.commit([
      { table: "lms.audit", change: "insert", rows: [{ before: undefined, after: { id: ++this.#versions } }] }
    ])
  }

  commit(events: ReadonlyArray<RowsWritten>): void {
    const file = this.#server.files.at(-1)!.number
    const transaction = this.#server.commit(events)
    events.forEach(({ table, rows }, index) => {
      rows.forEach((row, number) => {
        this.#note(table, row.after)
        this.#record(table, row, (half) =>
          formatPosition({
            timeline: 1,
            file,
            transaction: transaction.position,
            ordinal: ordinalOf(index + 1, number, half)
          })
        )
      })
    })
  }

  /** Corrects every score that cannot be read as a number. */
  mend(): void {
    const rows: Array<RowChange> = []
    for (const row of this.#server.current.get("lms.exam")!.values()) {
      if (row["分数"] === "缺考") rows.push({ before: row, after: { ...row, 分数: this.#score() } })
    }
    if (rows.length > 0) this.commit([{ table: "lms.exam", change: "update", rows }])
  }

  #record(table: string, { before, after }: RowChange, positionAt: (half: 0 | 1) => string): void {
    const columns = MAPPED[table]
    if (columns === undefined) return
    const rowOf = (row: MemoryRow) => `${table}:${this.#server.keyOf(table, row)}`
    const add = (row: MemoryRow, half: 0 | 1) =>
      this.changes.push({
        position: positionAt(half),
        table,
        row: rowOf(row),
        learner: learnerOf(table, row)
      })
    if (before !== undefined && after !== undefined && rowOf(before) !== rowOf(after)) {
      add(before, 0)
      add(after, 1)
    } else if (before === undefined || after === undefined) add((after ?? before)!, 0)
    else if (columns.some((column) => before[column] !== after[column])) add(after, 0)
  }

  #note(table: string, after: MemoryRow | undefined): void {
    if (after === undefined) return
    const id = Number(after["id"])
    if (table === "lms.user" && after["phone"] === phoneOf(id)) this.everProvable.add(id)
    if (table === "lms.test") this.everTests.add(id)
  }

  /** One rows event of a random table, written to the draft as well; `undefined` where there is nothing to change. */
  #rows(draft: MemoryTables, rowsMax: number): RowsWritten | undefined {
    const chance = this.#chance
    const table = chance.weighted([
      [3, "lms.user"],
      [2, "lms.test"],
      [9, "lms.exam"],
      [5, "lms.drill"],
      [3, "lms.quiz"],
      [2, "lms.room"],
      [1, "lms.audit"]
    ])
    const content = draft.get(table)!
    const change = chance.weighted<RowsWritten["change"]>([
      [content.size < 3 ? 8 : 3, "insert"],
      [5, "update"],
      [content.size < 2 ? 0 : 2, "delete"]
    ])
    const rows: Array<RowChange> = []
    for (let each = chance.between(1, rowsMax); each > 0; each--) {
      const row = change === "insert" ? this.#insert(table, content) : this.#change(table, change, content)
      if (row === undefined) continue
      rows.push(row)
      if (row.before !== undefined) content.delete(this.#server.keyOf(table, row.before))
      if (row.after !== undefined) content.set(this.#server.keyOf(table, row.after), row.after)
    }
    return rows.length === 0 ? undefined : { table, change, rows }
  }

  #insert(table: string, content: ReadonlyMap<string, MemoryRow>): RowChange | undefined {
    const row = this.#newRow(table)
    return content.has(this.#server.keyOf(table, row)) ? undefined : { before: undefined, after: row }
  }

  #change(
    table: string,
    change: "update" | "delete",
    content: ReadonlyMap<string, MemoryRow>
  ): RowChange | undefined {
    if (content.size === 0) return undefined
    const before = this.#chance.pick([...content.values()])
    if (change === "delete") return { before, after: undefined }
    const fresh = this.#newRow(table)
    const keeps = this.#chance.weighted<"key" | "content" | "unmapped">([
      [6, "key"],
      [2, "content"],
      [3, "unmapped"]
    ])
    const keys = Object.fromEntries(
      this.#server.options.keys[table]!.map((column) => [column, before[column]!])
    )
    const moved = Object.fromEntries(
      this.#server.options.keys[table]!.map((column) => [column, fresh[column]!])
    )
    const after = own(
      table,
      keeps === "key"
        ? { ...fresh, ...keys }
        : keeps === "content"
          ? { ...before, ...moved }
          : { ...before, extra: ++this.#versions }
    )
    const key = this.#server.keyOf(table, after)
    // Where the new key is taken the statement fails at the source as well.
    return key !== this.#server.keyOf(table, before) && content.has(key) ? undefined : { before, after }
  }

  #newRow(table: string): MemoryRow {
    const chance = this.#chance
    const id = chance.between(1, RESULTS)
    const learner = chance.between(1, LEARNERS)
    switch (table) {
      case "lms.user":
        return {
          id: learner,
          phone: chance.weighted<string | null>([
            [6, phoneOf(learner)],
            [1, null],
            [1, "19990000"],
            [1, ""]
          ]),
          nickname: `n${++this.#versions}`
        }
      case "lms.test": {
        const test = chance.between(1, 3)
        return { id: test, title: `考试${test}`, max: chance.pick(["100.00", null]) }
      }
      case "lms.exam":
        return {
          id,
          user_id: learner,
          test_id: chance.pick([1, 2, 3, null]),
          分数: chance.odds(0.04) ? "缺考" : this.#score(),
          note: chance.pick([null, "a", 'q"\\'])
        }
      case "lms.drill":
        return { user_id: learner, seq: chance.pick(["1", "2,", "3\\"]), grade: chance.pick(["A", "B", "C"]) }
      case "lms.quiz":
        return { id, user_id: learner, grade: chance.pick(["A", "B", "C"]) }
      case "lms.room":
        return { id, v: chance.pick(["x", "y", null]) }
      default:
        return { id: ++this.#versions }
    }
  }

  /** Few values, so that a row often comes back to what it was. */
  #score(): string {
    return this.#chance.pick(["87.50", "90.00", "13.00", "59.99"])
  }
}

/** A phone and a title go with the id: nobody ever proves to be somebody else, whatever passed between two batches. */
const own = (table: string, row: MemoryRow): MemoryRow => {
  const id = Number(row["id"])
  if (table === "lms.test") return { ...row, title: `考试${id}` }
  const isProof = table === "lms.user" && String(row["phone"]).startsWith(phoneOf(0).slice(0, -1))
  return isProof ? { ...row, phone: phoneOf(id) } : row
}

const learnerOf = (table: string, row: MemoryRow): string | undefined => {
  const id = row[table === "lms.user" ? "id" : "user_id"]
  return id === undefined || id === null ? undefined : String(id)
}
