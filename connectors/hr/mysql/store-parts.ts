/** What the parts of the store share: classified statements, the compiled mapping, the stored offset. */
import { Effect } from "effect"
import { ONLY_LANE, type Lane } from "../../../schemas/lane.ts"
import { StoreMisconfigured, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { KeyNormaliser } from "../../../src/identity/KeyNormaliser.ts"
import { keyRulesOf } from "../../../src/identity/key-rules.ts"
import { normaliseChanges } from "../../../src/identity/normalise-changes.ts"
import { BatchScripts } from "./BatchScripts.ts"
import type { HrMappingConfig } from "../mapping.ts"
import { scoreChecks, type CheckScore } from "../../../src/apply/score-checks.ts"
import type { OffsetRow } from "../stored-rows.ts"
import { classifyError } from "./classify-error.ts"
import { grantsFor, readMapping, type HrMapping } from "./mapping.ts"
import type { DriverError, MySqlOptions, MySqlSession, Row, ServerFacts } from "./mysql-client.ts"
import { readOffset } from "./offset-statements.ts"

export interface MySqlProfileStoreOptions {
  readonly connector: string
  readonly mysql: MySqlOptions
  readonly mapping: HrMappingConfig
  /** Names this process to a DBA: pod or host name. */
  readonly holder: string
  /** The only one where it is left out. */
  readonly lane?: Lane | undefined
}

type Answer<R> = Effect.Effect<ReadonlyArray<R>, ProfileStoreError>

/** Everything the parts of the store share. */
export interface StoreParts {
  readonly connector: string
  readonly lane: Lane
  readonly rows: <R extends object = Row>(text: string) => Answer<R>
  readonly script: <R extends object = Row>(statements: ReadonlyArray<string>) => Answer<R>
  /** What the mapping asks of a score. */
  readonly checkScore: CheckScore
  /** Some accounts are no employees, by the configuration. */
  readonly parks: boolean
  readonly classified: <A>(
    effect: Effect.Effect<A, DriverError | ProfileStoreError>
  ) => Effect.Effect<A, ProfileStoreError>
  readonly mapping: Effect.Effect<HrMapping, ProfileStoreError>
  readonly facts: Effect.Effect<ServerFacts, ProfileStoreError>
  /** Changes whose keys of people are in canonical form. */
  readonly canonical: (changes: ReadonlyArray<ChangeEvent>) => ReadonlyArray<ChangeEvent>
  readonly scripts: Effect.Effect<BatchScripts, ProfileStoreError>
  /** What is known of the tables' shape may be old: it is read again. */
  readonly forgetShape: Effect.Effect<void>
  /** Learners whose keys came or changed and whose held results were not looked at since; a hint that may be lost. */
  readonly changedLearners: Set<string>
  readonly readOffset: Effect.Effect<OffsetRow | undefined, ProfileStoreError>
}

export const makeParts = (options: MySqlProfileStoreOptions, session: MySqlSession): StoreParts => {
  const { connector, mapping, mysql, lane = ONLY_LANE } = options
  const place = { server: `${mysql.host}:${mysql.port}`, grants: grantsFor(mysql.user, mapping) }
  const normaliser = new KeyNormaliser(keyRulesOf(mapping.employees))
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
    compiled = new BatchScripts(yield* readMapping(session, mapping), connector, facts, lane)
    return compiled
  })
  return {
    connector,
    lane,
    classified,
    checkScore: scoreChecks(mapping.scores),
    parks: (mapping.employees.exclude ?? []).length > 0,
    rows,
    mapping: classified(readMapping(session, mapping)),
    facts: classified(session.facts),
    canonical: (changes) => normaliseChanges(changes, normaliser),
    script: <R extends object = Row>(statements: ReadonlyArray<string>) =>
      classified(session.script<R>(statements)),
    scripts: Effect.suspend(() => (compiled === undefined ? classified(compile) : Effect.succeed(compiled))),
    forgetShape: Effect.sync(() => {
      compiled = undefined
    }),
    changedLearners: new Set(),
    readOffset: Effect.map(rows<OffsetRow>(readOffset(connector, lane.lane)), (found) => found[0])
  }
}
