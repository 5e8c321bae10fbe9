/**
 * Looks at the process's vitals every few seconds and tells the receivers. Nothing waits for it: each receiver has a queue of its
 * own, which drops its oldest notice when it is full, and a fiber that tries again.
 */
import { Clock, Effect, Queue, Schedule } from "effect"
import type { Severity } from "../../schemas/alert-rules.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import { isRetryable } from "../../schemas/failure.ts"
import { AlertBook, type AlertSettings } from "./AlertBook.ts"
import type { Notice, Receiver } from "./Notice.ts"
import { readAlerts } from "./readings.ts"

const LOOK = "5 seconds"
const QUEUED_MAX = 100
/** A halted process ends at most this much later. */
const LAST_WORD = "5 seconds"
const patience = Schedule.min([Schedule.exponential("1 second", 2), Schedule.spaced("60 seconds")]).pipe(
  Schedule.jittered
)
/** With the pauses above about an hour. */
const ATTEMPTS = 65

export interface AlertWatch {
  readonly settings: AlertSettings
  readonly receivers: ReadonlyArray<Receiver>
  readonly connector: string
  readonly holder: string
  /** Whether this process has apply's lane 0. */
  readonly speaksForApply: boolean
}

interface Post {
  readonly receiver: Receiver
  readonly queue: Queue.Queue<Notice>
}

/** Runs `work` with its alerts; where it fails, the receivers hear why before this fails too. */
export const withAlerts = <E, R>(watch: AlertWatch, work: Effect.Effect<never, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const book = new AlertBook(watch.settings, watch)
      const posts = yield* Effect.forEach(watch.receivers, (receiver) =>
        Effect.map(Queue.sliding<Notice>(QUEUED_MAX), (queue): Post => ({ receiver, queue }))
      )
      for (const post of posts) yield* Effect.forkScoped(Effect.forever(deliver(post)))
      yield* Effect.forkScoped(keepLooking(watch, book, posts))
      return yield* work.pipe(Effect.tapError(() => lastWord(watch, book)))
    })
  )

const look = Effect.fnUntraced(function* ({ speaksForApply }: AlertWatch, book: AlertBook) {
  const now = yield* Clock.currentTimeMillis
  return book.look(readAlerts(yield* CurrentVitals, speaksForApply, now), now)
})

const keepLooking = Effect.fnUntraced(function* (
  watch: AlertWatch,
  book: AlertBook,
  posts: ReadonlyArray<Post>
) {
  while (true) {
    yield* Effect.sleep(LOOK)
    for (const notice of yield* look(watch, book)) {
      for (const { queue, receiver } of posts) {
        if (wants(receiver, notice.severity)) yield* Queue.offer(queue, notice)
      }
    }
  }
})

const wants = ({ severity }: Receiver, given: Severity): boolean =>
  severity === "warning" || given === "critical"

const deliver = ({ queue, receiver }: Post): Effect.Effect<void> =>
  Effect.gen(function* () {
    const notice = yield* Queue.take(queue)
    let failures = 0
    yield* receiver.send(notice).pipe(
      Effect.tapError((failure) => {
        failures++
        return failures > 1 || !isRetryable(failure)
          ? Effect.void
          : Effect.logWarning("an alert waits for its receiver", told(notice, receiver, failure))
      }),
      Effect.retry({ schedule: patience, times: ATTEMPTS, while: isRetryable }),
      Effect.matchEffect({
        onSuccess: () => Effect.logInfo("alert sent", told(notice, receiver)),
        onFailure: (failure) => Effect.logError("an alert was not delivered", told(notice, receiver, failure))
      })
    )
  })

/** What waits in the queues is old news; only what the end itself raises is told. */
const lastWord = Effect.fnUntraced(function* (watch: AlertWatch, book: AlertBook) {
  const notices = yield* look(watch, book)
  yield* Effect.forEach(
    watch.receivers.flatMap((receiver) =>
      notices.filter(({ severity }) => wants(receiver, severity)).map((notice) => ({ notice, receiver }))
    ),
    ({ notice, receiver }) =>
      receiver.send(notice).pipe(
        Effect.retry({ times: 2, while: isRetryable }),
        Effect.catch((failure) =>
          Effect.logError("an alert was not delivered", told(notice, receiver, failure))
        )
      ),
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.timeoutOrElse({ duration: LAST_WORD, orElse: () => Effect.void }))
})

const told = (
  { alert, state, subject }: Notice,
  { name }: Receiver,
  failure?: { readonly _tag: string; readonly message: string; readonly remedy: string }
): Readonly<Record<string, string>> => ({
  alert,
  state,
  ...(subject === "" ? {} : { subject }),
  webhook: name,
  ...(failure === undefined ? {} : { tag: failure._tag, reason: failure.message, remedy: failure.remedy })
})
