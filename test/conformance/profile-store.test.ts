import { afterAll, beforeAll } from "vitest"
import { openMemoryHrWorld, openMemoryProvingWorld } from "./memory-hr-world.ts"
import { PostgresWorlds } from "./postgresql-hr-world.ts"
import { deadLetterConformance } from "./dead-letters.ts"
import { heldConformance } from "./held.ts"
import { scoreSemanticsConformance } from "./score-semantics.ts"
import { traceConformance } from "./trace.ts"
import { relinkConformance } from "./relink.ts"
import { SCORES } from "./hr-world.ts"
import { OWN_SCORES } from "./own-scores.ts"
import { ownTablesConformance } from "./profile-store-own.ts"
import { conversionsConformance } from "./conversions.ts"
import { offsetDeskConformance } from "./offset-desk.ts"
import { laneDecisionsConformance } from "./lane-decisions.ts"
import { lanesConformance, laneSetConformance } from "./lanes.ts"
import { parkedConformance } from "./parked-accounts.ts"
import { leaversConformance, peopleProofsConformance, PROVING } from "./people-proofs.ts"
import { populationsConformance } from "./people-populations.ts"
import { profileStoreConformance } from "./profile-store.ts"

let worlds: PostgresWorlds
beforeAll(async () => {
  worlds = await PostgresWorlds.start()
})
afterAll(() => worlds.stop())

profileStoreConformance("in memory", openMemoryHrWorld)
profileStoreConformance("PostgreSQL", () => worlds.open())
deadLetterConformance("PostgreSQL", async () => ({ world: await worlds.open(), desk: worlds.desk() }))
profileStoreConformance("PostgreSQL, own tables", () => worlds.openOwn())
ownTablesConformance("PostgreSQL", () => worlds.openOwn())
conversionsConformance("PostgreSQL", () => worlds.openMapped())
peopleProofsConformance("in memory", openMemoryProvingWorld)
peopleProofsConformance("PostgreSQL", () => worlds.openProving())
populationsConformance("in memory", openMemoryProvingWorld, 500)
populationsConformance("PostgreSQL", () => worlds.openProving(), 20)
lanesConformance("in memory", openMemoryHrWorld)
lanesConformance("PostgreSQL", () => worlds.open())
laneSetConformance("PostgreSQL", async () => ({ world: await worlds.open(), lanes: worlds.laneDesk() }))
heldConformance("PostgreSQL", async () => ({ world: await worlds.open(), desk: worlds.heldDesk() }))
relinkConformance("PostgreSQL", async () => ({ world: await worlds.openMapped(), desk: worlds.heldDesk() }))
relinkConformance("PostgreSQL, own tables", async () => ({
  world: await worlds.openOwn(),
  desk: worlds.heldDesk(OWN_SCORES)
}))
laneDecisionsConformance("PostgreSQL", async () => ({ world: await worlds.open(), desk: worlds.heldDesk() }))
offsetDeskConformance("PostgreSQL", async () => ({ world: await worlds.open(), desk: worlds.offsetDesk() }))
traceConformance("PostgreSQL", async () => ({
  world: await worlds.openOwn(),
  desk: worlds.heldDesk(OWN_SCORES),
  trace: worlds.traceDesk()
}))
scoreSemanticsConformance("PostgreSQL", () => worlds.openOwn())
leaversConformance("PostgreSQL", async () => ({
  world: await worlds.openProving(),
  desk: worlds.heldDesk(SCORES, PROVING)
}))
parkedConformance("PostgreSQL", async () => ({
  world: await worlds.openProving(),
  desk: worlds.heldDesk(SCORES, PROVING),
  waiting: async () =>
    (await worlds.client.query("select held_changes as n from gradewire.offsets")).rows[0].n
}))
