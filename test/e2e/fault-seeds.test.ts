/** Fault histories as the seeds draw them, servers and all; `make chaos` makes any number of others. */
import { seededHistories } from "../chaos/seeded-histories.ts"

seededHistories(1, 35)
