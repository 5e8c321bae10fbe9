/**
 * Which messages are stored together: the parts of one transaction (nats-server, ADR-50), so that whoever reads the stream
 * sees all of it or nothing.
 *
 * - A batch ends with its transaction, or where it is as large as it may be. The server allows 1,000 messages; a replicated
 *   stream's leader holds a batch in memory about three times until it is stored (nats-server 2.15.1), hence the limit in
 *   bytes.
 * - What follows of a larger transaction says by its part numbers that it does. On a stream without replicas it goes as
 *   single messages, which are faster there: measured, 750 messages of 200 kB a second against 450. On a replicated one,
 *   where only one single message may be in flight, batches are three times faster than those.
 */
import { nuid } from "@nats-io/transport-node"
import type { LogHead } from "../../schemas/log-head.ts"
import type { BatchPlace } from "./message-headers.ts"

const BATCH_MESSAGES_MAX = 1_000
const BATCH_BYTES_MAX = 32 * 1024 * 1024

export class BatchRun {
  private readonly isAllowed: boolean
  private readonly isReplicated: boolean
  private id: string | undefined
  private number = 0
  private bytes = 0
  /** The transaction's first batch was full before it ended. */
  private isPastFirst = false
  private isLastSent = false

  constructor(isAllowed: boolean, isReplicated: boolean) {
    this.isAllowed = isAllowed
    this.isReplicated = isReplicated
  }

  /** From its first message until the acknowledgement of its last. */
  get isOpen(): boolean {
    return this.id !== undefined
  }

  get isCommitting(): boolean {
    return this.isOpen && this.isLastSent
  }

  /** Whether a message is the first one of a batch. */
  begins({ part }: Pick<LogHead, "part">): boolean {
    if (!this.isAllowed || this.isOpen || part === undefined) return false
    return part === 1 || this.isReplicated || !this.isPastFirst
  }

  /** Where the next message stands in its batch; `undefined`: alone. */
  place(head: Pick<LogHead, "part" | "partLast">, bytes: number): BatchPlace | undefined {
    if (head.part === 1) this.isPastFirst = false
    if (!this.isOpen) {
      if (!this.begins(head)) return undefined
      this.id = nuid.next()
      this.number = 0
      this.bytes = 0
    }
    this.number += 1
    this.bytes += bytes
    const isFull = this.number >= BATCH_MESSAGES_MAX || this.bytes >= BATCH_BYTES_MAX
    this.isLastSent = head.partLast === true || isFull
    if (isFull) this.isPastFirst = true
    return { id: this.id!, number: this.number, commits: this.isLastSent }
  }

  /** The server has stored the batch, or the message that was in none. */
  committed(): void {
    this.id = undefined
    this.isLastSent = false
  }
}
