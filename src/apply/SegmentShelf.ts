/**
 * Decoded segments that the other lanes of this process will want too: each lane reads the whole log, and decoding is what
 * that costs. Holds the newest few; a lane that is further behind decodes for itself (G8).
 */
import { Result } from "effect"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import { decodeSegment, type SegmentUndecodable } from "./decode-segment.ts"

type Decoded = Result.Result<ReadonlyArray<ChangeEvent>, SegmentUndecodable>

interface Entry {
  readonly head: LogHead
  readonly events: ReadonlyArray<ChangeEvent>
  readonly bytes: number
}

/** Bytes of bodies whose events are kept; they take several times as much as objects. */
const SHELF_BYTES = 4_194_304

export class SegmentShelf {
  /** In the order they came. */
  readonly #entries = new Map<number, Entry>()
  #bytes = 0

  decode(sequence: number, head: LogHead, body: Uint8Array): Decoded {
    const known = this.#entries.get(sequence)
    if (known !== undefined && isSame(known, head, body)) return Result.succeed(known.events)
    const decoded = decodeSegment(sequence, head, body)
    if (Result.isSuccess(decoded)) this.#keep(sequence, { head, events: decoded.success, bytes: body.length })
    return decoded
  }

  #keep(sequence: number, entry: Entry): void {
    this.#drop(sequence)
    this.#entries.set(sequence, entry)
    this.#bytes += entry.bytes
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= SHELF_BYTES || oldest === sequence) break
      this.#drop(oldest)
    }
  }

  #drop(sequence: number): void {
    this.#bytes -= this.#entries.get(sequence)?.bytes ?? 0
    this.#entries.delete(sequence)
  }
}

/** A log that was restored gives the same numbers to other messages; these words are written anew in each life of capture. */
const isSame = ({ bytes, head }: Entry, given: LogHead, body: Uint8Array): boolean =>
  bytes === body.length &&
  head.generation === given.generation &&
  head.epoch === given.epoch &&
  head.previous === given.previous &&
  head.first === given.first &&
  head.last === given.last &&
  head.count === given.count
