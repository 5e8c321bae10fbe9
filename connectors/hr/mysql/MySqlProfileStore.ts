/**
 * ProfileStore on MySQL 8.0.19 and MariaDB 10.6 and later: every batch is one script (see BatchScripts.ts).
 *
 * - Tables of ours must be migrated before `takeOver`; the targets' shape is read there and after every error that says
 *   the shape has changed.
 * - Questions (`offset`) have a connection of their own, so that they are answered while a batch waits for a lock.
 */
import { Effect, Layer, type Scope } from "effect"
import {
  ProfileStore,
  type ApplyBatch,
  type BatchOutcome,
  type ProfileStoreError
} from "../../../src/apply/ProfileStore.ts"
import { START } from "../../../schemas/position.ts"
import { explainFence, noteLearners, NOTHING, wrongLanes } from "../store-verdicts.ts"
import { employeeReading, ReadingMemory, type EmployeeReading } from "../employee-reading.ts"
import { employeeSource } from "./employee-reading.ts"
import { offsetOf, type OffsetRow } from "../stored-rows.ts"
import { createTables, USE_OURS } from "./batch-tables.ts"
import { completed } from "./held-changes.ts"
import { openSession } from "./mysql-client.ts"
import { instantOf, moveAlone, park, readProgress, takeOver } from "./offset-statements.ts"
import { releaseHeld } from "./release-held.ts"
import { makeParts, type MySqlProfileStoreOptions, type StoreParts } from "./store-parts.ts"

interface Answer {
  readonly fenced: string | number
  readonly applied: string | number
  readonly stale: string | number
  readonly held: string | number
  readonly dead: string | number
}

const outcomeOf = (row: Answer): BatchOutcome | undefined =>
  Number(row.fenced) === 0
    ? undefined
    : {
        applied: Number(row.applied),
        stale: Number(row.stale),
        held: Number(row.held),
        dead: Number(row.dead)
      }

/** On a connection of its own, opened when something is read. */
const openReading = (options: MySqlProfileStoreOptions): Effect.Effect<EmployeeReading, never, Scope.Scope> =>
  Effect.map(
    openSession(options.mysql, () => [USE_OURS]),
    (session) => {
      const store = makeParts(options, session)
      const memory = new ReadingMemory()
      const reading = Effect.map(Effect.all([store.mapping, store.facts]), ([mapping, facts]) =>
        employeeReading(options.mapping.employees, employeeSource(store, mapping, facts), memory)
      )
      return {
        once: session.exclusively(Effect.flatMap(reading, ({ once }) => once)),
        again: session.exclusively(Effect.flatMap(reading, ({ again }) => again))
      }
    }
  )

const applyBatch = (
  store: StoreParts,
  epoch: number,
  batch: ApplyBatch
): Effect.Effect<BatchOutcome, ProfileStoreError> =>
  Effect.gen(function* () {
    const expected = batch.after?.position ?? START
    const { offset, refusal } = batch
    const move = { expected, offset, events: batch.events }
    const change = batch.changes[0]
    let outcome: BatchOutcome | undefined
    if (change === undefined) {
      const [row] = yield* store.script<{ moved: string | number }>(
        moveAlone(store.connector, store.lane.lane, epoch, move)
      )
      outcome = Number(row!.moved) === 0 ? undefined : NOTHING
    } else if (refusal !== undefined) {
      const script = park(store.connector, store.lane.lane, epoch, move, change, refusal)
      const [row] = yield* store.script<{ fenced: string | number }>(script)
      outcome = Number(row!.fenced) === 0 ? undefined : { ...NOTHING, dead: 1 }
    } else {
      const scripts = yield* store.scripts
      const changes = store.canonical(batch.changes)
      const whole = yield* completed(store, changes)
      const [row] = yield* store.script<Answer>(scripts.batch(epoch, whole, move))
      outcome = outcomeOf(row!)
    }
    outcome ??= yield* explainFence(store, epoch, expected, offset.position)
    // Of a batch whose answer was lost, too.
    noteLearners(store.changedLearners, batch.changes, store.parks)
    return outcome
  })

const make = (
  options: MySqlProfileStoreOptions
): Effect.Effect<ProfileStore["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* openSession(options.mysql, createTables)
    const questions = yield* openSession(options.mysql)
    const store = makeParts(options, session)
    const desk = makeParts(options, questions)
    const employees = yield* openReading(options)
    const take = Effect.gen(function* () {
      yield* store.scripts
      yield* employees.once
      const [row] = yield* store.script<OffsetRow & { readonly lanes: string | number }>(
        takeOver(options.connector, store.lane, options.holder)
      )
      const lanes = Number(row!.lanes)
      if (lanes !== store.lane.lanes) return yield* wrongLanes(options.connector, store.lane, lanes)
      return { epoch: Number(row!.epoch), offset: offsetOf(row, instantOf) }
    })
    const release = releaseHeld(store)
    return ProfileStore.of({
      takeOver: session.exclusively(take),
      offset: questions.exclusively(Effect.map(desk.readOffset, (row) => offsetOf(row, instantOf))),
      progress: questions.exclusively(
        Effect.map(desk.rows<OffsetRow>(readProgress(options.connector)), ([row]) => offsetOf(row, instantOf))
      ),
      apply: (epoch, batch) => session.exclusively(applyBatch(store, epoch, batch)),
      readEmployees: employees.again,
      release: (epoch) => session.exclusively(release(epoch))
    })
  })

/** Opens no connection before it is asked; both close with the layer. */
export const layer = (options: MySqlProfileStoreOptions): Layer.Layer<ProfileStore> =>
  Layer.effect(ProfileStore, make(options))
