/**
 * Connectors that break one promise each, as a test of the simulation: every one of them must be caught within a few
 * lives. Each wraps a port or, where the mistake would sit inside of a class, replaces one method for one life.
 */
import { Effect } from "effect"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { LogHead } from "../../schemas/log-head.ts"
import { formatPosition, START } from "../../schemas/position.ts"
import type { ApplyBatch } from "../../src/apply/ProfileStore.ts"
import type { RowsEvent, SourceEvent } from "../../src/capture/ChangeSource.ts"
import type { LogMessage } from "../../src/capture/ChangeLog.ts"
import { SnapshotRun } from "../../src/capture/SnapshotRun.ts"
import type { MemoryHrDatabase } from "../support/fakes/MemoryHrDatabase.ts"
import { fileNumber } from "../support/fakes/MemoryTrainingServer.ts"
import type { Fault } from "./faults.ts"
import type { Twist } from "./Twist.ts"

export interface Mutation {
  /** The mistake, as a sentence. */
  readonly mistake: string
  /** What brings it to light soonest. */
  readonly provokedBy: ReadonlyArray<Fault>
  /** Made anew for every life. */
  readonly twist: () => Twist
}

const isNext = (database: MemoryHrDatabase, epoch: number, batch: ApplyBatch): boolean =>
  database.epoch === epoch && database.position === (batch.after?.position ?? START)

const skipsGuard = (): Twist => ({
  store: (store, database) => ({
    ...store,
    apply: (epoch, batch) =>
      Effect.suspend(() => {
        if (!isNext(database, epoch, batch)) return store.apply(epoch, batch)
        const before = new Map(database.ledger)
        for (const { data } of batch.changes) {
          const known = "resultId" in data ? before.get(data.resultId) : undefined
          if (known !== undefined && "resultId" in data)
            database.ledger.set(data.resultId, { ...known, position: START })
        }
        // What was not written anew keeps its place.
        const settle = Effect.sync(() => {
          for (const [result, { position }] of database.ledger)
            if (position === START) database.ledger.set(result, before.get(result)!)
        })
        return Effect.ensuring(store.apply(epoch, batch), settle)
      })
  })
})

const movesOffsetFirst = (): Twist => ({
  store: (store, database) => ({
    ...store,
    apply: (epoch, batch) =>
      Effect.suspend(() => {
        if (!isNext(database, epoch, batch)) return store.apply(epoch, batch)
        const before = database.offset
        Object.assign(database, { offset: batch.offset, position: batch.offset.position })
        return Effect.sleep(60).pipe(
          Effect.andThen(
            Effect.suspend(() => {
              Object.assign(database, { offset: before, position: batch.after?.position ?? START })
              return store.apply(epoch, batch)
            })
          )
        )
      })
  })
})

const ignoresEpoch = (): Twist => ({
  store: (store, database) => ({
    ...store,
    apply: (_, batch) => Effect.suspend(() => store.apply(database.epoch, batch)),
    release: () => Effect.suspend(() => store.release(database.epoch))
  })
})

const dropsRefused = (): Twist => ({
  store: (store, database) => ({
    ...store,
    apply: (epoch, batch) =>
      Effect.tap(store.apply(epoch, batch), () =>
        Effect.sync(() => {
          for (const letter of database.letters) if (letter.reason === "23514") letter.state = "done"
        })
      )
  })
})

const neverReleases = (): Twist => ({
  store: (store) => ({ ...store, release: () => Effect.succeed({ released: 0, more: false }) })
})

const trustsHint = (): Twist => ({
  feed: (feed, database) => ({
    ...feed,
    headAt: (sequence) =>
      Effect.map(feed.headAt(sequence), (found) => {
        const { offset } = database
        if (found?.head === undefined || offset?.streamSequence !== sequence) return found
        const { position: last, generation } = offset
        return { sequence, head: { ...found.head, last, generation } }
      })
  })
})

/** Before everything, but not the beginning of a connector. */
const FIRST = formatPosition({ timeline: 0, file: 0, transaction: 0, ordinal: 1 })

const forgetPrevious = <M extends { readonly head: LogHead | undefined }>(message: M): M =>
  message.head === undefined || message.head.previous === START
    ? message
    : { ...message, head: { ...message.head, previous: FIRST } }

const ignoresPrevious = (): Twist => ({
  feed: (feed) => ({
    ...feed,
    headAt: (sequence) => Effect.map(feed.headAt(sequence), (found) => found && forgetPrevious(found)),
    open: (sequence) =>
      Effect.map(feed.open(sequence), ({ next }) => ({
        next: Effect.map(next, (messages) => messages.map(forgetPrevious))
      }))
  })
})

const keepsTouched = (): Twist => ({ patch: () => replaceTouch(() => undefined) })

const touchesWithoutTrace = (): Twist => ({
  patch: () =>
    replaceTouch((touch, rows) => {
      touch({ ...rows, change: "delete", after: undefined })
      touch({ ...rows, change: "insert", before: undefined })
    })
})

const replaceTouch = (
  replacement: (touch: (rows: RowsEvent) => void, rows: RowsEvent) => void
): (() => void) => {
  const { prototype } = SnapshotRun
  const touch = Object.getOwnPropertyDescriptor(prototype, "touch")!.value as (rows: RowsEvent) => void
  prototype.touch = function (this: SnapshotRun, rows: RowsEvent) {
    replacement((seen) => touch.call(this, seen), rows)
  }
  return () => {
    prototype.touch = touch
  }
}

const editEvents = (edit: (event: SourceEvent) => SourceEvent): Twist => ({
  source: (source) => ({
    ...source,
    open: (anchor) =>
      Effect.map(source.open(anchor), ({ next }) => ({
        next: Effect.map(next, (chunk) => ({ ...chunk, events: chunk.events.map(edit) }))
      }))
  })
})

const ignoresKeyChange = (): Twist =>
  editEvents((event) => {
    if (event._tag !== "Rows" || event.change !== "update") return event
    const before = event.before!.map((image, row) => [event.after![row]![0], ...image.slice(1)])
    return { ...event, before }
  })

const resumesAtEnd = (): Twist => ({
  source: (source) => ({
    ...source,
    open: ({ anchor }) =>
      Effect.flatMap(source.bounds, ({ last }) => source.open({ anchor: { ...anchor, ...last, gtid: null } }))
  })
})

const losesEventAtCut = (): Twist => ({
  message: (message) => {
    const { head, body } = message
    if (head.kind !== "segment" || head.count < 2 || head.part === undefined) return message
    const events = (JSON.parse(new TextDecoder().decode(body)) as ReadonlyArray<ChangeEvent>).slice(1)
    const text = new TextEncoder().encode(JSON.stringify(events))
    return { head: { ...head, count: events.length, first: events[0]!.sequence }, body: text }
  }
})

const believesUnsent = (): Twist => {
  let sent = 0
  return {
    message: (message: LogMessage) => {
      sent += message.head.kind === "segment" ? 1 : 0
      return message.head.kind === "segment" && sent % 7 === 0 ? undefined : message
    }
  }
}

const answersFromSource = (): Twist => ({
  progress: (progress, server) => ({
    ask: Effect.map(progress.ask, (offset) => {
      if (offset === undefined) return undefined
      const { file, position: transaction } = server.end
      const position = formatPosition({ timeline: 1, file: fileNumber(file), transaction, ordinal: 0 })
      const anchor = { ...offset.anchor, file, position: transaction, gtid: null }
      return { ...offset, position, anchor }
    })
  })
})

export const MUTATIONS: ReadonlyArray<Mutation> = [
  {
    mistake: "lets an older change of a result overwrite a newer one",
    provokedBy: ["offset set back", "profile restored"],
    twist: skipsGuard
  },
  {
    mistake: "moves the offset before the rows are committed",
    provokedBy: ["kill"],
    twist: movesOffsetFirst
  },
  {
    mistake: "lets an apply write that was taken over",
    provokedBy: ["second", "pause"],
    twist: ignoresEpoch
  },
  { mistake: "drops a refused row instead of parking it", provokedBy: ["kill"], twist: dropsRefused },
  { mistake: "never looks at held results again", provokedBy: ["hired"], twist: neverReleases },
  {
    mistake: "trusts the stored sequence of a log that was replaced",
    provokedBy: ["log rolled back", "log recreated", "kill"],
    twist: trustsHint
  },
  {
    mistake: "applies a message whatever stood before it",
    provokedBy: ["log front purged", "profile restored"],
    twist: ignoresPrevious
  },
  {
    mistake: "takes messages wherever the log ends",
    provokedBy: ["second", "pause"],
    twist: () => ({ ignoresExpectation: true })
  },
  { mistake: "believes that a message is stored before it is", provokedBy: ["kill"], twist: believesUnsent },
  { mistake: "loses an event where a transaction is cut", provokedBy: ["kill"], twist: losesEventAtCut },
  { mistake: "takes a changed key for a changed row", provokedBy: ["kill"], twist: ignoresKeyChange },
  { mistake: "resumes at the end of the binlog", provokedBy: ["kill"], twist: resumesAtEnd },
  {
    mistake: "heals from where the source stands, not from where apply does",
    provokedBy: ["log purged", "log recreated"],
    twist: answersFromSource
  },
  {
    mistake: "copies rows that the stream changed meanwhile",
    provokedBy: ["copy commanded", "table removed", "table added"],
    twist: keepsTouched
  },
  {
    mistake: "drops copied rows for changes that make no event",
    provokedBy: ["table removed", "table added"],
    twist: touchesWithoutTrace
  },
  {
    mistake: "copies before the stream's transactions are visible",
    provokedBy: ["copy commanded"],
    twist: () => ({ ignoresVisibility: true })
  }
]
