/**
 * Watches every commit of the HR database, independently of the store that made it: the offset never goes back, no
 * change between two offsets is missing from the batch, each result's position only rises, and only the newest epoch
 * writes.
 */
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { START } from "../../schemas/position.ts"
import { keyOf } from "../../src/apply/decode-segment.ts"
import type { ApplyBatch } from "../../src/apply/ProfileStore.ts"
import type { MemoryHrDatabase } from "../support/fakes/MemoryProfileStore.ts"
import type { TrainingHistory } from "./TrainingHistory.ts"
import { Violation } from "./Violation.ts"

/** Tables mapped from the beginning; those added later are judged by the end alone. */
const ALWAYS_MAPPED: ReadonlyMap<string, (row: string) => string> = new Map([
  ["lms.user", (row) => `l${row.slice(row.indexOf(":") + 1)}`],
  ["lms.test", (row) => `a${row.slice(row.indexOf(":") + 1)}`],
  ["lms.exam", (row) => `s${row}`],
  ["lms.drill", (row) => `s${row}`]
])

export class StoreWitness {
  readonly #database: MemoryHrDatabase
  readonly #history: TrainingHistory
  /** Offsets committed so far, for who wants to go back to one. */
  offsets: ReadonlyArray<ApplyOffset> = []
  commits = 0
  #offset: ApplyOffset | undefined
  #ledger = new Map<string, string>()

  constructor(database: MemoryHrDatabase, history: TrainingHistory) {
    this.#database = database
    this.#history = history
  }

  /** The database was restored, or its offset moved by hand: what is there now is where it goes on from. */
  startOver(): void {
    this.#offset = this.#database.offset
    const { position } = this.#database
    this.offsets = this.offsets.filter((former) => former.position <= position)
    this.#ledger = this.#positions()
  }

  /** Looks at the database right behind a step of a store; `batch` where the step was one. */
  look(epoch: number, batch: ApplyBatch | undefined): void {
    const positions = this.#positions()
    const isSame = this.#database.offset === this.#offset && sameEntries(positions, this.#ledger)
    if (isSame) return
    this.commits += 1
    if (epoch !== this.#database.epoch) {
      throw new Violation("G6", `epoch ${epoch} wrote after ${this.#database.epoch} had taken over`)
    }
    for (const [result, before] of this.#ledger) {
      const now = positions.get(result)
      if (now === undefined) throw new Violation("G2", `${result} left the ledger`)
      if (now < before) throw new Violation("G2", `${result} went back from ${before} to ${now}`)
    }
    this.#lookAtOffset(batch)
    this.#ledger = positions
  }

  #lookAtOffset(batch: ApplyBatch | undefined): void {
    const [before, after] = [this.#offset, this.#database.offset]
    if (after === before) return
    this.#offset = after
    if (after === undefined) throw new Violation("G4", "the offset is gone")
    this.offsets = [...this.offsets.slice(-15), after]
    if (before === undefined) return
    if (after.position < before.position || after.generation < before.generation) {
      throw new Violation("G4", `the offset went back from ${before.position} to ${after.position}`)
    }
    if (batch === undefined) throw new Violation("G4", "the offset moved without a batch")
    this.#lookForHole(batch, before.position, after.position)
  }

  #lookForHole(batch: ApplyBatch, from: string, to: string): void {
    const brought = new Map(batch.changes.map((event) => [keyOf(event), event.sequence]))
    for (const { position, table, row } of this.#history.changes) {
      if (position <= from || position > to) continue
      const key = ALWAYS_MAPPED.get(table)?.(row)
      if (key === undefined || (brought.get(key) ?? START) >= position) continue
      throw new Violation(
        "G1",
        `${row} changed at ${position}, between ${from} and ${to}, and was not applied`
      )
    }
  }

  #positions(): Map<string, string> {
    return new Map([...this.#database.ledger].map(([result, { position }]) => [result, position]))
  }
}

const sameEntries = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean => {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value) return false
  return true
}
