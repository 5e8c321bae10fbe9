/** {@link ProfileView} on MySQL and MariaDB, on a connection of its own that writes to temporary tables alone. */
import { Effect, Layer } from "effect"
import type { ChangeEvent } from "../../../schemas/change-event.ts"
import { RowRefused, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import {
  NOTHING_COMPARED,
  ProfileView,
  type IdPage,
  type Standing
} from "../../../src/reconcile/ProfileView.ts"
import type { SourceRow } from "../../../src/reconcile/SourceRows.ts"
import { comparedInParts } from "../compared-in-parts.ts"
import {
  comparedOf,
  namedSums,
  sourceAmounts,
  standingWith,
  withSource,
  type ComparedRow,
  type SummedStanding
} from "../compared-sums.ts"
import { placesOf, type ComparedTable, type PlaceRow } from "../compared-tables.ts"
import type { HrMappingConfig } from "../mapping.ts"
import { createTables } from "./batch-tables.ts"
import { bookedResults } from "./booked-results.ts"
import { classifyError } from "./classify-error.ts"
import { CompareScripts } from "./compare-script.ts"
import { grantsFor, readMapping } from "./mapping.ts"
import { openSession, type DriverError, type MySqlOptions, type MySqlSession } from "./mysql-client.ts"

export interface MySqlProfileViewOptions {
  readonly connector: string
  readonly mysql: MySqlOptions
  readonly mapping: HrMappingConfig
  readonly tables: ReadonlyArray<ComparedTable>
}

interface Id {
  readonly id: string
}

export const layerProfileView = (options: MySqlProfileViewOptions): Layer.Layer<ProfileView> =>
  Layer.effect(ProfileView, make(options))

const make = Effect.fnUntraced(function* (options: MySqlProfileViewOptions) {
  const session = yield* openSession(options.mysql, createTables)
  const desk = openDesk(session, options)
  const { ask, rows, standings } = desk
  const ids = (found: ReadonlyArray<Id>) => found.map(({ id }) => id)
  const idsOf = (max: number, textOf: (compare: CompareScripts) => string | undefined) =>
    ask((compare) => {
      const text = textOf(compare)
      return text === undefined ? Effect.succeed<ReadonlyArray<Id>>([]) : rows<Id>(text)
    }).pipe(Effect.map((found): IdPage => ({ ids: ids(found), isEnd: found.length < max })))
  const directoryOf = (table: string) => {
    const kind = options.tables.find((each) => each.table === table)?.as
    return kind === "learner" || kind === "assessment" ? kind : undefined
  }
  const compareAll = sentOf(desk, directoryOf)
  return ProfileView.of({
    compare: (table, sent) =>
      ask((compare) =>
        comparedInParts(sent, {
          compare: (part) => compareAll(compare, table, part),
          isRefused,
          booked: (id) => standings(bookedScript(compare, options.connector, directoryOf(table), id), 0)
        })
      ),
    ...textsOf(desk, directoryOf),
    standing: (table, wanted) =>
      wanted.length === 0
        ? Effect.succeed<ReadonlyArray<Standing>>([])
        : ask((compare) => {
            const kind = directoryOf(table)
            return standings(
              kind === undefined
                ? compare.standingResults(table, wanted)
                : compare.standingDirectory(kind, wanted),
              compare.summed(table).length
            )
          }),
    filed: (table, after, max, scope) =>
      idsOf(max, (compare) => {
        const kind = directoryOf(table)
        return kind === undefined
          ? compare.filedResults(table, after, max, scope)
          : compare.filedDirectory(kind, after, max)
      }),
    strays: (table, after, max, scope) =>
      idsOf(max, (compare) =>
        directoryOf(table) === undefined ? compare.strayResults(table, after, max, scope) : undefined
      ),
    learnersOf: (employee) =>
      Effect.map(
        ask((compare) => rows<Id>(compare.learnersOf(employee))),
        ids
      ),
    progress: Effect.map(
      ask((compare) => rows<PlaceRow>(compare.places)),
      placesOf
    )
  })
})

const bookedScript = (
  compare: CompareScripts,
  connector: string,
  kind: "learner" | "assessment" | undefined,
  id: string
): ReadonlyArray<string> =>
  kind === undefined ? bookedResults(connector, compare.facts, [id]) : compare.standingDirectory(kind, [id])

/** Rows as apply would send them. */
const sentOf = (
  { compared }: ReturnType<typeof openDesk>,
  directoryOf: (table: string) => "learner" | "assessment" | undefined
) => {
  return (compare: CompareScripts, table: string, part: ReadonlyArray<SourceRow>) => {
    const events = part.map(({ event }) => JSON.parse(event) as ChangeEvent)
    const kind = directoryOf(table)
    if (kind !== undefined) return compared(compare.compareDirectory(kind, events), 0)
    const sent = compare.rowsOf(events)
    if (sent.refused !== null) {
      return Effect.fail(
        new RowRefused({ message: "the mapping refuses a row", code: "", detail: sent.refused })
      )
    }
    const summed = compare.summed(table)
    return Effect.map(compared(compare.compareResults(table, sent), summed.length), (found) =>
      withSource(
        found,
        new Map(part.map(({ id }, index) => [id, sourceAmounts(summed, scoreOf(events[index]!))]))
      )
    )
  }
}

const scoreOf = ({ data }: ChangeEvent): Readonly<Record<string, string | null | undefined>> =>
  "score" in data ? data.score : {}

/** Rows that the training database wrote itself. */
const textsOf = (
  { ask, compared }: ReturnType<typeof openDesk>,
  directoryOf: (table: string) => string | undefined
): Pick<ProfileView["Service"], "obstacle" | "compareTexts" | "summed"> => ({
  summed: (table) => ask((compare) => Effect.succeed(namedSums(compare.summed(table)))),
  obstacle: (table) =>
    directoryOf(table) === undefined
      ? ask((compare) => Effect.succeed(compare.textObstacle(table)))
      : Effect.succeed("directories are sent as apply sends them"),
  compareTexts: (table, [first, ...others]) =>
    first === undefined
      ? Effect.succeed(NOTHING_COMPARED)
      : ask((compare) =>
          compared(compare.compareTexts(table, [first, ...others]), compare.summed(table).length)
        ).pipe(Effect.catch((error) => (isRefused(error) ? Effect.undefined : Effect.fail(error))))
})

const openDesk = (session: MySqlSession, { connector, mapping, mysql }: MySqlProfileViewOptions) => {
  const place = { server: `${mysql.host}:${mysql.port}`, grants: grantsFor(mysql.user, mapping) }
  const classified = <A>(effect: Effect.Effect<A, DriverError | ProfileStoreError>) =>
    Effect.mapError(effect, (error) =>
      error._tag === "DriverError" ? classifyError(error.cause, place) : error
    )
  let made: CompareScripts | undefined
  const scripts = Effect.suspend(() =>
    made === undefined
      ? Effect.gen(function* () {
          const facts = yield* classified(session.facts)
          const read = yield* classified(readMapping(session, mapping))
          return (made = new CompareScripts(read, connector, facts))
        })
      : Effect.succeed(made)
  )
  return {
    rows: <R extends object>(text: string) => classified(session.rows<R>(text)),
    standings: (script: ReadonlyArray<string>, sums: number) =>
      Effect.map(classified(session.script<SummedStanding>(script)), (found) =>
        found.map((row) => standingWith(row, sums))
      ),
    compared: (script: ReadonlyArray<string>, sums: number) =>
      Effect.map(classified(session.script<ComparedRow>(script)), (found) => comparedOf(found, sums)),
    ask: <A>(question: (compare: CompareScripts) => Effect.Effect<A, ProfileStoreError>) =>
      session.exclusively(Effect.flatMap(scripts, question))
  }
}

const isRefused = (error: ProfileStoreError): boolean => error instanceof RowRefused
