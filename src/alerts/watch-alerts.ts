/**
 * Looks at the process's vitals every few seconds and tells the receivers. Nothing waits for it: each receiver has a queue of its
 * own, which drops its oldest notice when it is full, and a fiber that tries again.
 */
import { Clock, Effect, Queue, Schedule, type Scope } from "effect"
import type { Severity } from "../../schemas/alert-rules.ts"
import { CurrentVitals } from "../pipeline/Vitals.ts"
import { isRetryable } from "../../schemas/failure.ts"
import { AlertBook, type AlertSettings } from "./AlertBook.ts"
import { AlertMemory } from "./AlertMemory.ts"
import type { AlertStates } from "./AlertStates.ts"
import type { DueNotice, Notice, Receiver } from "./Notice.ts"
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
  /** Where it is kept what was told; `undefined`: nowhere, every start tells what holds anew. */
  readonly states: Effect.Effect<AlertStates | undefined, never, Scope.Scope>
}

interface Post {
  readonly receiver: Receiver
  readonly queue: Queue.Queue<Notice>
}

interface Desk {
  readonly watch: AlertWatch
  readonly book: AlertBook
  readonly memory: AlertMemory | undefined
}

/** Runs `work` with its alerts; where it fails, the receivers hear why before this fails too. */
export const withAlerts = <E, R>(watch: AlertWatch, work: Effect.Effect<never, E, R>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const book = new AlertBook(watch.settings, watch)
      const states = yield* watch.states
      const desk = { watch, book, memory: states === undefined ? undefined : new AlertMemory(states, book) }
      const posts = yield* Effect.forEach(watch.receivers, (receiver) =>
        Effect.map(Queue.sliding<Notice>(QUEUED_MAX), (queue): Post => ({ receiver, queue }))
      )
      for (const post of posts) yield* Effect.forkScoped(Effect.forever(deliver(desk, post)))
      yield* Effect.forkScoped(keepLooking(desk, posts))
      return yield* work.pipe(Effect.tapError(() => lastWord(desk)))
    })
  )

const look = Effect.fnUntraced(function* ({ book, memory, watch }: Desk) {
  const now = yield* Clock.currentTimeMillis
  const readings = readAlerts(yield* CurrentVitals, watch.speaksForApply, now)
  if (memory !== undefined) yield* memory.recall(readings)
  return book.look(readings, now)
})

const keepLooking = Effect.fnUntraced(function* (desk: Desk, posts: ReadonlyArray<Post>) {
  while (true) {
    yield* Effect.sleep(LOOK)
    for (const { only, ...notice } of yield* look(desk)) {
      const wanted = posts.filter(({ receiver }) => wants(receiver, notice.severity, only))
      give(desk, notice, wanted, only)
      for (const { queue } of wanted) yield* Queue.offer(queue, notice)
    }
    yield* desk.memory?.keep() ?? Effect.void
  }
})

const give = (
  { book }: Desk,
  notice: Notice,
  wanted: ReadonlyArray<{ readonly receiver: Receiver }>,
  only: DueNotice["only"]
): void => {
  const names = wanted.map(({ receiver }) => receiver.name)
  // Receivers that the configuration no longer names are owed nothing.
  for (const name of only ?? []) if (!names.includes(name)) book.taken(notice, name, true)
  book.given(notice, names)
}

const isTaken = (
  { book, memory }: Desk,
  notice: Notice,
  { name }: Receiver,
  isGivenUp: boolean
): Effect.Effect<void> => {
  book.taken(notice, name, isGivenUp)
  return memory?.keep() ?? Effect.void
}

const wants = ({ name, severity }: Receiver, given: Severity, only: DueNotice["only"]): boolean =>
  (severity === "warning" || given === "critical") && only?.includes(name) !== false

const deliver = (desk: Desk, { queue, receiver }: Post): Effect.Effect<void> =>
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
        onSuccess: () =>
          Effect.andThen(
            Effect.logInfo("alert sent", told(notice, receiver)),
            isTaken(desk, notice, receiver, false)
          ),
        onFailure: (failure) =>
          Effect.andThen(
            Effect.logError("an alert was not delivered", told(notice, receiver, failure)),
            isTaken(desk, notice, receiver, true)
          )
      })
    )
  })

/** What waits in the queues is old news; only what the end itself raises is told. */
const lastWord = Effect.fnUntraced(function* (desk: Desk) {
  const { watch } = desk
  const notices = yield* look(desk)
  yield* Effect.forEach(
    watch.receivers.flatMap((receiver) =>
      notices
        .filter(({ only, severity }) => wants(receiver, severity, only))
        .map(({ only: _only, ...notice }) => {
          desk.book.given(notice, [receiver.name])
          return { notice, receiver }
        })
    ),
    ({ notice, receiver }) =>
      receiver.send(notice).pipe(
        Effect.retry({ times: 2, while: isRetryable }),
        Effect.andThen(isTaken(desk, notice, receiver, false)),
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
