/** {@link ProfileView} on PostgreSQL, on a connection of its own that only reads. */
import { Effect, Layer } from "effect"
import { RowRefused, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import {
  NOTHING_COMPARED,
  ProfileView,
  type IdPage,
  type Standing
} from "../../../src/reconcile/ProfileView.ts"
import {
  placesOf,
  standingOf,
  type ComparedTable,
  type PlaceRow,
  type StandingRow
} from "../compared-tables.ts"
import { comparedInParts } from "../compared-in-parts.ts"
import {
  comparedOf,
  namedSums,
  standingWith,
  type ComparedRow,
  type SummedStanding
} from "../compared-sums.ts"
import type { HrMappingConfig } from "../mapping.ts"
import { classifyError } from "./classify-error.ts"
import {
  BOOKED_RESULTS,
  compareDirectory,
  compareResults,
  DECLARED_TYPES,
  filedDirectory,
  filedResults,
  LEARNERS_OF,
  PLACES,
  standingDirectory,
  standingResults,
  strayResults
} from "./compare-statement.ts"
import { summed } from "./sum-sql.ts"
import { grantsFor, readMapping, type HrMapping } from "./mapping.ts"
import {
  openSession,
  type DriverError,
  type PostgresOptions,
  type PostgresSession,
  type Row
} from "./postgres-client.ts"

export interface PostgresProfileViewOptions {
  readonly connector: string
  readonly postgres: PostgresOptions
  readonly mapping: HrMappingConfig
  readonly tables: ReadonlyArray<ComparedTable>
}

/** Statements of one table. */
interface Questions {
  readonly compare: string
  readonly booked: string
  readonly standing: string
  readonly filed: string
  /** Whether `filed` can be narrowed down. */
  readonly isScoped: boolean
  readonly strays: string | undefined
  readonly sums: ReturnType<typeof summed>
}

export const layerProfileView = (options: PostgresProfileViewOptions): Layer.Layer<ProfileView> =>
  Layer.effect(ProfileView, make(options))

const make = Effect.fnUntraced(function* (options: PostgresProfileViewOptions) {
  const session = yield* openSession(options.postgres)
  const desk = openDesk(session, options)
  const { ask, questions } = desk
  const ids = (rows: ReadonlyArray<Id>) => rows.map(({ id }) => id)
  const page = (text: string, max: number, ...values: ReadonlyArray<unknown>) =>
    Effect.map(ask<Id>(text, ...values), (rows): IdPage => ({ ids: ids(rows), isEnd: rows.length < max }))
  const compareAll = ({ compare, sums }: Questions, events: ReadonlyArray<string>) =>
    Effect.map(ask<ComparedRow>(compare, `[${events.join(",")}]`), (rows) => comparedOf(rows, sums.length))
  return ProfileView.of({
    compare: (table, rows) =>
      session.exclusively(
        Effect.flatMap(questions(table), (asked) =>
          comparedInParts(rows, {
            compare: (part) =>
              compareAll(
                asked,
                part.map(({ event }) => event)
              ),
            isRefused,
            booked: (id) => Effect.map(ask<StandingRow>(asked.booked, [id]), (found) => found.map(standingOf))
          })
        )
      ),
    summed: (table) => session.exclusively(Effect.map(questions(table), ({ sums }) => namedSums(sums))),
    obstacle: () => Effect.undefined,
    compareTexts: (table, texts) =>
      texts.length === 0
        ? Effect.succeed(NOTHING_COMPARED)
        : session.exclusively(
            Effect.flatMap(questions(table), (asked) =>
              compareAll(asked, texts).pipe(
                Effect.catch((error) => (isRefused(error) ? Effect.undefined : Effect.fail(error)))
              )
            )
          ),
    standing: (table, wanted) =>
      wanted.length === 0
        ? Effect.succeed<ReadonlyArray<Standing>>([])
        : session.exclusively(
            Effect.flatMap(questions(table), ({ standing, sums }) =>
              Effect.map(ask<SummedStanding>(standing, wanted), (rows) =>
                rows.map((row) => standingWith(row, sums.length))
              )
            )
          ),
    filed: (table, after, max, { assessment, employee, since }) =>
      session.exclusively(
        Effect.flatMap(questions(table), ({ filed, isScoped }) =>
          page(
            filed,
            max,
            after ?? null,
            max,
            ...(isScoped ? [since ?? null, employee ?? null, assessment ?? null] : [])
          )
        )
      ),
    strays: (table, after, max, { assessment, employee, since }) =>
      session.exclusively(
        Effect.flatMap(questions(table), ({ strays }) =>
          strays === undefined || since !== undefined
            ? Effect.succeed(NO_IDS)
            : page(strays, max, after ?? null, max, employee ?? null, assessment ?? null)
        )
      ),
    learnersOf: (employee) => session.exclusively(Effect.map(ask<Id>(LEARNERS_OF, employee), ids)),
    progress: session.exclusively(Effect.map(ask<PlaceRow>(PLACES), placesOf))
  })
})

interface Id {
  readonly id: string
}

const NO_IDS: IdPage = { ids: [], isEnd: true }

const openDesk = (session: PostgresSession, options: PostgresProfileViewOptions) => {
  const { connector, mapping, postgres } = options
  const place = {
    server: `${postgres.host}:${postgres.port}/${postgres.database}`,
    grants: grantsFor(postgres.user, mapping)
  }
  const classified = <A>(effect: Effect.Effect<A, DriverError | ProfileStoreError>) =>
    Effect.mapError(effect, (error) =>
      error._tag === "DriverError" ? classifyError(error.cause, place) : error
    )
  const known = new Map<string, Questions>()
  let read: HrMapping | undefined
  return {
    ask: <R extends object = Row>(text: string, ...values: ReadonlyArray<unknown>) =>
      classified(session.rows<R>({ text, values: [connector, ...values] })),
    questions: (table: string) =>
      Effect.gen(function* () {
        read ??= yield* classified(readMapping(session, mapping))
        const found = known.get(table) ?? (yield* classified(questionsOf(session, options, read, table)))
        known.set(table, found)
        return found
      })
  }
}

const isRefused = (error: ProfileStoreError): boolean => error instanceof RowRefused

const questionsOf = Effect.fnUntraced(function* (
  session: PostgresSession,
  { tables }: PostgresProfileViewOptions,
  mapping: HrMapping,
  table: string
) {
  const kind = tables.find((each) => each.table === table)?.as ?? "score"
  if (kind !== "score") {
    return {
      compare: compareDirectory(kind),
      booked: standingDirectory(kind),
      standing: standingDirectory(kind),
      filed: filedDirectory(kind),
      isScoped: false,
      strays: undefined,
      sums: []
    } satisfies Questions
  }
  const target = mapping.targets.find(({ subject }) => subject === table)!
  const types = yield* session.rows<{ name: string; type: string }>({
    text: DECLARED_TYPES,
    values: [target.relation]
  })
  const declared = new Map(types.map(({ name, type }) => [name, type]))
  return {
    compare: compareResults(target, mapping.zone, declared),
    booked: BOOKED_RESULTS,
    standing: standingResults(target, mapping.zone),
    filed: filedResults(table, target, mapping.zone),
    isScoped: true,
    strays: strayResults(target, mapping.zone),
    sums: summed(target)
  } satisfies Questions
})
