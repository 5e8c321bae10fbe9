/**
 * Notes how far capture is: what has been read, what the log has acknowledged, and how old that was.
 *
 * Once per chunk and message, never per row. Message i behind sequence n becomes sequence n + i (see LogAppender), so an
 * acknowledged sequence tells which message's horizon the log has reached.
 */
import { Clock, Effect, Metric } from "effect"
import { utcToEpochMillis } from "../../schemas/civil-time.ts"
import * as metrics from "../pipeline/metrics.ts"
import { CurrentVitals, type Vitals } from "../pipeline/Vitals.ts"
import type { LogAppender, LogMessage } from "./ChangeLog.ts"
import type { SourceChunk } from "./ChangeSource.ts"
import type { SourceTranslator } from "./SourceTranslator.ts"

interface Sent {
  readonly sequence: number
  readonly horizonMillis: number | undefined
}

export class CaptureWatch {
  readonly #vitals: Vitals
  /** Not acknowledged yet, oldest first; as many as the appender's window holds. */
  readonly #sent: Array<Sent> = []
  #sequence: number

  private constructor(vitals: Vitals, sequence: number) {
    this.#vitals = vitals
    this.#sequence = sequence
  }

  /** Once the appender has everything acknowledged that it was given. */
  static readonly begin = (appender: LogAppender): Effect.Effect<CaptureWatch> =>
    Effect.gen(function* () {
      return new CaptureWatch(yield* CurrentVitals, yield* appender.acknowledged)
    })

  /** A chunk has been translated. */
  read(chunk: SourceChunk, translator: SourceTranslator): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis
      const horizon = millisOf(translator.readUntil)
      if (horizon !== undefined) this.#vitals.hears("capture", horizon, now)
      this.#vitals.connections.set("source", true)
      if (chunk.bytes > 0) yield* Metric.update(metrics.bytesTotal({ stage: "capture" }), chunk.bytes)
    })
  }

  /** Messages have been handed to the appender. */
  sent(messages: ReadonlyArray<LogMessage>): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      let [events, bytes, segments] = [0, 0, 0]
      for (const { body, head } of messages) {
        this.#sent.push({ sequence: ++this.#sequence, horizonMillis: millisOf(head.committedAt) })
        events += head.count
        bytes += body.length
        if (head.kind === "segment") segments++
      }
      if (messages.length === 0) return
      yield* Metric.update(metrics.bytesTotal({ stage: "log" }), bytes)
      if (segments < messages.length) {
        yield* Metric.update(metrics.messagesTotal({ kind: "checkpoint" }), messages.length - segments)
      }
      if (segments === 0) return
      yield* Metric.update(metrics.eventsTotal({ stage: "log" }), events)
      yield* Metric.update(metrics.messagesTotal({ kind: "segment" }), segments)
    })
  }

  /** Looks how far the acknowledgements are. */
  look(appender: LogAppender, translator: SourceTranslator): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      this.#vitals.snapshot = translator.snapshot
      const acknowledged = yield* appender.acknowledged
      let horizon: number | undefined
      while (this.#sent.length > 0 && this.#sent[0]!.sequence <= acknowledged) {
        horizon = this.#sent.shift()!.horizonMillis ?? horizon
      }
      if (horizon !== undefined) this.#vitals.hears("log", horizon, yield* Clock.currentTimeMillis)
    })
  }
}

const millisOf = (time: string | null): number | undefined =>
  time === null ? undefined : utcToEpochMillis(time)
