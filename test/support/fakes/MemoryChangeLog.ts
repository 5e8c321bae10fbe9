/** {@link ChangeLog} over a {@link MemoryLog}. */
import { Effect, Layer } from "effect"
import {
  ChangeLog,
  LogForeign,
  LogFull,
  LogMoved,
  LogUnavailable,
  MessageTooLarge,
  type ChangeLogError,
  type LogAppender,
  type LogMessage,
  type LogTail
} from "../../../src/capture/ChangeLog.ts"
import type { OwnHead } from "../../../src/pipeline/first-after.ts"
import type { MemoryLog } from "./MemoryLog.ts"

const unavailable = (): LogUnavailable => new LogUnavailable({ message: "the memory log is down" })

const tailOf = (log: MemoryLog): Effect.Effect<LogTail, ChangeLogError> => {
  if (log.isDown) return Effect.fail(unavailable())
  const newest = log.messages.at(-1)
  if (newest === undefined) {
    return Effect.succeed({
      firstSequence: 0,
      lastSequence: log.lastSequence,
      head: undefined,
      firstHead: undefined
    })
  }
  if (newest.head === undefined) {
    return Effect.fail(
      new LogForeign({ message: "a foreign message", stream: "memory", sequence: newest.sequence })
    )
  }
  return Effect.succeed({
    firstSequence: log.messages[0]!.sequence,
    lastSequence: log.lastSequence,
    head: newest.head,
    firstHead: log.messages[0]!.head
  })
}

const headAtOf = (log: MemoryLog, from: number): Effect.Effect<OwnHead | undefined, ChangeLogError> => {
  if (log.isDown) return Effect.fail(unavailable())
  const found = log.messages.find(({ sequence }) => sequence >= from)
  if (found === undefined) return Effect.succeed(undefined)
  const { head, sequence } = found
  return head === undefined
    ? Effect.fail(new LogForeign({ message: "a foreign message", stream: "memory", sequence }))
    : Effect.succeed({ sequence, head })
}

const lastCheckpointOf = (log: MemoryLog): Effect.Effect<LogMessage | undefined, ChangeLogError> => {
  if (log.isDown) return Effect.fail(unavailable())
  const found = log.messages.findLast(({ head }) => head?.kind === "checkpoint")
  return Effect.succeed(found?.head === undefined ? undefined : { head: found.head, body: found.body })
}

class MemoryAppender implements LogAppender {
  private readonly log: MemoryLog
  private last: number
  private failure: ChangeLogError | undefined
  /** A real stream takes an id once from one writer. */
  private readonly ids = new Set<string>()

  constructor(log: MemoryLog, lastSequence: number) {
    this.log = log
    this.last = lastSequence
  }

  break(): void {
    this.failure ??= unavailable()
  }

  readonly append = (message: LogMessage): Effect.Effect<void, ChangeLogError> =>
    Effect.suspend(() => {
      this.failure ??= this.refusal(message) ?? this.store(message)
      return this.failure === undefined ? Effect.void : Effect.fail(this.failure)
    })

  readonly flush: LogAppender["flush"] = Effect.suspend(() =>
    this.failure === undefined ? Effect.void : Effect.fail(this.failure)
  )

  readonly acknowledged: Effect.Effect<number> = Effect.sync(() => this.last)

  private refusal(message: LogMessage): ChangeLogError | undefined {
    if (this.log.isDown) return unavailable()
    const bytes = message.body.length
    if (bytes > this.log.bodyBytesMax) {
      return new MessageTooLarge({ message: "too large", bytes, bytesMax: this.log.bodyBytesMax })
    }
    return this.log.isFull && this.last === this.log.lastSequence
      ? new LogFull({ message: "the memory log is full", stream: "memory" })
      : undefined
  }

  private store(message: LogMessage): ChangeLogError | undefined {
    const { connector, epoch, generation, kind, last } = message.head
    const id = [connector, generation, epoch, kind, last].join()
    const sequence = this.ids.has(id) ? undefined : this.log.append(this.last, message.head, message.body)
    this.ids.add(id)
    if (sequence === undefined) {
      return new LogMoved({ message: "the memory log has moved", expectedSequence: this.last })
    }
    this.last = sequence
    return undefined
  }
}

export const layerMemoryChangeLog = (log: MemoryLog): Layer.Layer<ChangeLog> =>
  Layer.succeed(ChangeLog, {
    tail: Effect.suspend(() => tailOf(log)),
    headAt: (sequence) => Effect.suspend(() => headAtOf(log, sequence)),
    lastCheckpoint: Effect.suspend(() => lastCheckpointOf(log)),
    bodyBytesMax: Effect.sync(() => log.bodyBytesMax),
    appender: (lastSequence) =>
      Effect.gen(function* () {
        if (log.isDown) return yield* unavailable()
        const appender = new MemoryAppender(log, lastSequence)
        const forget = log.onBreak(() => appender.break())
        yield* Effect.addFinalizer(() =>
          Effect.sync(() => {
            forget()
            appender.break()
          })
        )
        return appender
      })
  })
