/**
 * One change log in memory, shared by the fakes of its four ports, with levers for what real streams suffer.
 *
 * It keeps the stream's rules: sequences are spent once, an append names the sequence it expects, a full log refuses.
 */
import { Latch } from "effect"
import type { LogHead } from "../../../schemas/log-head.ts"

export interface StoredMessage {
  readonly sequence: number
  /** `undefined`: somebody else's message. */
  readonly head: LogHead | undefined
  readonly body: Uint8Array
}

export class MemoryLog {
  messages: Array<StoredMessage> = []
  lastSequence = 0
  /** +1 whenever readers have to notice that this is not the log they read: recreated, rolled back. */
  incarnation = 0
  /** While true nothing answers. */
  isDown = false
  /** More messages than this are refused as "full". */
  messagesMax = Number.POSITIVE_INFINITY
  bodyBytesMax = 1_000_000
  private changed = Latch.makeUnsafe(false)
  private readonly breakers = new Set<() => void>()

  /** Resolves with the next change of anything here. */
  get nextChange(): Latch.Latch["await"] {
    return this.changed.await
  }

  /** The sequence given, or `undefined` where the expectation is wrong. */
  append(expectedLast: number, head: LogHead | undefined, body: Uint8Array): number | undefined {
    if (expectedLast !== this.lastSequence) return undefined
    this.lastSequence++
    this.messages.push({ sequence: this.lastSequence, head, body })
    this.notify()
    return this.lastSequence
  }

  get isFull(): boolean {
    return this.messages.length >= this.messagesMax
  }

  /** Somebody else's message in our stream. */
  appendForeign(): void {
    this.append(this.lastSequence, undefined, new TextEncoder().encode("foreign"))
  }

  /** The server goes away and comes back; what is in flight is lost, what is stored stays. */
  restart(): void {
    for (const breaker of this.breakers) breaker()
    this.notify()
  }

  /** Power loss, or an older copy put back: everything behind `sequence` is gone and its numbers are given out again. */
  rollBack(sequence: number): void {
    this.messages = this.messages.filter((message) => message.sequence <= sequence)
    this.lastSequence = sequence
    this.incarnation++
    this.restart()
  }

  purge(): void {
    this.messages = []
    this.notify()
  }

  recreate(): void {
    this.messages = []
    this.lastSequence = 0
    this.incarnation++
    this.restart()
  }

  setDown(isDown: boolean): void {
    this.isDown = isDown
    if (isDown) this.restart()
    else this.notify()
  }

  /** Calls back when connections break; returns how to forget it. */
  onBreak(breaker: () => void): () => void {
    this.breakers.add(breaker)
    return () => void this.breakers.delete(breaker)
  }

  private notify(): void {
    const changed = this.changed
    this.changed = Latch.makeUnsafe(false)
    changed.openUnsafe()
  }
}
