/** What the parts of the store share: classified statements, the compiled mapping, the stored offset, the fence's verdict. */
import { Effect } from "effect"
import {
  ApplyFenced,
  OffsetMoved,
  StoreMisconfigured,
  type BatchOutcome,
  type ProfileStoreError
} from "../../../src/apply/ProfileStore.ts"
import type { HrMappingConfig } from "../postgres/mapping.ts"
import { BatchScripts } from "./BatchScripts.ts"
import { classifyError } from "./classify-error.ts"
import { grantsFor, readMapping } from "./mapping.ts"
import type { DriverError, MySqlOptions, MySqlSession, Row } from "./mysql-client.ts"
import { readOffset, type OffsetRow } from "./offset-statements.ts"

export interface MySqlProfileStoreOptions {
  readonly connector: string
  readonly mysql: MySqlOptions
  readonly mapping: HrMappingConfig
  /** Names this process to a DBA: pod or host name. */
  readonly holder: string
}

type Answer<R> = Effect.Effect<ReadonlyArray<R>, ProfileStoreError>

/** Everything the parts of the store share. */
export interface StoreParts {
  readonly connector: string
  readonly rows: <R extends object = Row>(text: string) => Answer<R>
  readonly script: <R extends object = Row>(statements: ReadonlyArray<string>) => Answer<R>
  readonly scripts: Effect.Effect<BatchScripts, ProfileStoreError>
  /** What is known of the tables' shape may be old: it is read again. */
  readonly forgetShape: Effect.Effect<void>
  /** Learners whose keys came or changed and whose held results were not looked at since; a hint that may be lost. */
  readonly changedLearners: Set<string>
  readonly readOffset: Effect.Effect<OffsetRow | undefined, ProfileStoreError>
}

export const NOTHING: BatchOutcome = { applied: 0, stale: 0, held: 0, dead: 0 }

/** Why a batch met no row to lock; succeeds where the batch is done already. */
export const explainFence = (
  store: StoreParts,
  epoch: number,
  expected: string | undefined,
  reached: string | undefined
): Effect.Effect<BatchOutcome, ProfileStoreError> =>
  Effect.gen(function* () {
    const found = yield* store.readOffset
    const foundEpoch = found === undefined ? 0 : Number(found.epoch)
    if (foundEpoch > epoch) {
      return yield* new ApplyFenced({
        message: `connector ${store.connector} is applied by a newer process`,
        epoch,
        newerEpoch: foundEpoch
      })
    }
    // Under my own epoch only I could have moved it there: the answer was lost, not the batch.
    if (foundEpoch === epoch && reached !== undefined && found?.position === reached) return NOTHING
    return yield* new OffsetMoved({
      message: `the stored offset of connector ${store.connector} is not the one this process left there`,
      expected: `${expected ?? "any position"} under epoch ${epoch}`,
      found: found === undefined ? "none" : `${found.position} under epoch ${foundEpoch}`
    })
  })

export const makeParts = (options: MySqlProfileStoreOptions, session: MySqlSession): StoreParts => {
  const { connector, mapping, mysql } = options
  const place = { server: `${mysql.host}:${mysql.port}`, grants: grantsFor(mysql.user, mapping) }
  let compiled: BatchScripts | undefined
  const classified = <A>(effect: Effect.Effect<A, DriverError | ProfileStoreError>) =>
    effect.pipe(
      Effect.mapError((error) => (error._tag === "DriverError" ? classifyError(error.cause, place) : error)),
      Effect.tapError((error) =>
        Effect.sync(() => {
          // What we know of the tables is not true any more.
          if (error instanceof StoreMisconfigured) compiled = undefined
        })
      )
    )
  const rows = <R extends object = Row>(text: string) => classified(session.rows<R>(text))
  const compile = Effect.gen(function* () {
    const facts = yield* session.facts
    compiled = new BatchScripts(yield* readMapping(session, mapping), connector, facts)
    return compiled
  })
  return {
    connector,
    rows,
    script: <R extends object = Row>(statements: ReadonlyArray<string>) =>
      classified(session.script<R>(statements)),
    scripts: Effect.suspend(() => (compiled === undefined ? classified(compile) : Effect.succeed(compiled))),
    forgetShape: Effect.sync(() => {
      compiled = undefined
    }),
    changedLearners: new Set(),
    readOffset: Effect.map(rows<OffsetRow>(readOffset(connector)), (found) => found[0])
  }
}
