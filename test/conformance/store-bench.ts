/** A profile store under test, taken over, with two employees. */
import { Effect } from "effect"
import type { ApplyBatch, ProfileStore } from "../../src/apply/ProfileStore.ts"
import { EXAM, type HrWorld, type OpenHrWorld } from "./hr-world.ts"

export const ANNA = { no: "E001", phone: "13800000001", email: "anna@example.org" }
export const BO = { no: "E002", phone: "13800000002", email: "bo@example.org" }

export class StoreBench {
  readonly world: HrWorld
  readonly store: ProfileStore["Service"]
  readonly epoch: number
  private readonly opening: OpenHrWorld
  private constructor(world: HrWorld, store: ProfileStore["Service"], epoch: number, opening: OpenHrWorld) {
    this.world = world
    this.store = store
    this.epoch = epoch
    this.opening = opening
  }

  static async open(opening: OpenHrWorld): Promise<StoreBench> {
    const world = await opening()
    const store = world.process()
    const { epoch } = await Effect.runPromise(store.takeOver)
    await world.hire(ANNA, BO)
    return new StoreBench(world, store, epoch, opening)
  }

  another(): Promise<HrWorld> {
    return this.opening()
  }

  apply(given: ApplyBatch) {
    return Effect.runPromise(this.store.apply(this.epoch, given))
  }

  refused(given: ApplyBatch) {
    return Effect.runPromise(Effect.flip(this.store.apply(this.epoch, given)))
  }

  /** How many were filed, and how many are held then. */
  async release() {
    const { released } = await Effect.runPromise(this.store.release(this.epoch))
    return { released, held: (await this.world.held()).length }
  }

  readEmployees() {
    return Effect.runPromise(this.store.readEmployees)
  }

  offset() {
    return Effect.runPromise(this.store.offset)
  }

  /** Result, employee and score of every exam row. */
  async scores(): Promise<ReadonlyArray<ReadonlyArray<string | null | undefined>>> {
    return (await this.world.profile(EXAM)).map((row) => [row["result_id"], row["工号"], row["分数"]])
  }
}
