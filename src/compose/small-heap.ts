/**
 * Keeps the process small (G8). V8 sizes its heap by the machine's memory and lets garbage wait until there is a lot of
 * it: a capture that works off a backlog took 440 MiB of a 24 GiB machine, of which 30 were alive.
 *
 * Node takes these limits as flags of its command line, where a program that is started as `node gradewire.js` cannot put
 * them. What V8 reads only then can be reached in another way while the program starts; figures from `make bench-capture`.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect } from "effect"

/**
 * The young generation. 64 MiB, the default of a large machine, are slower than 16: a chunk's rows and the segments made
 * of them then stay in the processor's cache. 1 MiB, with which V8 begins, costs a third of the events per CPU-second.
 */
const YOUNG_MIB = 16

/** A full collection once the old generation has doubled. At half of that the rate begins to fall. */
const OLD_GROWTH_PERCENT = 100

const CHURN_OBJECTS = 5_000
const CHURN_ROUNDS_MAX = 100

const MIB = 1024 * 1024

/** Bytes of both halves. */
const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space")?.space_size ?? 0

export const keepHeapSmall: Effect.Effect<void> = Effect.sync(() => {
  // One step from V8's first size to ours, taken when enough of what was allocated survives; after that no further one.
  setFlagsFromString(`--semi-space-growth-factor=${YOUNG_MIB}`)
  const surviving: Array<unknown> = []
  for (let round = 0; round < CHURN_ROUNDS_MAX && youngBytes() < YOUNG_MIB * MIB; round++) {
    surviving[round % 8] = Array.from({ length: CHURN_OBJECTS }, (_, index) => ({ index }))
  }
  setFlagsFromString("--semi-space-growth-factor=1")
  // Read with every full collection, the first of which would come late.
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`)
  setFlagsFromString("--expose-gc")
  const collect: unknown = runInNewContext("gc")
  if (typeof collect === "function") collect()
})
