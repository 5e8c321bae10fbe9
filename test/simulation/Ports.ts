/**
 * The ports of one process of the simulation. Every call may wait at the process' gate, give way to another fiber, take
 * its time, or fail before or after its effect: wherever a port is called is a place to be killed.
 */
import { Effect, type Latch } from "effect"
import type { Lane } from "../../schemas/lane.ts"
import { ChangeFeed, FeedUnavailable, type FeedMessage, type FeedReader } from "../../src/apply/ChangeFeed.ts"
import {
  ProfileStore,
  StoreContended,
  StoreUnavailable,
  type ProfileStoreError
} from "../../src/apply/ProfileStore.ts"
import { ProgressDesk } from "../../src/apply/ProgressDesk.ts"
import { ApplyProgress, ApplySilent } from "../../src/capture/ApplyProgress.ts"
import { ChangeLog, LogUnavailable } from "../../src/capture/ChangeLog.ts"
import { ChangeSource, SourceConnectionLost } from "../../src/capture/ChangeSource.ts"
import { SnapshotDesk, type SnapshotQuestion } from "../../src/capture/SnapshotDesk.ts"
import { SnapshotSource } from "../../src/capture/SnapshotSource.ts"
import { tablePlans } from "../../src/capture/SourceTranslator.ts"
import { layerMemoryChangeFeed } from "../support/fakes/MemoryChangeFeed.ts"
import { layerMemoryChangeLog } from "../support/fakes/MemoryChangeLog.ts"
import { makeMemoryProfileStore } from "../support/fakes/MemoryProfileStore.ts"
import { makeMemoryChangeSource, makeMemorySnapshotSource } from "../support/fakes/MemorySource.ts"
import { EMPLOYEES, scoresOf, tablesOf } from "./training-tables.ts"
import { WireAppender } from "./Wire.ts"
import type { World } from "./World.ts"

/** A process in its surroundings. */
export interface Surroundings {
  readonly world: World
  /** Closed while the process is paused. */
  readonly gate: Latch.Latch
  readonly withQuiz: boolean
}

/** One call of a port: the gate, chance's delay, and perhaps a failure on either side of the effect. */
const call = <A, E, R>(
  { world, gate }: Surroundings,
  effect: Effect.Effect<A, E, R>,
  fault?: () => E
): Effect.Effect<A, E, R> => {
  const passage = Effect.suspend(() => Effect.andThen(gate.await, world.delay()))
  const mayFail = Effect.suspend(() =>
    fault !== undefined && world.chance.odds(world.faultOdds) ? Effect.fail(fault()) : Effect.void
  )
  return passage.pipe(
    Effect.andThen(mayFail),
    Effect.andThen(effect),
    // The outcome exists from here on, whether or not its caller lives to see it.
    Effect.tap(() => Effect.andThen(passage, mayFail))
  )
}

const lost = (): SourceConnectionLost => new SourceConnectionLost({ message: "the connection broke" })

export const captureSource = (around: Surroundings): ChangeSource["Service"] => {
  const { world } = around
  const source = world.twisted("source", makeMemoryChangeSource(world.server, sourceOptions(around)))
  return ChangeSource.of({
    bounds: call(around, source.bounds, lost),
    locate: source.locate,
    open: (from) =>
      Effect.map(call(around, source.open(from), lost), (reader) => ({
        next: call(around, reader.next, lost)
      }))
  })
}

export const captureSnapshots = (around: Surroundings): SnapshotSource["Service"] => {
  const { world } = around
  const snapshots = world.twisted("snapshots", makeMemorySnapshotSource(world.server, sourceOptions(around)))
  return SnapshotSource.of({
    ...snapshots,
    readChunk: (request) =>
      Effect.andThen(
        Effect.sleep(world.chance.between(0, world.copyMillis)),
        call(around, snapshots.readChunk(request), lost)
      ),
    estimateRows: (table) => call(around, snapshots.estimateRows(table), lost)
  })
}

/** What operators ask, whichever capture takes it; nobody repeats a question that was lost with its process. */
export const snapshotDesk = (around: Surroundings): SnapshotDesk["Service"] => {
  const { world } = around
  const next: Effect.Effect<SnapshotQuestion> = Effect.suspend(() => {
    const command = world.commands.shift()
    if (command === undefined) return Effect.flatMap(world.commanded, () => next)
    return Effect.succeed({ command, answer: () => Effect.void })
  })
  return SnapshotDesk.of({ open: Effect.succeed(call(around, next)) })
}

const sourceOptions = ({ world, withQuiz }: Surroundings) => ({
  tables: tablePlans(tablesOf(withQuiz)).map(({ wanted }) => wanted),
  cut: (waiting: number) => world.cut(waiting),
  pause: Effect.suspend(() => world.delay())
})

export const captureLog = (around: Surroundings): ChangeLog["Service"] => {
  const { world } = around
  const log = Effect.runSync(Effect.provide(ChangeLog, layerMemoryChangeLog(world.log)))
  const unavailable = () => new LogUnavailable({ message: "the log does not answer" })
  const { message: twist } = world.twist
  return ChangeLog.of({
    tail: call(around, log.tail, unavailable),
    headAt: (sequence) => call(around, log.headAt(sequence), unavailable),
    lastCheckpoint: call(around, log.lastCheckpoint, unavailable),
    bodyBytesMax:
      world.settings.bodyBytes === undefined ? log.bodyBytesMax : Effect.succeed(world.settings.bodyBytes),
    appender: (lastSequence) =>
      call(
        around,
        Effect.acquireRelease(
          Effect.suspend(() => {
            if (world.log.isDown) return Effect.fail(unavailable())
            const appender = new WireAppender(world.wire, lastSequence)
            const forget = world.log.onBreak(() => appender.break())
            return Effect.succeed({ appender, forget })
          }),
          ({ appender, forget }) =>
            Effect.sync(() => {
              forget()
              appender.break()
            })
        ),
        unavailable
      ).pipe(
        Effect.map(({ appender }) => ({
          append: (message) => {
            const sent = twist === undefined ? message : twist(message)
            return sent === undefined ? Effect.void : call(around, appender.append(sent), unavailable)
          },
          flush: call(around, appender.flush),
          acknowledged: appender.acknowledged
        }))
      )
  })
}

/** Asks any desk that is open and awake; the request times out where its answer does not come. */
export const captureProgress = (around: Surroundings): ApplyProgress["Service"] => {
  const { world } = around
  const silent = () => new ApplySilent({ message: "no desk answers", connector: "simulation" })
  const ask = Effect.suspend(() => {
    const awake = world.desks.filter(({ gate }) => gate.isOpen())
    return awake.length === 0
      ? Effect.fail(silent())
      : Effect.mapError(world.chance.pick(awake).offset, silent)
  })
  const patient = Effect.timeoutOrElse(call(around, ask, silent), {
    duration: "1 second",
    orElse: () => Effect.fail(silent())
  })
  return world.twisted("progress", ApplyProgress.of({ ask: patient }))
}

export const applyDesk = (around: Surroundings): ProgressDesk["Service"] => {
  const { world, gate } = around
  return ProgressDesk.of({
    serve: (offset) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => {
            const desk = { gate, offset }
            world.desks.push(desk)
            return desk
          }),
          (desk) => Effect.sync(() => void world.desks.splice(world.desks.indexOf(desk), 1))
        )
      )
  })
}

export const applyFeed = (around: Surroundings): ChangeFeed["Service"] => {
  const { world } = around
  const feed = world.twisted(
    "feed",
    Effect.runSync(Effect.provide(ChangeFeed, layerMemoryChangeFeed(world.log)))
  )
  const unavailable = () => new FeedUnavailable({ message: "the log does not answer" })
  return ChangeFeed.of({
    ends: call(around, feed.ends, unavailable),
    headAt: (sequence) => call(around, feed.headAt(sequence), unavailable),
    open: (sequence) =>
      Effect.map(call(around, feed.open(sequence), unavailable), (reader) => inWindows(around, reader))
  })
}

/** The fake gives everything that waits; a real consumer's window is smaller, and what it holds outlives the log. */
const inWindows = (around: Surroundings, reader: FeedReader): FeedReader => {
  const held: Array<FeedMessage> = []
  const next = Effect.suspend(() => {
    if (held.length > 0) return Effect.void
    return Effect.map(reader.next, (messages) => void held.push(...messages))
  }).pipe(Effect.map(() => held.splice(0, around.world.chance.between(1, 4))))
  return { next: call(around, next, () => new FeedUnavailable({ message: "the consumer is gone" })) }
}

export const applyStore = (around: Surroundings, lane: Lane): ProfileStore["Service"] => {
  const { world, withQuiz } = around
  const made = makeMemoryProfileStore(world.database, {
    connector: "simulation",
    scores: scoresOf(withQuiz),
    employees: EMPLOYEES,
    lane,
    refuses: (_, row) => (world.refusesPoison && row["分数"] === "13.00" ? "poison" : undefined)
  })
  const store = world.twisted("store", made)
  const fault = (): ProfileStoreError =>
    world.chance.odds(0.5)
      ? new StoreUnavailable({ message: "the connection broke", code: "08006" })
      : new StoreContended({ message: "deadlock", code: "40P01" })
  const seen = <A>(
    epoch: number,
    step: Effect.Effect<A, ProfileStoreError>,
    batch?: Parameters<typeof store.apply>[1]
  ) =>
    Effect.onExit(step, () =>
      Effect.sync(() => world.attempt(() => world.witness.look(lane.lane, epoch, batch)))
    )
  return ProfileStore.of({
    takeOver: call(around, store.takeOver, fault),
    offset: call(around, store.offset, fault),
    progress: call(around, store.progress, fault),
    apply: (epoch, batch) => call(around, seen(epoch, store.apply(epoch, batch), batch), fault),
    readEmployees: call(around, store.readEmployees, fault),
    release: (epoch) => call(around, seen(epoch, store.release(epoch)), fault)
  })
}
