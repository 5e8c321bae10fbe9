/** As fault-seeds.test.ts, beside it. */
import { seededHistories } from "../chaos/seeded-histories.ts"

seededHistories(36, 35)
