/**
 * What the commands can ask for. The program's roof supplies it and loads each piece only when it is asked, so that a
 * small answer costs no driver.
 */
import type { Effect, FileSystem, Path, Scope } from "effect"
import type { RoleControl } from "../../schemas/control.ts"
import type { DeadLetter, LetterContent, LetterFilter } from "../../schemas/dead-letter.ts"
import type { Failure } from "../../schemas/failure.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { HeldFilter } from "../../schemas/held.ts"
import type { IdentityCoverage } from "../../schemas/identity-coverage.ts"
import type { ReconciliationReport } from "../../schemas/reconciliation-report.ts"
import type { ReconciliationRun, TableRun } from "../../schemas/reconciliation.ts"
import type { SnapshotCommand, SnapshotStatus } from "../../schemas/snapshot-command.ts"
import type { Relinked } from "../apply/HeldDesk.ts"
import type { StageOffset } from "../../schemas/stage-offset.ts"
import type { LaneState } from "../apply/LaneDesk.ts"
import type { Settlement, SettleRequest } from "../apply/settle-letters.ts"
import type { RoleName } from "../pipeline/Vitals.ts"
import type { MoveHistory, MoveRequest, MoveView } from "./OffsetMoves.ts"
import type { LagSample } from "./LagSample.ts"
import type { PipelineStatus } from "./PipelineStatus.ts"
import type { IdentityRequest, IdentityWatch } from "./IdentityCheck.ts"
import type { HeldList, HeldView, Named, HeldResolution, HeldAside } from "./HeldAnswer.ts"
import type { ResultTrace, EmployeeTrace } from "./Trace.ts"
import type { EventTail, LoggedEventView } from "./LoggedEvents.ts"
import type {
  VerifyRequest,
  VerifyView,
  RepairRequest,
  RepairView,
  ReportCheck,
  ReportList
} from "./Reconciliation.ts"

/** What every action may need of the machine. */
export type Machine = FileSystem.FileSystem | Path.Path

export type Action<A> = Effect.Effect<A, Failure, Machine>

export const ROLES = ["all", "capture", "apply"] as const
export type Role = (typeof ROLES)[number]

export const CHECK_PARTS = ["source", "changelog", "target"] as const
export type CheckPart = (typeof CHECK_PARTS)[number]

export interface PartFinding extends Finding {
  readonly part: CheckPart
}

interface MappedTable {
  readonly table: string
  readonly as: string
  /** Table it fills, where it is a score table. */
  readonly target: string | undefined
}

export interface ConfigSummary {
  readonly connector: string
  readonly tables: ReadonlyArray<MappedTable>
}

/** How far the copy of the tables is. */
export interface SnapshotView extends SnapshotStatus {
  readonly connector: string
  /** Who said so: the running capture, or the HR database, which knows what has been applied. */
  readonly from: "capture" | "hr"
  /** When the HR database was told, RFC 3339; `null` where capture answers, or nothing is known. */
  readonly updatedAt: string | null
}

export interface LetterList {
  readonly letters: ReadonlyArray<DeadLetter>
  /** Whether the limit left some out. */
  readonly more: boolean
}

export interface LetterView extends Pick<LetterContent, "decisions"> {
  readonly letter: DeadLetter
  /** The change event, masked unless revealed. */
  readonly event: unknown
  readonly revealed: boolean
}

/** What operators want, of every role that somebody ever paused or resumed. */
export interface ControlView {
  readonly connector: string
  readonly controls: ReadonlyArray<RoleControl>
}

/** The connector's lanes before and after; the same where nothing was changed. */
export interface LanesView {
  readonly connector: string
  /** What the configuration says. */
  readonly configured: number
  readonly wanted: number
  readonly executed: boolean
  readonly before: ReadonlyArray<LaneState>
  readonly after: ReadonlyArray<LaneState>
}

/** What a receiver of alerts made of a test. */
export interface AlertTest {
  readonly webhook: string
  readonly delivered: boolean
  /** In its own words, or the error. */
  readonly answer: string
  readonly fix: string | null
}

export interface Migrated {
  /** Migrations applied now. */
  readonly applied: number
  /** Migrations that the database holds. */
  readonly total: number
  /** Role `gradewire_reader`, and what an administrator runs where this account may not make it. */
  readonly reader: { readonly ready: boolean; readonly statements: string }
}

export interface RunOptions {
  /** Lanes of apply that this process takes; all of them where it is left out. */
  readonly lanes: ReadonlyArray<number> | undefined
  /** Waits while another process works for the connector, and takes over when it is gone. */
  readonly standby: boolean
  readonly role: Role
  /** `json`: one object a line; `text`: for a person at a terminal. */
  readonly log: "json" | "text"
  /** Instead of the configuration's `http`; `false`: none. */
  readonly http: { readonly host: string | undefined; readonly port: number } | false | undefined
}

export interface Actions {
  readonly run: (file: string, options: RunOptions) => Action<never>
  readonly validate: (file: string) => Action<ConfigSummary>
  /** Every default filled in; secrets only as the places they come from. */
  readonly effective: (file: string) => Action<Readonly<Record<string, unknown>>>
  readonly schema: Action<Readonly<Record<string, unknown>>>
  readonly check: (file: string, parts: ReadonlyArray<CheckPart>) => Action<ReadonlyArray<PartFinding>>
  readonly checkIdentity: (
    file: string,
    request: IdentityRequest,
    watch: IdentityWatch
  ) => Action<IdentityCoverage>
  /** Every stage of the configuration's connector, and the sinks of others in its HR database. */
  readonly offsets: (file: string) => Action<ReadonlyArray<StageOffset>>
  readonly moveOffsets: (file: string, request: MoveRequest) => Action<MoveView>
  readonly offsetMoves: (file: string, limit: number) => Action<MoveHistory>
  /** `status` also answers while nothing runs; everything else is for the running capture. */
  readonly snapshot: (file: string, command: SnapshotCommand) => Action<SnapshotView>
  readonly letters: (file: string, filter: LetterFilter, limit: number) => Action<LetterList>
  readonly letter: (file: string, position: string, reveal: boolean) => Action<LetterView>
  /** `choice` undefined: neither or both ways of choosing were given. `by` undefined: this machine's account. */
  readonly settle: (
    file: string,
    request: Omit<SettleRequest, "by" | "choice"> & {
      readonly by: string | undefined
      readonly choice: SettleRequest["choice"] | undefined
    }
  ) => Action<Settlement>
  readonly held: (file: string, filter: HeldFilter, limit: number, reveal: boolean) => Action<HeldList>
  /** CSV text of the same. */
  readonly heldCsv: (file: string, filter: HeldFilter, limit: number, reveal: boolean) => Action<string>
  readonly heldResult: (file: string, result: string, reveal: boolean) => Action<HeldView>
  /** CSV text, one line a learner, with an empty column `employee`. */
  readonly heldExport: (file: string, filter: HeldFilter, reveal: boolean) => Action<string>
  readonly heldResolve: (file: string, subject: string, to: string, named: Named) => Action<HeldResolution>
  /** @param lines path of an export that came back; the reason of a line without one is `why` */
  readonly heldImport: (file: string, lines: string, named: Named) => Action<HeldResolution>
  readonly heldAside: (file: string, subject: string, ignore: boolean, named: Named) => Action<HeldAside>
  readonly relink: (file: string, learner: string, to: string, named: Named) => Action<Relinked>
  readonly traceResult: (file: string, result: string, reveal: boolean) => Action<ResultTrace>
  readonly traceEmployee: (
    file: string,
    employee: string,
    limit: number,
    reveal: boolean
  ) => Action<EmployeeTrace>
  /** Hands over the newest events, oldest first, then those that come. */
  readonly eventsTail: (
    file: string,
    tail: EventTail,
    print: (events: ReadonlyArray<LoggedEventView>) => Effect.Effect<void>
  ) => Action<void>
  readonly event: (file: string, position: string, reveal: boolean) => Action<LoggedEventView>
  /** @param execute `false`: only says what would be */
  readonly divide: (file: string, lanes: number, execute: boolean) => Action<LanesView>
  readonly testAlerts: (file: string) => Action<ReadonlyArray<AlertTest>>
  readonly verify: (
    file: string,
    request: VerifyRequest,
    watch: (run: ReconciliationRun, table: TableRun) => Effect.Effect<void>
  ) => Action<VerifyView>
  readonly repair: (
    file: string,
    request: RepairRequest,
    watch: (table: string, rows: number) => Effect.Effect<void>
  ) => Action<RepairView>
  readonly reports: (file: string, limit: number) => Action<ReportList>
  /** @param run `undefined`: the newest that was finished */
  readonly report: (file: string, run: string | undefined) => Action<ReconciliationReport>
  /** @param keyFile of the public key that must have signed it; `undefined`: any */
  readonly checkReport: (file: string, keyFile: string | undefined) => Action<ReportCheck>
  readonly migrate: (file: string) => Action<Migrated>
  readonly control: (
    file: string,
    roles: ReadonlyArray<RoleName>,
    wish: { readonly paused: boolean; readonly reason: string }
  ) => Action<ControlView>
  /** @param eventsPerSecond `null`: no limit any more */
  readonly throttle: (
    file: string,
    roles: ReadonlyArray<RoleName>,
    wish: { readonly eventsPerSecond: number | null; readonly reason: string }
  ) => Action<ControlView>
  readonly status: (file: string) => Action<PipelineStatus>
  /** What gives a sample whenever it is run, for as long as the scope lives. */
  readonly openLag: (file: string) => Effect.Effect<Effect.Effect<LagSample>, Failure, Machine | Scope.Scope>
  /** Text of docs/operations.md and docs/alerts.md, as it was when the program was built. */
  readonly guide: Action<string>
}
