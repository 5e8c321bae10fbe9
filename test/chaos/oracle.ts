/**
 * The one oracle of all histories. Pure; knows both databases and the witnesses, nothing of gradewire's code.
 *
 * - No hole: the source's rows through the mapping are the profile's rows, or stand in the queue where they belong (G1).
 * - No double, no regress: positions in the ledger rise per result, the profile shows states in the source's order, the
 *   offset never goes back (G2, G4).
 * - Phantoms in the log are allowed; in the profile they are not.
 */
import { judgeHistory, type ResultState } from "../../deploy/demo/ArrivalBook.ts"
import { compareDatabases, type Databases } from "../../deploy/demo/compare-databases.ts"
import { START } from "../../schemas/position.ts"
import type { Audit, LedgerNote, ProgressNote } from "./audit.ts"

/** A change in `gradewire.dead_letter` that is not resolved. */
export interface Letter {
  readonly ref: string
  readonly position: string
  readonly state: string
  readonly type: string
  /** the mark in its event, "NULL" for none, undefined for a revocation */
  readonly score: string | undefined
}

export interface Evidence {
  readonly databases: Databases
  readonly letters: ReadonlyArray<Letter>
  readonly audit: Audit
  /** into which apply is divided */
  readonly lanes: number
  /** Every state a result ever had, in order of commit; only of results whose commits are known. */
  readonly committed: ReadonlyMap<string, ReadonlyArray<ResultState>>
  /** Refs that were given values which the HR database refuses. */
  readonly poisoned: ReadonlySet<string>
}

/** What differs, one line each; empty: the history is as promised. */
export const judge = (evidence: Evidence): ReadonlyArray<string> => [
  ...judgeDatabases(evidence),
  ...judgeLetters(evidence),
  ...judgeLedger(evidence),
  ...judgeProgress(evidence.audit.progress),
  ...judgeProfile(evidence)
]

/** A poisoned result is right where it matches, or where its last change stands in the queue. */
const judgeDatabases = ({ databases, letters, poisoned }: Evidence): ReadonlyArray<string> => {
  const { differences } = compareDatabases(databases)
  const queued = new Set(letters.map(({ ref }) => ref))
  return differences
    .filter(({ ref }) => !(poisoned.has(ref) && queued.has(ref)))
    .map(({ fault, ref, what }) => `${fault}: ${ref}: ${what}`)
}

const judgeLetters = ({ databases, letters, poisoned }: Evidence): ReadonlyArray<string> => {
  const scoreOf = new Map(databases.results.map(({ ref, values }) => [ref, values.exam_score ?? "NULL"]))
  const complaints: Array<string> = []
  for (const [ref, own] of Map.groupBy(letters, (letter) => letter.ref)) {
    if (!poisoned.has(ref)) {
      complaints.push(`refused: ${ref}: a sound row is a dead letter`)
      continue
    }
    const last = own.reduce((a, b) => (a.position > b.position ? a : b))
    if (last.score !== scoreOf.get(ref))
      complaints.push(`lost: ${ref}: its last change is not in the queue behind the refused one`)
    const first = own.reduce((a, b) => (a.position < b.position ? a : b))
    if (first.state === "waiting") complaints.push(`wrong: ${ref}: waits behind nothing`)
  }
  return complaints
}

/** Lanes meet in a row of the ledger: they write it as it is, and make a place where there is none yet. */
const judgeLedger = ({ audit, lanes }: Evidence): ReadonlyArray<string> => {
  const complaints: Array<string> = []
  const reached = new Map<string, LedgerNote>()
  for (const note of audit.ledger) {
    const before = reached.get(note.resultId)
    const isMeeting = lanes > 1 && before?.position === note.position && before.eventId === note.eventId
    if (before !== undefined && before.position >= note.position && !isMeeting)
      complaints.push(`doubled: ${note.resultId}: ledger went from ${before.position} to ${note.position}`)
    if (note.position !== START) reached.set(note.resultId, note)
  }
  return complaints
}

const judgeProgress = (notes: ReadonlyArray<ProgressNote>): ReadonlyArray<string> => {
  const complaints: Array<string> = []
  const reached = new Map<number, ProgressNote>()
  for (const note of notes) {
    const before = reached.get(note.lane)
    if (before !== undefined) {
      if (note.position < before.position)
        complaints.push(`wrong: the offset went back from ${before.position} to ${note.position}`)
      if (note.generation < before.generation)
        complaints.push(
          `wrong: the offset's generation went back from ${before.generation} to ${note.generation}`
        )
      if (note.epoch < before.epoch)
        complaints.push(`wrong: the epoch went back from ${before.epoch} to ${note.epoch}`)
    }
    reached.set(note.lane, note)
  }
  return complaints
}

/** A copied row may show the state that stands there already once more; the ledger's positions tell true doubles. */
const judgeProfile = ({ audit, committed, poisoned }: Evidence): ReadonlyArray<string> => {
  const shown = new Map<string, Array<ResultState>>()
  for (const { ref, state } of audit.profile) {
    const states = shown.get(ref)
    if (states === undefined) shown.set(ref, [state])
    else if (states.at(-1) !== state) states.push(state)
  }
  const complaints: Array<string> = []
  for (const [ref, states] of shown) {
    const known = committed.get(ref)
    if (known === undefined || poisoned.has(ref)) continue
    if (judgeHistory(known, states) !== "in order")
      complaints.push(`wrong: ${ref}: the profile showed ${states.length} states out of the source's order`)
  }
  return complaints
}
