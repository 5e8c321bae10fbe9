/**
 * Watches every commit of the HR database, independently of the store that made it: the offset never goes back, no
 * change between two offsets is missing from the batch, each result's position only rises, and only the newest epoch
 * writes.
 */
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import { laneOfText } from "../../schemas/lane.ts"
import { START } from "../../schemas/position.ts"
import { keyOf } from "../../src/apply/decode-segment.ts"
import type { ApplyBatch } from "../../src/apply/ProfileStore.ts"
import type { MemoryHrDatabase, MemoryLane } from "../support/fakes/MemoryHrDatabase.ts"
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
  /** Offsets committed so far by lane, for who wants to go back to one. */
  #offsets: ReadonlyArray<ReadonlyArray<ApplyOffset>> = []
  commits = 0
  #lanes: ReadonlyArray<MemoryLane> = []
  #ledger = new Map<string, string>()

  constructor(database: MemoryHrDatabase, history: TrainingHistory) {
    this.#database = database
    this.#history = history
  }

  /** The database was restored, or its offset moved by hand: what is there now is where it goes on from. */
  startOver(): void {
    this.#lanes = this.#database.lanes
    this.#offsets = this.#lanes.map(({ position }, lane) =>
      this.offsetsOf(lane).filter((former) => former.position <= position)
    )
    this.#ledger = this.#positions()
  }

  offsetsOf(lane: number): ReadonlyArray<ApplyOffset> {
    return this.#offsets[lane] ?? []
  }

  /** Looks at the database right behind a step of a store; `batch` where the step was one. */
  look(lane: number, epoch: number, batch: ApplyBatch | undefined): void {
    const positions = this.#positions()
    const { lanes } = this.#database
    // Taking over, and making the lanes, are steps of their own, and no write.
    const isSame = lanes.every(({ offset }, of) => offset === this.#lanes[of]?.offset)
    if (isSame && sameEntries(positions, this.#ledger)) return
    this.commits += 1
    const newest = lanes[lane]?.epoch
    if (epoch !== newest) throw new Violation("G6", `epoch ${epoch} wrote after ${newest} had taken over`)
    for (const [result, before] of this.#ledger) {
      const now = positions.get(result)
      if (now === undefined) throw new Violation("G2", `${result} left the ledger`)
      if (now < before) throw new Violation("G2", `${result} went back from ${before} to ${now}`)
    }
    for (const other of this.#database.lanes.keys()) this.#lookAtOffset(other, lane, batch)
    this.#lanes = this.#database.lanes
    this.#ledger = positions
  }

  #lookAtOffset(lane: number, writer: number, batch: ApplyBatch | undefined): void {
    const [before, after] = [this.#lanes[lane]?.offset, this.#database.lanes[lane]!.offset]
    if (after === before) return
    if (lane !== writer) throw new Violation("G6", `lane ${writer} moved the offset of lane ${lane}`)
    if (after === undefined) throw new Violation("G4", "the offset is gone")
    this.#offsets = this.#database.lanes.map((_, of) =>
      of === lane ? [...this.offsetsOf(of).slice(-15), after] : this.offsetsOf(of)
    )
    if (before === undefined) return
    if (after.position < before.position || after.generation < before.generation) {
      throw new Violation("G4", `the offset went back from ${before.position} to ${after.position}`)
    }
    if (batch === undefined) throw new Violation("G4", "the offset moved without a batch")
    this.#lookForHole(lane, batch, before.position, after.position)
  }

  #lookForHole(lane: number, batch: ApplyBatch, from: string, to: string): void {
    const lanes = this.#database.lanes.length
    const brought = new Map(batch.changes.map((event) => [keyOf(event), event.sequence]))
    for (const { learner, position, table, row } of this.#history.changes) {
      if (position <= from || position > to) continue
      if (table !== "lms.test" && laneOfText(learner ?? row, lanes) !== lane) continue
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
