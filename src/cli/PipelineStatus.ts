/** The whole pipeline at one moment, from whatever could be reached. `null` is not known, never zero. */
import type { RoleControl } from "../../schemas/control.ts"
import type { SnapshotTable } from "../../schemas/snapshot-command.ts"
import type { VitalsReport } from "../../schemas/vitals-report.ts"

/** Why a part could not be asked. */
interface Trouble {
  readonly tag: string
  readonly message: string
}

interface Place {
  /** Binlog file and byte. */
  readonly file: string | null
  readonly position: number | null
}

export interface SourceStatus extends Place {
  readonly address: string
  /** Identity of the server that answers. */
  readonly server: string | null
  readonly trouble: Trouble | null
}

export interface LogStatusView extends Place {
  readonly stream: string
  readonly messages: number | null
  readonly bytes: number | null
  readonly lastSequence: number | null
  /** Everything that the source committed until then is in the log, RFC 3339. */
  readonly until: string | null
  readonly generation: number | null
  readonly epoch: number | null
  readonly trouble: Trouble | null
}

export interface HrStatus extends Place {
  readonly address: string
  readonly streamSequence: number | null
  /** Everything that the source committed until then is applied, RFC 3339. */
  readonly until: string | null
  readonly lagSeconds: number | null
  /** Since the connector last wrote here. */
  readonly heartbeatAgeSeconds: number | null
  readonly epoch: number | null
  readonly holder: string | null
  readonly held: number | null
  readonly oldestHeldSeconds: number | null
  readonly deadLetters: number | null
  readonly trouble: Trouble | null
}

export interface PipelineStatus {
  readonly connector: string
  readonly source: SourceStatus
  readonly log: LogStatusView
  readonly hr: HrStatus
  /** Bytes of the binlog that are not in the log yet, at most; null also where they are in another file. */
  readonly bytesBehind: number | null
  /** Messages of the log that are not applied yet; 0 where what is left says nothing new. */
  readonly messagesBehind: number | null
  readonly purgeMarginHours: number | "never" | null
  readonly snapshot: ReadonlyArray<SnapshotTable> | null
  /** What operators want; null: the HR database does not say. */
  readonly controls: ReadonlyArray<RoleControl> | null
  /** Running processes that answer; null: NATS could not be asked. */
  readonly processes: ReadonlyArray<VitalsReport> | null
}
