/**
 * Keeps the process small (G8). V8 sizes its heap by the machine's memory and lets garbage wait until there is a lot of
 * it: a capture that works off a backlog took 440 MiB of a 24 GiB machine, of which 30 were alive.
 *
 * Node takes these limits as flags of its command line, where a program that is started as `node gradewire.js` cannot put
 * them. These here V8 reads anew whenever it decides about a heap's size; figures from `make bench-capture`.
 */
import { cpuUsage, memoryUsage } from "node:process"
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect } from "effect"

/**
 * Both halves of the young generation. 128, the default of a large machine, are slower: a chunk's rows and the segments
 * made of them then do not stay in the processor's cache. 1, with which V8 begins, costs a third of the rate.
 */
const YOUNG_MIB = 16

/**
 * A full collection once the old generation and the buffers that hang on it have grown so much. Buffers that outlive two
 * collections of the young, as everything does that waits for a server, are only let go then. Measured with 150,000 waiting
 * events: 100 takes 14 MiB more of apply and 9 of capture and saves some CPU time (4 to 10 percent), 50 costs another
 * tenth of apply's and gains next to nothing.
 */
const OLD_GROWTH_PERCENT = 70

const MIB = 1024 * 1024
const CHURN_OBJECTS = 5_000
const CHURN_ROUNDS_MAX = 100

/** V8 shrinks the young generation of an idle process; this busy it gets it back. */
const BUSY_SHARE = 0.3
const LOOK_MILLIS = 1_000
const MICROS_PER_MILLI = 1_000

/**
 * What sockets read and write are buffers outside the heap, each held by a small object in it. V8 collects the young by the
 * objects' size, so up to 30 MiB of buffers waited that nobody needed. With a million waiting events this takes 16 MiB off
 * apply's peak and 5 off capture's, at no CPU time that could be told from noise.
 */
const BUFFERS_MIB = 12
const BUFFERS_LOOK_MILLIS = 50

type Collect = (options: { readonly type: "minor" | "major"; readonly [more: string]: string }) => void

/** Works for as long as it runs. */
export const keepHeapSmall: Effect.Effect<never> = Effect.gen(function* () {
  setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`)
  // It counts from a full collection on, the first of which would come late. This kind also gives back what the young
  // generation grew to while the program was loaded, up to 64 MiB; it can be made larger afterwards, never smaller.
  setFlagsFromString("--expose-gc")
  const collect = collector()
  collect({ type: "major", execution: "sync", flavor: "last-resort" })
  // Both halves are there, and counted, only behind the next collection of the young.
  collect({ type: "minor" })
  fixYoung()
  yield* Effect.forkChild(keepBuffersFew(collect))
  while (true) {
    const before = cpuUsage()
    yield* Effect.sleep(LOOK_MILLIS)
    const { user, system } = cpuUsage(before)
    if (user + system > BUSY_SHARE * LOOK_MILLIS * MICROS_PER_MILLI) fixYoung()
  }
})

/** Without one, in a Node that has none to give, the process is only larger. */
const collector = (): Collect => (runInNewContext("globalThis.gc") as Collect | undefined) ?? (() => {})

const keepBuffersFew = (collect: Collect): Effect.Effect<never> =>
  Effect.sync(() => {
    if (memoryUsage().arrayBuffers > BUFFERS_MIB * MIB) collect({ type: "minor" })
  }).pipe(Effect.delay(BUFFERS_LOOK_MILLIS), Effect.forever)

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
