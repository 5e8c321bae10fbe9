/**
 * One consumer of the stream and the buffer behind it: asks for messages while there is room, never for more.
 *
 * - One pull request is open at a time, for {@link PULL_BYTES} at most, and only while less than that is buffered: memory
 *   holds twice that at most, whatever the backlog (G8). An open request is answered the moment a message is stored.
 * - Messages are numbered by the consumer as well; a missing number ends the subscription, it is never skipped (G1).
 * - It ends by `broken`, once. Its owner decides what that means and opens another one.
 */
import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream"
import { createInbox, nanos, nuid, type Msg } from "@nats-io/transport-node"
import type { FeedMessage } from "../../src/apply/ChangeFeed.ts"
import { headOf } from "./message-headers.ts"
import type { Link } from "./NatsConnection.ts"

const PULL_BYTES = 2 * 1024 * 1024
const PULL_MESSAGES = 2_000
const PULL_EXPIRES_MS = 30_000
const HEARTBEAT_MS = 1_500

/** Milliseconds without message or heartbeat after which an open request is dead. */
export const PULL_SILENCE_MS = 5_000

/** The server removes the consumer itself when its owner is gone for so long. */
const INACTIVE_MS = 300_000

export interface PullListener {
  readonly arrived: (message: FeedMessage) => void
  /** The subscription is of no use any more; called once. */
  readonly broken: (why: string) => void
}

export class PullSubscription {
  private readonly link: Link
  private readonly stream: string
  private readonly listener: PullListener
  private readonly consumer = `gradewire-${nuid.next()}`
  private readonly inbox = createInbox()
  private stop: () => void = () => undefined
  private isOpen = false

  private pull = 0
  private isPulling = false
  private messagesLeft = 0
  private bytesLeft = 0
  /** The next message is larger than a whole request, which would be refused for ever: it is asked for alone. */
  private isNextLarge = false
  /** Messages of this subscription so far, as the consumer numbers them. */
  private consumerSequence = 0
  private streamSequence = 0
  private bufferedBytes = 0
  /** Counts everything that shows the server to be alive. */
  private signs = 0

  constructor(link: Link, stream: string, listener: PullListener) {
    this.link = link
    this.stream = stream
    this.listener = listener
  }

  /** Starts with the first message stored at or after `sequence`. */
  async open(sequence: number): Promise<void> {
    const subscription = this.link.nats.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => (error === null ? this.received(message) : this.break(error.message))
    })
    const forget = this.link.onDown(() => this.break("the connection to NATS was lost"))
    this.stop = () => {
      forget()
      subscription.unsubscribe()
    }
    this.isOpen = true
    this.streamSequence = sequence - 1
    await this.link.jetstream.consumers.add(this.stream, {
      name: this.consumer,
      description: "gradewire apply; progress is kept in the HR database",
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: sequence,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1
    })
    this.ask()
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.stop()
    // Best effort: the server forgets an inactive consumer by itself.
    if (this.link.isUp())
      this.link.jetstream.consumers.delete(this.stream, this.consumer).catch(() => undefined)
  }

  /** The owner has taken everything out of the buffer. */
  taken(): void {
    this.bufferedBytes = 0
    this.ask()
  }

  /** Changes while the server is alive; stands still, and may, while nothing is asked for. */
  signOfLife(): number | undefined {
    return this.isPulling ? this.signs : undefined
  }

  private ask(): void {
    if (!this.isOpen || this.isPulling || this.bufferedBytes >= PULL_BYTES) return
    this.pull++
    this.isPulling = true
    this.messagesLeft = this.isNextLarge ? 1 : PULL_MESSAGES
    this.bytesLeft = PULL_BYTES
    this.signs++
    const request = {
      batch: this.messagesLeft,
      ...(this.isNextLarge ? {} : { max_bytes: PULL_BYTES }),
      expires: nanos(PULL_EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS)
    }
    try {
      this.link.nats.publish(
        `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${this.consumer}`,
        JSON.stringify(request),
        { reply: `${this.inbox}.${this.pull}` }
      )
    } catch (error) {
      this.break(error instanceof Error ? error.message : String(error))
    }
  }

  private received(message: Msg): void {
    if (!this.isOpen) return
    this.signs++
    if (message.subject.startsWith(this.inbox)) return this.status(message)
    const place = placeOf(message.reply ?? "")
    if (place === undefined) return this.break(`a message without a place in the stream: ${message.reply}`)
    if (place.consumerSequence !== this.consumerSequence + 1 || place.streamSequence <= this.streamSequence) {
      return this.break(
        `message ${place.streamSequence} came as number ${place.consumerSequence} after ${this.consumerSequence}`
      )
    }
    this.consumerSequence = place.consumerSequence
    this.streamSequence = place.streamSequence
    const bytes = sizeOf(message)
    this.bufferedBytes += bytes
    this.messagesLeft--
    this.isNextLarge = false
    this.bytesLeft -= bytes
    // The server ends a request that is used up exactly without a word.
    if (this.messagesLeft <= 0 || this.bytesLeft <= 0) this.isPulling = false
    this.listener.arrived({
      sequence: place.streamSequence,
      head: headOf(message.headers),
      body: message.data
    })
    this.ask()
  }

  /** Heartbeats, ends of requests, and bad news (nats-server, ADR-37). */
  private status(message: Msg): void {
    const code = message.headers?.code ?? 0
    const description = (message.headers?.description ?? "").toLowerCase()
    if (code === 100) return
    if (message.subject !== `${this.inbox}.${this.pull}`) return
    const isOver = code === 408 || code === 404 || (code === 409 && description === "batch completed")
    // Said only where not even one message fitted.
    this.isNextLarge = code === 409 && description.includes("exceeds maxbytes")
    if (!isOver && !this.isNextLarge) return this.break(`${code} ${description}`)
    this.isPulling = false
    this.ask()
  }

  private break(why: string): void {
    if (!this.isOpen) return
    this.close()
    this.listener.broken(why)
  }
}

/** As the server counts against max_bytes. */
const sizeOf = (message: Msg): number =>
  message.subject.length + (message.reply?.length ?? 0) + message.data.length + HEADER_BYTES

/** Ours take 700 to 1,000 bytes; counting too many ends a request early, which does no harm. */
const HEADER_BYTES = 1_024

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`, or with `<domain>.<account>`
 * after `$JS.ACK` and one more token at the end (nats-server, ADR-15).
 */
export const placeOf = (
  reply: string
): { readonly streamSequence: number; readonly consumerSequence: number } | undefined => {
  const tokens = reply.split(".")
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK" || tokens.length < 9) return undefined
  const shift = tokens.length > 9 ? 2 : 0
  const streamSequence = Number(tokens[5 + shift])
  const consumerSequence = Number(tokens[6 + shift])
  return Number.isSafeInteger(streamSequence) && Number.isSafeInteger(consumerSequence)
    ? { streamSequence, consumerSequence }
    : undefined
}
