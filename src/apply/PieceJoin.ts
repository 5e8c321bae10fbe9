/**
 * Puts a change together again that travelled in several messages (`changeLog.largeEvents: split`).
 *
 * Pieces of one writer stand one behind the other, from the first on; a run that breaks off was written anew. Holds the
 * pieces of one change at most.
 */
import type { FeedMessage } from "./ChangeFeed.ts"
import type { LogHead } from "../../schemas/log-head.ts"

/** A message whose head is ours. */
export type OwnMessage = FeedMessage & { readonly head: LogHead }

/** `waiting`: more is to come; `incomplete`: pieces before it are not there. */
export type Joined = OwnMessage | "waiting" | "incomplete"

export class PieceJoin {
  #pieces: Array<Uint8Array> = []
  #first: OwnMessage | undefined

  take(message: OwnMessage): Joined {
    const { body, head, sequence } = message
    if (head.piece === undefined) {
      this.#forget()
      return message
    }
    if (head.piece === 1) {
      this.#forget()
      this.#first = message
    }
    if (!this.#isNext(message)) {
      this.#forget()
      return head.pieceLast === true ? "incomplete" : "waiting"
    }
    this.#pieces.push(body)
    if (head.pieceLast !== true) return "waiting"
    const whole = Buffer.concat(this.#pieces)
    this.#forget()
    return { ...message, sequence, body: whole }
  }

  #isNext({ head, sequence }: OwnMessage): boolean {
    const first = this.#first
    return (
      first !== undefined &&
      head.piece === this.#pieces.length + 1 &&
      sequence === first.sequence + this.#pieces.length &&
      head.generation === first.head.generation &&
      head.epoch === first.head.epoch &&
      head.previous === first.head.previous
    )
  }

  #forget(): void {
    this.#pieces = []
    this.#first = undefined
  }
}
