/** A profile store on a real MySQL or MariaDB, taken over by every test, and targets of the test's own making. */
import { Effect } from "effect"
import type { RowDataPacket } from "mysql2/promise"
import { afterAll, beforeAll, beforeEach } from "vitest"
import type { HrMappingConfig } from "../../connectors/hr/mapping.ts"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import type { HrWorld } from "./hr-world.ts"
import { MySqlWorlds } from "./mysql-hr-world.ts"

const START_MILLIS = 300_000

const EMPLOYEE = { no: "E001", phone: "13800000001" }
export const anna = { phone: EMPLOYEE.phone }

export class MySqlBench {
  worlds!: MySqlWorlds
  world!: HrWorld
  store!: ProfileStore["Service"]
  epoch = 0

  readonly takeOver = async (by: ProfileStore["Service"]): Promise<void> => {
    this.store = by
    this.epoch = (await Effect.runPromise(by.takeOver)).epoch
  }
  readonly apply = (given: ApplyBatch) => Effect.runPromise(this.store.apply(this.epoch, given))
  readonly refused = (given: ApplyBatch) =>
    Effect.runPromise(Effect.flip(this.store.apply(this.epoch, given)))
  /** How many were filed, and how many are held then. */
  readonly release = async () => {
    const { released } = await Effect.runPromise(this.store.release(this.epoch))
    return { released, held: (await this.world.held()).length }
  }
  readonly sql = (text: string): Promise<ReadonlyArray<RowDataPacket>> => this.worlds.sql(text)

  /** Table hr.kept with the columns given in SQL and what fills them; its key is `result`. */
  async target(
    columns: Readonly<Record<string, readonly [type: string, from: string]>>,
    end = ""
  ): Promise<void> {
    const declared = Object.entries(columns).map(([name, [type]]) => `\`${name}\` ${type}`)
    await this.sql("drop table if exists hr.kept")
    await this.sql(
      `create table hr.kept (result varchar(64) primary key, ${declared.join(", ")}${end}) charset = utf8mb4`
    )
    const filled = Object.entries(columns).map(([name, [, from]]) => [name, from] as const)
    await this.takeOver(
      this.worlds.process({}, mappingOf({ result: "resultId", ...Object.fromEntries(filled) }))
    )
  }

  /** Every value of hr.kept as the text that MySQL makes of it. */
  async kept(): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>> {
    return this.sql("select * from hr.kept order by result")
  }
}

const mappingOf = (columns: Readonly<Record<string, string>>): HrMappingConfig["scores"] => [
  { table: "lms.exam", target: { table: "hr.kept", key: ["result"], columns } }
]

/** What else a store can be mapped to: employees of the test's own. */
export const withEmployees = (
  employees: HrMappingConfig["employees"],
  columns: Readonly<Record<string, string>>
): HrMappingConfig => ({ scores: mappingOf(columns), employees, zone: 480 })

/** Registers the server's start and end with the describe block it is called in. */
export const mysqlBench = (kind: "mysql" | "mariadb"): MySqlBench => {
  const bench = new MySqlBench()
  beforeAll(async () => {
    bench.worlds = await MySqlWorlds.start(kind)
  }, START_MILLIS)
  afterAll(() => bench.worlds.stop())
  beforeEach(async () => {
    bench.world = await bench.worlds.open()
    await bench.takeOver(bench.worlds.process())
    await bench.world.hire(EMPLOYEE)
  })
  return bench
}
