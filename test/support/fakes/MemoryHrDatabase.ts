/** What an HR database holds, in memory; several stores may share one. */
import type { ApplyOffset } from "../../../schemas/apply-offset.ts"
import type { ChangeEvent, ScoreEvent } from "../../../schemas/change-event.ts"
import { START } from "../../../schemas/position.ts"
import type { Learner, LedgerEntry, MemoryPeople } from "./memory-judgement.ts"

export type TargetRow = Record<string, string | number | boolean | null>

type Assessment = Readonly<
  Record<"position", string> & Partial<Record<"title" | "max" | "pass", string | null>>
>

export interface MemoryLetter {
  readonly event: ChangeEvent
  readonly resultId: string | null
  readonly reason: string
  readonly detail: string
  state: "open" | "waiting" | "replay" | "done" | "discarded"
}

export interface MemoryLane {
  readonly epoch: number
  readonly position: string
  readonly offset: ApplyOffset | undefined
}

/** What a database holds; several stores may share one. `copy` and `restore` stand for a backup. */
export class MemoryHrDatabase implements MemoryPeople {
  staff: Array<Record<string, string | null>> = []
  /** Progress by lane; they are made by the first store. */
  lanes: ReadonlyArray<MemoryLane> = [{ epoch: 0, position: START, offset: undefined }]
  learners = new Map<string, Learner>()
  assessments = new Map<string, Assessment>()
  links = new Map<string, string>()
  ledger = new Map<string, LedgerEntry>()
  held = new Map<string, { event: ScoreEvent; reason: string }>()
  letters: Array<MemoryLetter> = []
  /** Rows by target table and result. */
  profile = new Map<string, Map<string, TargetRow>>()

  /** Of the first lane. */
  get epoch(): number {
    return this.lanes[0]!.epoch
  }
  set epoch(epoch: number) {
    this.change(0, { epoch })
  }
  get position(): string {
    return this.lanes[0]!.position
  }
  set position(position: string) {
    this.change(0, { position })
  }
  get offset(): ApplyOffset | undefined {
    return this.lanes[0]!.offset
  }
  set offset(offset: ApplyOffset | undefined) {
    this.change(0, { offset })
  }

  change(lane: number, over: Partial<MemoryLane>): void {
    this.lanes = this.lanes.map((row, number) => (number === lane ? { ...row, ...over } : row))
  }

  /** Everything at or before it is applied in every lane. */
  get progress(): ApplyOffset | undefined {
    if (this.lanes.some(({ offset }) => offset === undefined)) return undefined
    const offsets = this.lanes.map(({ offset }) => offset!)
    return offsets.reduce((low, offset) => (offset.position < low.position ? offset : low))
  }

  /** As `gradewire lanes set` does it. */
  divide(lanes: number): void {
    const epoch = 1 + Math.max(...this.lanes.map((row) => row.epoch))
    const low = this.lanes.reduce((least, row) => (row.position < least.position ? row : least))
    const offset = this.progress
    const position = offset === undefined ? START : low.position
    this.lanes = Array.from({ length: lanes }, () => ({ epoch, position, offset }))
  }

  copy(): MemoryHrDatabase {
    const copied = new MemoryHrDatabase()
    copied.restore(this)
    return copied
  }

  /** Only what is ever changed in place is copied one by one; simulations do this for every batch. */
  restore(from: MemoryHrDatabase): void {
    const { lanes } = from
    Object.assign(this, from)
    this.lanes = lanes
    this.staff = [...from.staff]
    this.learners = new Map(from.learners)
    this.assessments = new Map(from.assessments)
    this.links = new Map(from.links)
    this.ledger = new Map(from.ledger)
    this.held = new Map(from.held)
    this.letters = from.letters.map((letter) => ({ ...letter }))
    this.profile = new Map([...from.profile].map(([table, rows]) => [table, copyRows(rows)]))
  }

  rows(table: string): ReadonlyArray<TargetRow> {
    return [...(this.profile.get(table)?.values() ?? [])]
  }
}

const copyRows = (rows: ReadonlyMap<string, TargetRow>): Map<string, TargetRow> =>
  new Map([...rows].map(([result, row]) => [result, { ...row }]))
