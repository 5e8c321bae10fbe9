/** Scores of accounts that are no employees, by the configuration: where they wait, and when they go on. */
import { Effect } from "effect"
import { expect, it } from "vitest"
import type { HeldDesk } from "../../src/apply/HeldDesk.ts"
import { batch, exam } from "./hr-world.ts"
import { PROVING, type ProvingWorld } from "./people-proofs.ts"

const PHONE = "13800000001"

/** Where the test accounts' patterns are taken out of the configuration, or their keys change. */
export const parkedConformance = (
  name: string,
  open: () => Promise<{
    readonly world: ProvingWorld
    readonly desk: HeldDesk
    /** `held_changes` of the view `offsets`. */
    readonly waiting: () => Promise<unknown>
  }>
): void => {
  it(`parked accounts: ${name}: go on by themselves when their keys or the patterns change, however many they are, and wait in no view (G1, G7)`, async () => {
    const { desk, waiting, world } = await open()
    const { exclude: _, ...unrestricted } = PROVING
    const store = world.proving()
    const { epoch } = await Effect.runPromise(store.takeOver)
    const parked = Array.from({ length: 1200 }, (_unused, n) =>
      exam(n + 1, n + 1, { id: `p${n + 1}`, externalId: "a_TEST", phone: PHONE }, "1.00")
    )
    await Effect.runPromise(store.apply(epoch, batch(0, parked)))
    await Effect.runPromise(
      store.apply(epoch, batch(1200, [exam(1201, 1201, { id: "w", phone: "13800000002" }, "1.00")]))
    )
    const release = async (by = store, under = epoch) => {
      let released = 0
      for (let calls = 0; calls < 4; calls++)
        released += (await Effect.runPromise(by.release(under))).released
      return released
    }
    expect(await release()).toBe(0)
    expect(await Effect.runPromise(desk.counts)).toEqual({ waiting: 1, ignored: 0, unqualified: 1200 })
    expect(Number(await waiting())).toBe(1)
    await world.enter({ no: "E1", mobile: PHONE }, { no: "E2", mobile: "13800000002" })
    expect(await release()).toBe(1)

    // The account of a learner becomes somebody's: its row comes with other keys, and a score links it.
    await Effect.runPromise(
      store.apply(
        epoch,
        batch(1201, [exam(1202, 1202, { id: "p1100", externalId: "b", phone: PHONE }, "1.00")])
      )
    )
    expect(await release()).toBe(1)

    const other = world.proving(unrestricted)
    const later = await Effect.runPromise(other.takeOver)
    expect(await release(other, later.epoch)).toBe(1199)
    expect(await world.held()).toEqual([])
  })
}
