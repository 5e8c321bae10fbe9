import { afterAll, beforeAll } from "vitest"
import { openMemoryHrWorld } from "./memory-hr-world.ts"
import { PostgresWorlds } from "./postgresql-hr-world.ts"
import { profileStoreConformance } from "./profile-store.ts"

let worlds: PostgresWorlds
beforeAll(async () => {
  worlds = await PostgresWorlds.start()
})
afterAll(() => worlds.stop())

profileStoreConformance("in memory", openMemoryHrWorld)
profileStoreConformance("PostgreSQL", () => worlds.open())
