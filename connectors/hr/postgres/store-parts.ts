/** What the parts of the store share: classified statements, the compiled mapping, the stored offset. */
import { Effect } from "effect"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { ONLY_LANE, type Lane } from "../../../schemas/lane.ts"
import { StoreMisconfigured, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { KeyNormaliser } from "../../../src/identity/KeyNormaliser.ts"
import { keyRulesOf } from "../../../src/identity/key-rules.ts"
import { normaliseChanges } from "../../../src/identity/normalise-changes.ts"
import type { HrMappingConfig } from "../mapping.ts"
import { scoreChecks, type CheckScore } from "../../../src/apply/score-checks.ts"
import type { OffsetRow } from "../stored-rows.ts"
import { classifyError } from "./classify-error.ts"
import { grantsFor, readMapping, type HrMapping } from "./mapping.ts"
import { offsetStatements, type OffsetStatements } from "./offset-statements.ts"
import type { DriverError, PostgresOptions, PostgresSession, Row, Statement } from "./postgres-client.ts"
import { PreparedBatches, type PreparedStatement } from "./prepared-batches.ts"

export interface PostgresProfileStoreOptions {
  readonly connector: string
  readonly postgres: PostgresOptions
  readonly mapping: HrMappingConfig
  /** Names this process to a DBA: pod or host name. */
  readonly holder: string
  /** The only one where it is left out. */
  readonly lane?: Lane | undefined
}

/** Everything the parts of the store share. */
export interface StoreParts {
  readonly connector: string
  readonly lane: Lane
  readonly statements: OffsetStatements
  readonly rows: <R extends object = Row>(
    statement: Statement
  ) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
  readonly run: <R extends object = Row>(
    statement: PreparedStatement,
    values: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<R>, ProfileStoreError>
  /** What the mapping asks of a score. */
  readonly checkScore: CheckScore
  /** Some accounts are no employees, by the configuration. */
  readonly parks: boolean
  readonly classified: <A>(
    effect: Effect.Effect<A, DriverError | ProfileStoreError>
  ) => Effect.Effect<A, ProfileStoreError>
  readonly mapping: Effect.Effect<HrMapping, ProfileStoreError>
  readonly batches: Effect.Effect<PreparedBatches, ProfileStoreError>
  /** Changes whose keys of people are in canonical form. */
  readonly canonical: (changes: ReadonlyArray<ChangeEvent>) => ReadonlyArray<ChangeEvent>
  /** What is known of the tables' shape may be old: it is read again. */
  readonly forgetShape: Effect.Effect<void>
  /** Learners whose keys came or changed and whose held results were not looked at since; a hint that may be lost. */
  readonly changedLearners: Set<string>
  readonly readOffset: Effect.Effect<OffsetRow | undefined, ProfileStoreError>
}

/** Codes after which what we know of the tables is not true any more. */
const changesShape = (error: ProfileStoreError): boolean => error instanceof StoreMisconfigured

export const makeParts = (options: PostgresProfileStoreOptions, session: PostgresSession): StoreParts => {
  const { postgres, mapping, lane = ONLY_LANE } = options
  const statements = offsetStatements(lane)
  const place = {
    server: `${postgres.host}:${postgres.port}/${postgres.database}`,
    grants: grantsFor(postgres.user, mapping)
  }
  const normaliser = new KeyNormaliser(keyRulesOf(mapping.employees))
  let read: HrMapping | undefined
  let prepared: PreparedBatches | undefined
  const forget = () => {
    read = undefined
    prepared = undefined
  }
  let serial = 0
  const classified = <A>(effect: Effect.Effect<A, DriverError | ProfileStoreError>) =>
    effect.pipe(
      Effect.mapError((error) => (error._tag === "DriverError" ? classifyError(error.cause, place) : error)),
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (changesShape(error)) forget()
        })
      )
    )
  const rows = <R extends object = Row>(statement: Statement) => classified(session.rows<R>(statement))
  const mapped = Effect.suspend(() =>
    read === undefined
      ? classified(Effect.tap(readMapping(session, mapping), (found) => Effect.sync(() => (read = found))))
      : Effect.succeed(read)
  )
  return {
    connector: options.connector,
    lane,
    statements,
    classified,
    checkScore: scoreChecks(mapping.scores),
    parks: (mapping.employees.exclude ?? []).length > 0,
    rows,
    run: <R extends object = Row>(statement: PreparedStatement, values: ReadonlyArray<unknown>) =>
      Effect.gen(function* () {
        // The plan may be gone with its connection; letting go of it is a courtesy.
        if (statement.retired !== undefined) {
          yield* Effect.ignore(rows({ text: `deallocate ${statement.retired}` }))
        }
        const { name, text } = statement
        return yield* rows<R>({ ...(name === undefined ? {} : { name }), text, values })
      }),
    changedLearners: new Set(),
    forgetShape: Effect.sync(forget),
    mapping: mapped,
    canonical: (changes) => normaliseChanges(changes, normaliser),
    batches: Effect.suspend(() =>
      prepared === undefined
        ? Effect.map(mapped, (found) => (prepared = new PreparedBatches(found, ++serial, lane)))
        : Effect.succeed(prepared)
    ),
    readOffset: rows<OffsetRow>({ text: statements.read, values: [options.connector] }).pipe(
      Effect.map((found) => found[0])
    )
  }
}
