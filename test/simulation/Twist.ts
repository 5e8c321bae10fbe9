/** Where one promise can be broken on purpose: around a port, or inside of a class for the length of one life. */
import type { ApplyProgress } from "../../src/capture/ApplyProgress.ts"
import type { LogMessage } from "../../src/capture/ChangeLog.ts"
import type { ChangeSource } from "../../src/capture/ChangeSource.ts"
import type { SnapshotSource } from "../../src/capture/SnapshotSource.ts"
import type { ChangeFeed } from "../../src/apply/ChangeFeed.ts"
import type { ProfileStore } from "../../src/apply/ProfileStore.ts"
import type { MemoryTrainingServer } from "../support/fakes/MemoryTrainingServer.ts"
import type { MemoryHrDatabase } from "../support/fakes/MemoryHrDatabase.ts"

export interface Twist {
  readonly source?: (source: ChangeSource["Service"]) => ChangeSource["Service"]
  readonly snapshots?: (snapshots: SnapshotSource["Service"]) => SnapshotSource["Service"]
  readonly progress?: (
    progress: ApplyProgress["Service"],
    server: MemoryTrainingServer
  ) => ApplyProgress["Service"]
  readonly feed?: (feed: ChangeFeed["Service"], database: MemoryHrDatabase) => ChangeFeed["Service"]
  readonly store?: (store: ProfileStore["Service"], database: MemoryHrDatabase) => ProfileStore["Service"]
  /** What is sent in place of a message; `undefined`: nothing, and the sender believes that it was stored. */
  readonly message?: (message: LogMessage) => LogMessage | undefined
  /** Into how many lanes apply is divided. Default 1 where anything is twisted. */
  readonly lanes?: number
  /** The log takes messages wherever it ends. */
  readonly ignoresExpectation?: boolean
  /** A chunk may miss what the stream has brought. */
  readonly ignoresVisibility?: boolean
  /** Changes a class for all of one life; the function given undoes it. */
  readonly patch?: () => () => void
}
