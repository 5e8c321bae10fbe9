/** What every profile store must keep, as apply sees it. */
import { beforeEach, describe } from "vitest"
import type { OpenHrWorld } from "./hr-world.ts"
import { peopleConformance } from "./profile-store-people.ts"
import { progressConformance } from "./profile-store-progress.ts"
import { queuesConformance } from "./profile-store-queues.ts"
import { StoreBench } from "./store-bench.ts"

export const profileStoreConformance = (name: string, open: OpenHrWorld): void => {
  describe(`profile store: ${name}`, () => {
    let bench: StoreBench
    beforeEach(async () => {
      bench = await StoreBench.open(open)
    })
    progressConformance(() => bench)
    peopleConformance(() => bench)
    queuesConformance(() => bench)
  })
}
