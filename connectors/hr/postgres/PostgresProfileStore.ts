/**
 * ProfileStore on PostgreSQL 13 and later: every batch is one statement (see batch-statement.ts).
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
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { START } from "../../../schemas/position.ts"
import { explainFence, wrongLanes, noteLearners, NOTHING } from "../store-verdicts.ts"
import { employeeReading, ReadingMemory, type EmployeeReading } from "../employee-reading.ts"
import { employeeSource, mayRead } from "./employee-reading.ts"
import { offsetOf, type OffsetRow } from "../stored-rows.ts"
import { COUNT_LANES, offsetValues, READ_PROGRESS } from "./offset-statements.ts"
import { openSession } from "./postgres-client.ts"
import { releaseHeld } from "./release-held.ts"
import { changeArrays } from "./prepared-batches.ts"
import { makeParts, type PostgresProfileStoreOptions, type StoreParts } from "./store-parts.ts"

interface OutcomeRow {
  readonly fenced: number
  readonly applied: number
  readonly held: number
  readonly dead: number
  readonly results: number
}

const resultIdOf = (change: ChangeEvent): string | null =>
  "resultId" in change.data ? change.data.resultId : null

const applyBatch = (
  store: StoreParts,
  epoch: number,
  batch: ApplyBatch
): Effect.Effect<BatchOutcome, ProfileStoreError> =>
  Effect.gen(function* () {
    const expected = batch.after?.position ?? START
    const { offset, refusal } = batch
    const moves = [store.connector, epoch, expected, ...offsetValues(offset), batch.events]
    const change = batch.changes[0]
    let outcome: BatchOutcome | undefined
    if (change === undefined) {
      const rows = yield* store.rows({ name: "gradewire_move", text: store.statements.move, values: moves })
      outcome = rows.length === 0 ? undefined : NOTHING
    } else if (refusal !== undefined) {
      const letter = [change.sequence, resultIdOf(change), change.type, change.id, JSON.stringify(change)]
      const values = [...moves, ...letter, refusal.reason, refusal.detail]
      const rows = yield* store.rows({ name: "gradewire_park", text: store.statements.park, values })
      outcome = rows.length === 0 ? undefined : { ...NOTHING, dead: 1 }
    } else {
      const batches = yield* store.batches
      const changes = store.canonical(batch.changes)
      const statement = batches.batchStatement(changes)
      const values = [store.connector, epoch, ...changeArrays(changes), expected]
      const rows = yield* store.run<OutcomeRow>(statement, [...values, ...offsetValues(offset), batch.events])
      outcome = outcomeOf(rows[0]!)
    }
    outcome ??= yield* explainFence(store, epoch, expected, offset.position)
    // Of a batch whose answer was lost, too.
    noteLearners(store.changedLearners, batch.changes, store.parks)
    return outcome
  })

/** On a connection of its own, opened when something is read. */
const openReading = (
  options: PostgresProfileStoreOptions
): Effect.Effect<EmployeeReading, never, Scope.Scope> =>
  Effect.map(openSession(options.postgres), (session) => {
    const store = makeParts(options, session)
    const memory = new ReadingMemory()
    const reading = Effect.map(Effect.andThen(store.forgetShape, store.mapping), (mapping) =>
      employeeReading(options.mapping.employees, employeeSource(store, mapping), memory)
    )
    return {
      once: session.exclusively(Effect.flatMap(reading, ({ once }) => once)),
      again: session.exclusively(Effect.flatMap(reading, ({ again }) => again))
    }
  })

const outcomeOf = (row: OutcomeRow): BatchOutcome | undefined => {
  const { applied, dead, held, results } = row
  return row.fenced === 0 ? undefined : { applied, held, dead, stale: results - applied - held - dead }
}

const make = (
  options: PostgresProfileStoreOptions
): Effect.Effect<ProfileStore["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    // Another lane, or an operator's decision, may have changed what a batch has read while it waited for its fence.
    const session = yield* openSession({ ...options.postgres, isRepeatable: true })
    const questions = yield* openSession(options.postgres)
    const store = makeParts(options, session)
    const desk = makeParts(options, questions)
    const employees = yield* openReading(options)
    const takeOver = Effect.gen(function* () {
      yield* store.forgetShape
      yield* store.batches
      yield* store.rows({ text: mayRead(yield* store.mapping) })
      yield* employees.once
      const values = [options.connector, options.holder]
      const [row] = yield* store.rows<OffsetRow>({ text: store.statements.takeOver, values })
      if (row !== undefined) return { epoch: Number(row.epoch), offset: offsetOf(row) }
      const [count] = yield* store.rows<{ lanes: number }>({ text: COUNT_LANES, values: [options.connector] })
      return yield* wrongLanes(options.connector, store.lane, count!.lanes)
    })
    const release = releaseHeld(store)
    return ProfileStore.of({
      takeOver: session.exclusively(takeOver),
      offset: questions.exclusively(Effect.map(desk.readOffset, offsetOf)),
      progress: questions.exclusively(
        Effect.map(desk.rows<OffsetRow>({ text: READ_PROGRESS, values: [options.connector] }), ([row]) =>
          offsetOf(row)
        )
      ),
      apply: (epoch, batch) => session.exclusively(applyBatch(store, epoch, batch)),
      readEmployees: employees.again,
      release: (epoch) => session.exclusively(release(epoch))
    })
  })

/** Opens no connection before it is asked; both close with the layer. */
export const layer = (options: PostgresProfileStoreOptions): Layer.Layer<ProfileStore> =>
  Layer.effect(ProfileStore, make(options))
