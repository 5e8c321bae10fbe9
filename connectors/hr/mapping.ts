/**
 * The configuration's targets and matching rules, joined with what the HR database's catalog says about them. `Shape` is
 * a column as the catalog of that kind of server describes it.
 */
import { Effect } from "effect"
import type { TimeZone } from "../../schemas/civil-time.ts"
import { LEARNER_KEYS } from "../../schemas/employees-config.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import type { ScoreChecks, TargetSource, TargetTable } from "../../schemas/table-config.ts"
import { StoreMisconfigured } from "../../src/apply/ProfileStore.ts"
import { keyRulesOf } from "../../src/identity/key-rules.ts"
import { exclusionsOf, type Exclusion } from "../../src/identity/exclusions.ts"
import { spellingsOf, type Spelling } from "../../src/identity/spellings.ts"
import { conversionOf, type Conversion } from "./conversion.ts"

/** What our own tables are filled from besides: `attributes` all of them as JSON, `now` the moment of filing. */
export type ColumnSource = TargetSource | "attributes" | "position" | "event.type" | "now"

type From = ColumnSource | { readonly value: string | number | boolean }

/** Where the scores of one table are filed, an existing table or our own (own-target.ts). */
export interface StoreTarget extends TargetTable {
  readonly own?: {
    readonly history: string
    readonly onRevoke: "hide" | "delete" | "ignore"
    /** Columns that a revocation writes. */
    readonly marks: TargetTable["columns"]
  }
}

export interface MappedColumn<Shape> {
  readonly shape: Shape
  readonly from: From
  readonly convert: Conversion | undefined
}

/** Our own tables: every change that takes effect leaves the whole row in the history. */
export interface MappedOwn<Shape> {
  /** Quoted, qualified name. */
  readonly history: string
  readonly onRevoke: "hide" | "delete" | "ignore"
  readonly marks: ReadonlyArray<MappedColumn<Shape>>
  /** Quoted names of all columns of both tables, in one order. */
  readonly names: ReadonlyArray<string>
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
  readonly own: MappedOwn<Shape> | undefined
}

export type LearnerKey = ConnectorConfig["employees"]["match"][number]["learner"]

export interface MatchRule<Shape> {
  /** Orders rules by how much they prove, whatever their order in the file: the first that hits is kept as the proof. */
  readonly number: number
  readonly learner: LearnerKey
  readonly column: Shape
  /** How HR usually writes the key: looked up as it is now. */
  readonly spellings: ReadonlyArray<Spelling>
}

export interface HrMapping<Shape> {
  readonly targets: ReadonlyArray<MappedTarget<Shape>>
  readonly employees: {
    readonly relation: string
    readonly key: Shape
    readonly name: Shape | undefined
    readonly hiredOn: Shape | undefined
    readonly leftOn: Shape | undefined
    readonly mergedInto: Shape | undefined
    readonly status: { readonly column: Shape; readonly qualified: ReadonlyArray<string> } | undefined
    readonly exclusions: ReadonlyArray<Exclusion>
    readonly changedAt: Shape | undefined
    readonly rules: ReadonlyArray<MatchRule<Shape>>
    /** Quoted name of a table that stands for `gradewire.employee_spelling`. */
    readonly spellings?: string
  }
  readonly zone: TimeZone
}

/** What the store is told about the mapping: straight from the connector's configuration. */
export interface HrMappingConfig {
  readonly scores: ReadonlyArray<{
    readonly table: string
    readonly target: StoreTarget
    readonly checks?: ScoreChecks | undefined
  }>
  readonly employees: ConnectorConfig["employees"]
  /** In which times are written to target columns without one. */
  readonly zone: TimeZone
}

/** HR's tables that scores are written to, each once; our own are not among them. */
export const targetTables = ({ scores }: HrMappingConfig): ReadonlyArray<string> => [
  ...new Set(scores.flatMap(({ target }) => (target.own === undefined ? [target.table] : [])))
]

/** Our own, where some scores are written to them. */
export const ownTables = ({ scores }: HrMappingConfig): ReadonlyArray<string> => [
  ...new Set(scores.flatMap(({ target: { own, table } }) => (own === undefined ? [] : [table, own.history])))
]

/** One kind of HR database, as the mapping asks it. */
export interface Catalog<Shape, E> {
  /** `undefined` where there is no such table, or this user may not see it. */
  readonly columnsOf: (table: string) => Effect.Effect<ReadonlyMap<string, Shape> | undefined, E>
  /** Quoted, qualified name. */
  readonly relation: (table: string) => string
  readonly identifier: (name: string) => string
  /** Whether the column holds days or moments. */
  readonly isTime: (shape: Shape) => boolean
}

const missing = (what: string): StoreMisconfigured =>
  new StoreMisconfigured({
    message: `${what} is not there, or this user may not see it`,
    code: "NOT_FOUND",
    fix: "Run gradewire check: it names every table, column and right that does not fit.",
    canReturn: true
  })

const noDay = (column: string): StoreMisconfigured =>
  new StoreMisconfigured({
    message: `column ${column} of the employee table holds no dates`,
    code: "NO_DATE",
    fix: "Name columns of a date or time type as employees.hiredOn, leftOn and changedAt, in a view if need be."
  })

/** Columns of one table; asking for a missing one is a failure. */
interface Columns<Shape> {
  readonly names: ReadonlyArray<string>
  readonly named: (name: string) => Effect.Effect<Shape, StoreMisconfigured>
}

const openTable = <Shape, E>(
  catalog: Catalog<Shape, E>,
  table: string
): Effect.Effect<Columns<Shape>, E | StoreMisconfigured> =>
  Effect.gen(function* () {
    const columns = yield* catalog.columnsOf(table)
    if (columns === undefined) return yield* missing(`table ${table} of the HR database`)
    return {
      names: [...columns.keys()],
      named: (name) => {
        const column = columns.get(name)
        return column === undefined
          ? Effect.fail(missing(`column ${name} of table ${table}`))
          : Effect.succeed(column)
      }
    }
  })

const mappedColumn = <Shape>(shape: Shape, entry: TargetTable["columns"][string]): MappedColumn<Shape> =>
  typeof entry === "object" && "from" in entry
    ? { shape, from: entry.from as ColumnSource, convert: conversionOf(entry) }
    : { shape, from: entry as From, convert: undefined }

const mapped = <Shape>(
  { named }: Columns<Shape>,
  columns: TargetTable["columns"]
): Effect.Effect<ReadonlyMap<string, MappedColumn<Shape>>, StoreMisconfigured> =>
  Effect.map(
    Effect.forEach(Object.entries(columns), ([name, from]) =>
      Effect.map(named(name), (shape) => [name, mappedColumn(shape, from)] as const)
    ),
    (entries) => new Map(entries)
  )

const isFixed = (from: From): boolean => typeof from === "object" || from === "resultId"

const targetOf = <Shape, E>(
  catalog: Catalog<Shape, E>,
  subject: string,
  target: StoreTarget
): Effect.Effect<MappedTarget<Shape>, E | StoreMisconfigured> =>
  Effect.gen(function* () {
    const { own } = target
    const table = yield* openTable(catalog, target.table)
    const columns = yield* mapped(table, target.columns)
    const key: Array<MappedColumn<Shape>> = []
    for (const name of target.key) {
      const column = columns.get(name)
      if (column === undefined) return yield* missing(`some key column of target ${target.table}`)
      key.push(column)
    }
    const revoke = target.onRevoke ?? "delete"
    const flags = Object.entries(typeof revoke === "object" ? revoke.flag : {})
    const flag = yield* mapped(table, Object.fromEntries(flags.map(([name, value]) => [name, { value }])))
    return {
      subject,
      relation: catalog.relation(target.table),
      columns: [...columns.values()],
      key,
      onRevoke: typeof revoke === "object" ? { flag: [...flag.values()] } : revoke,
      needsAssessment: [...columns.values()].some(
        ({ from }) => typeof from === "string" && /^assessment\.(title|max|pass)$/.test(from)
      ),
      hasFixedKey: key.every(({ from }) => isFixed(from)),
      own:
        own === undefined
          ? undefined
          : {
              history: catalog.relation(own.history),
              onRevoke: own.onRevoke,
              marks: [...(yield* mapped(table, own.marks)).values()],
              names: table.names.map(catalog.identifier)
            }
    }
  })

/** Fails with `StoreMisconfigured` at the first table or column that is missing; the preflight names them all. */
export const readMappingFrom = <Shape, E>(
  catalog: Catalog<Shape, E>,
  config: HrMappingConfig
): Effect.Effect<HrMapping<Shape>, E | StoreMisconfigured> =>
  Effect.gen(function* () {
    const { employees } = config
    const staff = yield* openTable(catalog, employees.table)
    const rules: Array<MatchRule<Shape>> = []
    const keyRules = keyRulesOf(employees)
    for (const [index, { learner, employee }] of employees.match.entries())
      rules.push({
        number: LEARNER_KEYS.indexOf(learner) * employees.match.length + index,
        learner,
        column: yield* staff.named(employee),
        spellings: spellingsOf(learner, keyRules)
      })
    const optional = (name: string | undefined) => (name === undefined ? Effect.undefined : staff.named(name))
    const day = (name: string | undefined) =>
      Effect.tap(optional(name), (shape) =>
        shape === undefined || catalog.isTime(shape) ? Effect.void : Effect.fail(noDay(`${name}`))
      )
    const targets: Array<MappedTarget<Shape>> = []
    for (const { table, target } of config.scores) targets.push(yield* targetOf(catalog, table, target))
    return {
      targets,
      employees: {
        relation: catalog.relation(employees.table),
        key: yield* staff.named(employees.key),
        name: yield* optional(employees.name),
        hiredOn: yield* day(employees.hiredOn),
        leftOn: yield* day(employees.leftOn),
        mergedInto: yield* optional(employees.mergedInto),
        status: employees.status && {
          ...employees.status,
          column: yield* staff.named(employees.status.column)
        },
        exclusions: exclusionsOf(employees),
        changedAt: yield* day(employees.changedAt),
        rules
      },
      zone: config.zone
    }
  })
