/**
 * Keeps the process small (G8). V8 sizes its heap by the machine's memory and lets garbage wait until there is a lot of
 * it: a capture that works off a backlog took 440 MiB of a 24 GiB machine, of which 30 were alive.
 *
 * Node takes these limits as flags of its command line, where a program that is started as `node gradewire.js` cannot put
 * them. These here V8 reads anew whenever it decides about a heap's size; figures from `make bench-capture`.
 */
import { cpuUsage } from "node:process"
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect } from "effect"

/**
 * Both halves of the young generation. 128, the default of a large machine, are slower: a chunk's rows and the segments
 * made of them then do not stay in the processor's cache. 1, with which V8 begins, costs a third of the rate.
 */
const YOUNG_MIB = 16

/** A full collection once the old generation has doubled. At half of that the rate begins to fall. */
const OLD_GROWTH_PERCENT = 100

const MIB = 1024 * 1024
const CHURN_OBJECTS = 5_000
const CHURN_ROUNDS_MAX = 100

/** V8 shrinks the young generation of an idle process; this busy it gets it back. */
const BUSY_SHARE = 0.3
const LOOK_MILLIS = 1_000
const MICROS_PER_MILLI = 1_000

/** Works for as long as it runs. */
export const keepHeapSmall: Effect.Effect<never> = Effect.gen(function* () {
  fixYoung()
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`)
  // It counts from a full collection on, the first of which would come late.
  setFlagsFromString("--expose-gc")
  const collect: unknown = runInNewContext("gc")
  if (typeof collect === "function") collect()
  while (true) {
    const before = cpuUsage()
    yield* Effect.sleep(LOOK_MILLIS)
    const { user, system } = cpuUsage(before)
    if (user + system > BUSY_SHARE * LOOK_MILLIS * MICROS_PER_MILLI) fixYoung()
  }
})

const youngMib = (): number =>
  (getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0) / MIB

/** It grows in one step, which V8 takes when enough of what was allocated survives, and no further. */
const fixYoung = (): void => {
  const now = youngMib()
  if (now < YOUNG_MIB) {
    setFlagsFromString(`--semi-space-growth-factor=${Math.ceil(YOUNG_MIB / Math.max(1, now))}`)
    const surviving: Array<unknown> = []
    for (let round = 0; round < CHURN_ROUNDS_MAX && youngMib() <= now; round++) {
      surviving[round % 8] = Array.from({ length: CHURN_OBJECTS }, (_, index) => ({ index }))
    }
  }
  setFlagsFromString("--semi-space-growth-factor=1")
}
