/**
 * Watches every message that enters the change log: positions rise through it, each names the one before, and whoever
 * was outranked stays silent (I3, G6). While the log loses nothing it also plays a second reader, who folds raw rows.
 */
import type { ChangeEvent } from "../../schemas/change-event.ts"
import { compareHeads } from "../../schemas/log-head.ts"
import { START } from "../../schemas/position.ts"
import { PieceJoin } from "../../src/apply/PieceJoin.ts"
import type { MemoryLog } from "../support/fakes/MemoryLog.ts"
import { Violation } from "./Violation.ts"

export class LogWitness {
  readonly #log: MemoryLog
  /** False once messages were lost, so that the log alone does not tell the whole story. */
  isWhole = true

  constructor(log: MemoryLog) {
    this.#log = log
  }

  /** A message has been stored at the end. */
  stored(sequence: number): void {
    const index = this.#log.messages.findIndex((message) => message.sequence === sequence)
    const head = this.#log.messages[index]?.head
    const before = this.#log.messages[index - 1]?.head
    if (head === undefined) throw new Violation("I3", `message ${sequence} is nobody's`)
    if (before === undefined) return
    if (compareHeads(before, head) > 0) {
      throw new Violation("I3", `message ${sequence} stands behind one that ends later`)
    }
    if (head.generation === before.generation && head.previous !== before.last) {
      throw new Violation(
        "I3",
        `message ${sequence} follows ${head.previous}, the log ends at ${before.last}`
      )
    }
    if (head.generation === before.generation && head.epoch < before.epoch) {
      throw new Violation(
        "G6",
        `message ${sequence} was written under epoch ${head.epoch} behind ${before.epoch}`
      )
    }
  }

  /** Content of a raw table, by row key, as a reader of the whole log sees it. */
  fold(table: string): ReadonlyMap<string, unknown> {
    const rows = new Map<string, unknown>()
    let before = START
    const pieces = new PieceJoin()
    for (const message of this.#log.messages) {
      const { head } = message
      if (head?.kind !== "segment") continue
      const joined = pieces.take({ ...message, head })
      if (joined === "waiting" || joined === "incomplete") continue
      for (const event of JSON.parse(new TextDecoder().decode(joined.body)) as ReadonlyArray<ChangeEvent>) {
        if (event.sequence <= before && head.generation === 1) {
          throw new Violation("G2", `the log holds ${event.sequence} behind ${before}`)
        }
        before = event.sequence
        if (event.subject !== table || !("rowKey" in event.data)) continue
        if ("after" in event.data) rows.set(event.data.rowKey, event.data.after)
        else rows.delete(event.data.rowKey)
      }
    }
    return rows
  }
}
