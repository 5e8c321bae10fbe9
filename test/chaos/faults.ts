/** What each fault does. Each ends when it is over and everything it broke works again. */
import type { Random } from "../../deploy/demo/Random.ts"
import type { FaultKind } from "./FaultKind.ts"
import type { History } from "./History.ts"
import { processFaults } from "./process-faults.ts"

export type Fault = (history: History, random: Random) => Promise<void>

export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  ...processFaults
}
