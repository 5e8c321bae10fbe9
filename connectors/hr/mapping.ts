/**
 * The configuration's targets and matching rules, joined with what the HR database's catalog says about them. `Shape` is
 * a column as the catalog of that kind of server describes it.
 */
import { Effect } from "effect"
import type {
  ConnectorConfig,
  ScoreTable,
  TargetSource,
  TargetTable
} from "../../schemas/connector-config.ts"
import { StoreMisconfigured } from "../../src/apply/ProfileStore.ts"

export interface MappedColumn<Shape> {
  readonly shape: Shape
  readonly from: TargetSource | { readonly value: string | number | boolean }
}

export interface MappedTarget<Shape> {
  /** `schema.table` of the score table, the subject of its events. */
  readonly subject: string
  /** Quoted, qualified name of the target table. */
  readonly relation: string
  readonly columns: ReadonlyArray<MappedColumn<Shape>>
  readonly key: ReadonlyArray<MappedColumn<Shape>>
  readonly onRevoke: "delete" | "ignore" | { readonly flag: ReadonlyArray<MappedColumn<Shape>> }
  /** Some column is filled from the assessment's own row. */
  readonly needsAssessment: boolean
  /** The key consists of the result and constants, so that it never changes for one result. */
  readonly hasFixedKey: boolean
}

export type LearnerKey = ConnectorConfig["employees"]["match"][number]["learner"]

interface MatchRule<Shape> {
  readonly learner: LearnerKey
  readonly column: Shape
}

export interface HrMapping<Shape> {
  readonly targets: ReadonlyArray<MappedTarget<Shape>>
  readonly employees: {
    readonly relation: string
    readonly key: Shape
    readonly rules: ReadonlyArray<MatchRule<Shape>>
  }
  readonly zoneMinutes: number
}

/** What the store is told about the mapping: straight from the connector's configuration. */
export interface HrMappingConfig {
  readonly scores: ReadonlyArray<Pick<ScoreTable, "table" | "target">>
  readonly employees: ConnectorConfig["employees"]
  /** Minutes east of UTC for target columns without a time zone. */
  readonly zoneMinutes: number
}

/** One kind of HR database, as the mapping asks it. */
export interface Catalog<Shape, E> {
  /** `undefined` where there is no such table, or this user may not see it. */
  readonly columnsOf: (table: string) => Effect.Effect<ReadonlyMap<string, Shape> | undefined, E>
  /** Quoted, qualified name. */
  readonly relation: (table: string) => string
}

const missing = (what: string): StoreMisconfigured =>
  new StoreMisconfigured({
    message: `${what} is not there, or this user may not see it`,
    code: "NOT_FOUND",
    fix: "Run gradewire check: it names every table, column and right that does not fit."
  })

/** Columns of one table by name; a missing one is a failure. */
type Columns<Shape> = (name: string) => Effect.Effect<Shape, StoreMisconfigured>

const openTable = <Shape, E>(
  catalog: Catalog<Shape, E>,
  table: string
): Effect.Effect<Columns<Shape>, E | StoreMisconfigured> =>
  Effect.gen(function* () {
    const columns = yield* catalog.columnsOf(table)
    if (columns === undefined) return yield* missing(`table ${table} of the HR database`)
    return (name) => {
      const column = columns.get(name)
      return column === undefined
        ? Effect.fail(missing(`column ${name} of table ${table}`))
        : Effect.succeed(column)
    }
  })

const isFixed = (from: MappedColumn<unknown>["from"]): boolean =>
  typeof from === "object" || from === "resultId"

const targetOf = <Shape, E>(
  catalog: Catalog<Shape, E>,
  subject: string,
  target: TargetTable
): Effect.Effect<MappedTarget<Shape>, E | StoreMisconfigured> =>
  Effect.gen(function* () {
    const column = yield* openTable(catalog, target.table)
    const columns = new Map<string, MappedColumn<Shape>>()
    for (const [name, from] of Object.entries(target.columns)) {
      columns.set(name, { shape: yield* column(name), from: from as MappedColumn<Shape>["from"] })
    }
    const key: Array<MappedColumn<Shape>> = []
    for (const name of target.key) {
      const mapped = columns.get(name)
      if (mapped === undefined) return yield* missing(`some key column of target ${target.table}`)
      key.push(mapped)
    }
    const revoke = target.onRevoke ?? "delete"
    const flag: Array<MappedColumn<Shape>> = []
    for (const [name, value] of Object.entries(typeof revoke === "object" ? revoke.flag : {})) {
      flag.push({ shape: yield* column(name), from: { value } })
    }
    return {
      subject,
      relation: catalog.relation(target.table),
      columns: [...columns.values()],
      key,
      onRevoke: typeof revoke === "object" ? { flag } : revoke,
      needsAssessment: [...columns.values()].some(
        ({ from }) => typeof from === "string" && /^assessment\.(title|max|pass)$/.test(from)
      ),
      hasFixedKey: key.every(({ from }) => isFixed(from))
    }
  })

/** Fails with `StoreMisconfigured` at the first table or column that is missing; the preflight names them all. */
export const readMappingFrom = <Shape, E>(
  catalog: Catalog<Shape, E>,
  config: HrMappingConfig
): Effect.Effect<HrMapping<Shape>, E | StoreMisconfigured> =>
  Effect.gen(function* () {
    const { employees } = config
    const column = yield* openTable(catalog, employees.table)
    const rules: Array<MatchRule<Shape>> = []
    for (const { learner, employee } of employees.match)
      rules.push({ learner, column: yield* column(employee) })
    const targets: Array<MappedTarget<Shape>> = []
    for (const { table, target } of config.scores) targets.push(yield* targetOf(catalog, table, target))
    return {
      targets,
      employees: {
        relation: catalog.relation(employees.table),
        key: yield* column(employees.key),
        rules
      },
      zoneMinutes: config.zoneMinutes
    }
  })
