/** What each fault does. Each ends when it is over and everything it broke works again. */
import type { Random } from "../../deploy/demo/Random.ts"
import { clockFaults } from "./clock-faults.ts"
import { crashPoints } from "./crash-points.ts"
import type { FaultKind } from "./FaultKind.ts"
import type { History } from "./History.ts"
import { hrFaults } from "./hr-faults.ts"
import { linkFaults } from "./link-faults.ts"
import { logFaults } from "./log-faults.ts"
import { processFaults } from "./process-faults.ts"
import { rowFaults } from "./row-faults.ts"
import { sourceFaults } from "./source-faults.ts"

export type Fault = (history: History, random: Random) => Promise<void>

export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  ...processFaults,
  ...crashPoints,
  ...linkFaults,
  ...logFaults,
  ...hrFaults,
  ...sourceFaults,
  ...rowFaults,
  ...clockFaults
}
