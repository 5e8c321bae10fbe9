/**
 * Which transactions the messages handed out so far hold, by GTID (schemas/captured.ts).
 *
 * - A transaction is noted once its last change has been given to the cutter and before the cutter is told of its end, so
 *   that every message names exactly what is whole with it and the messages before it.
 * - One transaction without GTID ends the record until capture starts anew: no other server could tell whether it has it.
 */
import type { Captured, PartialTransaction } from "../../schemas/captured.ts"
import { GtidSet } from "../../schemas/GtidSet.ts"
import type { CommitEvent } from "./ChangeSource.ts"

/** A busy log names its transactions in full this often, so that the last full list is never far. */
const SEGMENTS_PER_CHECKPOINT = 500

/** A head must fit a message's headers with everything else. */
const HEAD_CHARACTERS_MAX = 2_000

export class CaptureRecord {
  #all: GtidSet | undefined
  /** Since the last checkpoint. */
  #since = new GtidSet()
  #segments = 0
  readonly #partial: Map<string, PartialTransaction>

  constructor(known: Captured | undefined) {
    this.#all = known === undefined ? undefined : GtidSet.parse(known.gtids)
    this.#partial = new Map((known?.partial ?? []).map((each) => [each.gtid, each]))
  }

  committed(gtid: string | null, { passed, waits }: Pick<CommitEvent, "passed" | "waits">): void {
    if (gtid === null) this.#all = undefined
    if (gtid === null || this.#all === undefined) return
    if (passed !== undefined) {
      this.#all.addAll(passed)
      this.#since.addAll(passed)
    }
    if (waits === true) return
    this.#all.add(gtid)
    this.#since.add(gtid)
    this.#partial.delete(gtid)
  }

  /** The next changes of a transaction that has not ended leave in a message of their own. */
  partLeft(gtid: string, changes: number, proof: string): void {
    const before = this.#partial.get(gtid)?.changes ?? 0
    this.#partial.set(gtid, { gtid, changes: before + changes, proof })
  }

  partialOf(gtid: string | null): PartialTransaction | undefined {
    return gtid === null ? undefined : this.#partial.get(gtid)
  }

  /** True where the next checkpoint is due, because of the number of segments or the length of their heads. */
  get isLong(): boolean {
    if (this.#segments >= SEGMENTS_PER_CHECKPOINT) return true
    return this.#all !== undefined && this.#since.toString().length > HEAD_CHARACTERS_MAX
  }

  /** For a segment's head: what came since the last checkpoint. */
  atSegment(): Captured | undefined {
    this.#segments += 1
    const gtids = this.#since.toString()
    return this.#all === undefined || gtids.length > HEAD_CHARACTERS_MAX
      ? undefined
      : { gtids, ...this.#partials() }
  }

  /** For a checkpoint's body; segments behind it begin to count anew. */
  atCheckpoint(): Captured | undefined {
    this.#since = new GtidSet()
    this.#segments = 0
    return this.#all === undefined ? undefined : { gtids: this.#all.toString(), ...this.#partials() }
  }

  #partials(): Pick<Captured, "partial"> {
    return this.#partial.size === 0 ? {} : { partial: [...this.#partial.values()] }
  }
}
