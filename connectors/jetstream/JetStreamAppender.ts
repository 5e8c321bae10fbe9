/**
 * Pipelined appends with an expected sequence on each (G6).
 *
 * - Message i names sequence n+i-1 as the last one, and from the second on the id of the message before. The sequence
 *   alone is not enough: of 20 messages in flight behind 0, the sixth would fit a log that another writer has taken
 *   to 5. The chain of ids breaks with the first refusal, so nothing behind it can be stored.
 * - A replicated stream gets one message at a time instead, and no chain: its replicas compare ids only when they apply
 *   a message, and take a wrong one for damage: "critical write error: last msgid mismatch" stops the stream on all of
 *   them (nats-server 2.15.1). Its leader compares the sequence before it proposes anything, which is enough for one.
 * - The parts of a transaction that spans several segments go as a batch, which the server stores whole or not at all
 *   (ADR-50; atomic-batch.ts says how far). It begins once nothing else is in flight, and nothing follows before it is
 *   acknowledged, so that the sequence named by its first message is proof enough: ids cannot be chained within.
 * - Success is an acknowledgement with exactly the sequence expected. Anything else ends the appender: a refusal, a
 *   duplicate, silence, a lost connection. It says nothing about where the log ends; the caller reads the tail again.
 * - A message is handed to the socket within the call: no timer, no batching delay.
 *
 * One subscription takes all answers and one fiber watches over silence; the driver's request() costs two timers, a
 * random token and three promises for each message.
 */
import { createInbox, nuid, type Msg } from "@nats-io/transport-node"
import { Effect, Latch, type Scope } from "effect"
import {
  LogMoved,
  LogUnavailable,
  MessageTooLarge,
  type ChangeLogError,
  type LogAppender,
  type LogMessage
} from "../../src/capture/ChangeLog.ts"
import { BatchRun } from "./atomic-batch.ts"
import { appendRefused } from "./classify-error.ts"
import { appendHeaders, HEADER_BYTES_MAX, writtenId } from "./message-headers.ts"
import type { Link } from "./NatsConnection.ts"
import { messageSubject, type JetStreamOptions } from "./options.ts"

/** Messages and bytes that may be unacknowledged in a stream without replicas (G8). */
const WINDOW_MESSAGES = 128
const WINDOW_BYTES = 2 * 1024 * 1024

/** Milliseconds without any acknowledgement while messages are in flight. */
const SILENCE_MS = 5_000

const NO_RESPONDERS = 503

interface PubAck {
  readonly stream?: string
  /** Messages of the batch. */
  readonly count?: number
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: Refused
}

interface Refused {
  readonly err_code?: number
  readonly description?: string
}

/** What an appender must know of its stream. */
export interface AppendTarget {
  readonly lastSequence: number
  /** Headers and body together; the smaller of the server's and the stream's limit. */
  readonly messageBytesMax: number
  readonly isReplicated: boolean
  /** Whether parts of a transaction go as batches. */
  readonly isAtomic: boolean
  /** What the stream held when the appender was opened, for whoever reads that it is full. */
  readonly fill: string
  /** Told where the server does not take a batch that it might take as single messages. */
  readonly batchFailed: () => void
}

export const openAppender = Effect.fnUntraced(function* (
  link: Link,
  options: JetStreamOptions,
  target: AppendTarget
): Effect.fn.Return<LogAppender, ChangeLogError, Scope.Scope> {
  const appends = new AppendsInFlight(link, options, target)
  yield* Effect.acquireRelease(
    Effect.sync(() => appends.open()),
    () => Effect.sync(() => appends.close())
  )
  yield* Effect.forkScoped(appends.watchSilence)
  return {
    append: (message) => appends.append(message),
    flush: appends.flush,
    acknowledged: Effect.sync(() => appends.acknowledged)
  }
})

class AppendsInFlight {
  acknowledged: number
  private published: number
  private lastId: string | undefined
  private readonly writer = nuid.next()
  private bytesInFlight = 0
  /** Bytes of the messages in flight, oldest first. */
  private readonly sizes: Array<number> = []
  private failure: ChangeLogError | undefined
  /** Open while there is room in the window, or nothing more to wait for. */
  private readonly room = Latch.makeUnsafe(true)
  /** Open while nothing is in flight, or nothing more to wait for. */
  private readonly empty = Latch.makeUnsafe(true)
  private readonly inbox: string
  private stop: () => void = () => undefined

  private readonly link: Link
  private readonly options: JetStreamOptions
  private readonly target: AppendTarget
  private readonly batches: BatchRun
  /** Messages of the open batch that the server holds ready. */
  private staged = 0

  constructor(link: Link, options: JetStreamOptions, target: AppendTarget) {
    this.link = link
    this.options = options
    this.acknowledged = target.lastSequence
    this.published = target.lastSequence
    this.target = target
    this.batches = new BatchRun(target.isAtomic, target.isReplicated)
    this.inbox = createInbox()
  }

  open(): void {
    const answers = this.link.nats.subscribe(`${this.inbox}.*`, {
      callback: (error, message) =>
        error === null ? this.answered(message) : this.fail(unavailable(`acknowledgements: ${error.message}`))
    })
    const forget = this.link.onDown(() => this.fail(unavailable("the connection to NATS was lost")))
    this.stop = () => {
      forget()
      answers.unsubscribe()
    }
    if (!this.link.isUp()) this.fail(unavailable("no connection to NATS"))
  }

  close(): void {
    this.fail(unavailable("the appender is closed"))
  }

  append(message: LogMessage): Effect.Effect<void, ChangeLogError> {
    return Effect.suspend(() => {
      if (this.failure !== undefined) return Effect.fail(this.failure)
      if (this.sizes.length > 0 && this.batches.begins(message.head)) {
        return Effect.flatMap(this.untilOpen(this.empty), () => this.append(message))
      }
      // Only where somebody else appends meanwhile, or a call that waited for room was interrupted.
      if (!this.hasRoom()) return Effect.flatMap(this.room.await, () => this.append(message))
      this.publish(message)
      return this.failure === undefined && this.hasRoom() ? Effect.void : this.untilOpen(this.room)
    })
  }

  readonly flush: Effect.Effect<void, ChangeLogError> = Effect.suspend(() => this.untilOpen(this.empty))

  /** A server that neither answers nor closes the connection. */
  readonly watchSilence: Effect.Effect<void> = Effect.suspend(() => this.watchOnce()).pipe(
    Effect.repeat({ until: () => this.failure !== undefined })
  )

  private watchOnce(): Effect.Effect<void> {
    const before = this.acknowledged + this.staged
    const inFlight = this.sizes.length
    return Effect.map(Effect.sleep(SILENCE_MS), () => {
      if (inFlight > 0 && this.acknowledged + this.staged === before) {
        this.fail(unavailable(`no acknowledgement for ${SILENCE_MS} ms`))
      }
    })
  }

  private untilOpen(latch: Latch.Latch): Effect.Effect<void, ChangeLogError> {
    return Effect.flatMap(latch.await, () =>
      this.failure === undefined ? Effect.void : Effect.fail(this.failure)
    )
  }

  private hasRoom(): boolean {
    if (this.batches.isCommitting) return false
    const window = this.target.isReplicated && !this.batches.isOpen ? 1 : WINDOW_MESSAGES
    return this.sizes.length < window && this.bytesInFlight < WINDOW_BYTES
  }

  private publish(message: LogMessage): void {
    const id = writtenId(message.head, this.writer)
    const batch = this.batches.place(message.head, message.body.length)
    const isWithin = batch !== undefined && batch.number > 1
    const headers = appendHeaders(message.head, id, {
      stream: this.options.stream,
      lastSequence: isWithin ? undefined : this.published,
      lastId: batch === undefined ? this.lastId : undefined,
      batch
    })
    const bytes = headers.byteLength + message.body.length
    if (bytes > this.target.messageBytesMax || headers.byteLength > HEADER_BYTES_MAX) {
      return this.fail(this.tooLarge(message, bytes))
    }
    const sequence = this.published + 1
    // Counted before it is handed over: the answer may not find an empty list.
    this.published = sequence
    if (!this.target.isReplicated) this.lastId = id
    this.sizes.push(bytes)
    this.bytesInFlight += bytes
    this.empty.closeUnsafe()
    if (!this.hasRoom()) this.room.closeUnsafe()
    try {
      this.link.nats.publish(messageSubject(this.options.connector, message.head.kind), message.body, {
        headers,
        reply: `${this.inbox}.${sequence}`
      })
    } catch (error) {
      this.fail(unavailable(error instanceof Error ? error.message : String(error)))
    }
  }

  private answered(message: Msg): void {
    if (this.failure !== undefined) return
    const expected = Number(message.subject.slice(this.inbox.length + 1))
    if (message.headers?.code === NO_RESPONDERS) {
      return this.fail(unavailable(`nobody takes messages for stream ${this.options.stream} (503)`))
    }
    const isNext = expected === this.acknowledged + this.staged + 1
    // Held ready with its batch; stored with the last one of it.
    if (message.data.length === 0 && isNext && this.batches.isOpen) {
      this.staged += 1
      return this.letGo()
    }
    const ack = message.json<PubAck>()
    if (ack.error !== undefined) return this.refused(expected, ack.error)
    const isWhole = (ack.count ?? 1) === this.staged + 1
    if (ack.duplicate === true || ack.seq !== expected || !isNext || !isWhole) {
      return this.fail(this.moved(expected, ack))
    }
    this.acknowledged = expected
    this.staged = 0
    this.batches.committed()
    this.letGo()
  }

  /** The oldest message in flight has arrived. */
  private letGo(): void {
    this.bytesInFlight -= this.sizes.shift() ?? 0
    if (this.hasRoom()) this.room.openUnsafe()
    // What is held ready is stored with the rest of its batch, or not at all: there is nothing more to wait for now.
    if (this.sizes.length === 0) this.empty.openUnsafe()
  }

  private refused(expected: number, { err_code: code = 0, description = "" }: Refused): void {
    const failure = appendRefused(
      this.options,
      { code, description },
      {
        expectedSequence: expected - 1,
        bytes: this.sizes[expected - this.acknowledged - this.staged - 1] ?? 0,
        bytesMax: this.target.messageBytesMax,
        fill: this.target.fill
      }
    )
    if (this.batches.isOpen && failure._tag === "LogUnavailable") this.target.batchFailed()
    this.fail(failure)
  }

  /** The first failure is the one that counts. */
  private fail(failure: ChangeLogError): void {
    if (this.failure !== undefined) return
    this.failure = failure
    this.stop()
    this.room.openUnsafe()
    this.empty.openUnsafe()
  }

  private moved(expected: number, ack: PubAck): LogMoved {
    const how = ack.duplicate === true ? "as a duplicate, at" : "at"
    return new LogMoved({
      message: `stream ${this.options.stream} acknowledged message ${expected} ${how} sequence ${ack.seq}`,
      expectedSequence: expected - 1
    })
  }

  private tooLarge(message: LogMessage, bytes: number): MessageTooLarge {
    return new MessageTooLarge({
      message: `the ${message.head.kind} that ends at ${message.head.last} has ${bytes} bytes with its headers; the server takes ${this.target.messageBytesMax}`,
      bytes,
      bytesMax: this.target.messageBytesMax
    })
  }
}

const unavailable = (why: string): LogUnavailable => new LogUnavailable({ message: why })
