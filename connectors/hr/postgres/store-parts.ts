/** What the parts of the store share: classified statements, the compiled mapping, the stored offset. */
import { Effect } from "effect"
import { ONLY_LANE, type Lane } from "../../../schemas/lane.ts"
import { StoreMisconfigured, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { HrMappingConfig } from "../mapping.ts"
import type { OffsetRow } from "../stored-rows.ts"
import { classifyError } from "./classify-error.ts"
import { grantsFor, readMapping } from "./mapping.ts"
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
  readonly classified: <A>(
    effect: Effect.Effect<A, DriverError | ProfileStoreError>
  ) => Effect.Effect<A, ProfileStoreError>
  readonly batches: Effect.Effect<PreparedBatches, ProfileStoreError>
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
  let prepared: PreparedBatches | undefined
  let serial = 0
  const classified = <A>(effect: Effect.Effect<A, DriverError | ProfileStoreError>) =>
    effect.pipe(
      Effect.mapError((error) => (error._tag === "DriverError" ? classifyError(error.cause, place) : error)),
      Effect.tapError((error) =>
        Effect.sync(() => {
          if (changesShape(error)) prepared = undefined
        })
      )
    )
  const rows = <R extends object = Row>(statement: Statement) => classified(session.rows<R>(statement))
  return {
    connector: options.connector,
    lane,
    statements,
    classified,
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
    forgetShape: Effect.sync(() => {
      prepared = undefined
    }),
    batches: Effect.suspend(() =>
      prepared === undefined
        ? classified(readMapping(session, mapping)).pipe(
            Effect.map((read) => (prepared = new PreparedBatches(read, ++serial, lane)))
          )
        : Effect.succeed(prepared)
    ),
    readOffset: rows<OffsetRow>({ text: statements.read, values: [options.connector] }).pipe(
      Effect.map((found) => found[0])
    )
  }
}
