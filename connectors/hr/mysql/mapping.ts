/** The configuration's targets and matching rules, joined with what the HR database's catalog says about them. */
import { Effect } from "effect"
import type { ConnectorConfig, TargetSource, TargetTable } from "../../../schemas/connector-config.ts"
import { StoreMisconfigured, type ProfileStoreError } from "../../../src/apply/ProfileStore.ts"
import { readTableShape, type ColumnShape, type TableShape } from "./catalog.ts"
import type { HrMappingConfig } from "../postgres/mapping.ts"
import type { DriverError, MySqlSession } from "./mysql-client.ts"
import { account, relation } from "./sql-text.ts"

export interface MappedColumn {
  readonly shape: ColumnShape
  readonly from: TargetSource | { readonly value: string | number | boolean }
}

export interface MappedTarget {
  /** `schema.table` of the score table, the subject of its events. */
  readonly subject: string
  /** Quoted, qualified name of the target table. */
  readonly relation: string
  readonly columns: ReadonlyArray<MappedColumn>
  readonly key: ReadonlyArray<MappedColumn>
  readonly onRevoke: "delete" | "ignore" | { readonly flag: ReadonlyArray<MappedColumn> }
  /** Some column is filled from the assessment's own row. */
  readonly needsAssessment: boolean
  /** The key consists of the result and constants, so that it never changes for one result. */
  readonly hasFixedKey: boolean
}

type LearnerKey = ConnectorConfig["employees"]["match"][number]["learner"]

interface MatchRule {
  readonly learner: LearnerKey
  readonly column: ColumnShape
}

export interface HrMapping {
  readonly targets: ReadonlyArray<MappedTarget>
  readonly employees: {
    readonly relation: string
    readonly key: ColumnShape
    readonly rules: ReadonlyArray<MatchRule>
  }
  readonly zoneMinutes: number
}

const missing = (what: string): StoreMisconfigured =>
  new StoreMisconfigured({
    message: `${what} is not there, or this user may not see it`,
    code: "NOT_FOUND",
    fix: "Run gradewire check: it names every table, column and right that does not fit."
  })

type Fail = DriverError | ProfileStoreError

const shapeOf = (session: MySqlSession, table: string): Effect.Effect<TableShape, Fail> =>
  Effect.gen(function* () {
    const shape = yield* readTableShape(session, table)
    return shape === undefined ? yield* missing(`table ${table} of the HR database`) : shape
  })

const columnOf = (table: string, shape: TableShape, name: string): Effect.Effect<ColumnShape, Fail> => {
  const column = shape.columns.get(name)
  return column === undefined
    ? Effect.fail(missing(`column ${name} of table ${table}`))
    : Effect.succeed(column)
}

const isFixed = (from: MappedColumn["from"]): boolean => typeof from === "object" || from === "resultId"

const isMapped = (column: MappedColumn | undefined): column is MappedColumn => column !== undefined

const targetOf = (
  session: MySqlSession,
  subject: string,
  target: TargetTable
): Effect.Effect<MappedTarget, Fail> =>
  Effect.gen(function* () {
    const shape = yield* shapeOf(session, target.table)
    const columns: Array<MappedColumn> = []
    for (const [name, from] of Object.entries(target.columns)) {
      columns.push({
        shape: yield* columnOf(target.table, shape, name),
        from: from as MappedColumn["from"]
      })
    }
    const key = target.key
      .map((name) => columns.find((column) => column.shape.name === name))
      .filter(isMapped)
    if (key.length !== target.key.length) return yield* missing(`some key column of target ${target.table}`)
    const revoke = target.onRevoke ?? "delete"
    const flag: Array<MappedColumn> = []
    for (const [name, value] of Object.entries(typeof revoke === "object" ? revoke.flag : {})) {
      flag.push({ shape: yield* columnOf(target.table, shape, name), from: { value } })
    }
    return {
      subject,
      relation: relation(target.table),
      columns,
      key,
      onRevoke: typeof revoke === "object" ? { flag } : revoke,
      needsAssessment: columns.some(
        ({ from }) => typeof from === "string" && /^assessment\.(title|max|pass)$/.test(from)
      ),
      hasFixedKey: key.every(({ from }) => isFixed(from))
    }
  })

/** Fails with `StoreMisconfigured` at the first table or column that is missing; the preflight names them all. */
export const readMapping = (session: MySqlSession, config: HrMappingConfig): Effect.Effect<HrMapping, Fail> =>
  Effect.gen(function* () {
    const { employees } = config
    const staff = yield* shapeOf(session, employees.table)
    const rules: Array<MatchRule> = []
    for (const { learner, employee } of employees.match) {
      rules.push({ learner, column: yield* columnOf(employees.table, staff, employee) })
    }
    const targets: Array<MappedTarget> = []
    for (const { table, target } of config.scores) targets.push(yield* targetOf(session, table, target))
    return {
      targets,
      employees: {
        relation: relation(employees.table),
        key: yield* columnOf(employees.table, staff, employees.key),
        rules
      },
      zoneMinutes: config.zoneMinutes
    }
  })

/** The rights apply needs, as statements a DBA can paste. Everything in the database gradewire is its own. */
export const grantsFor = (user: string, config: HrMappingConfig): string => {
  const targets = [...new Set(config.scores.map(({ target }) => relation(target.table)))]
  const role = account(user)
  return [
    `GRANT ALL PRIVILEGES ON \`gradewire\`.* TO ${role};`,
    `GRANT SELECT ON ${relation(config.employees.table)} TO ${role};`,
    ...targets.map((table) => `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role};`)
  ].join("\n")
}
