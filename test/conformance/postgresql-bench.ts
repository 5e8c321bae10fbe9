/** A profile store on a real PostgreSQL for the tests of one file: one server, emptied for every test, one employee. */
import { Effect } from "effect"
import { afterAll, beforeAll, beforeEach } from "vitest"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import type { HrWorld } from "./hr-world.ts"
import { PostgresWorlds } from "./postgresql-hr-world.ts"

const ANNA = { no: "E001", phone: "13800000001" }
export const anna = { phone: ANNA.phone }

export class PostgresBench {
  worlds!: PostgresWorlds
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

  readonly sql = async (text: string) => (await this.worlds.client.query(text)).rows
}

/** Registers the hooks of the file it is called in. */
export const postgresBench = (): PostgresBench => {
  const bench = new PostgresBench()
  beforeAll(async () => {
    bench.worlds = await PostgresWorlds.start()
  })
  afterAll(() => bench.worlds.stop())
  beforeEach(async () => {
    bench.world = await bench.worlds.open()
    await bench.takeOver(bench.worlds.process())
    await bench.world.hire(ANNA)
  })
  return bench
}
