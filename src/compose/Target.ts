/** The HR database as the commands know it, whatever its kind. */
import type { Effect, Layer, Scope } from "effect"
import type { MigrateOutcome } from "../../connectors/hr/migrations.ts"
import type { Operations } from "../../connectors/hr/operations.ts"
import type { ReaderRole } from "../../connectors/hr/reader-role.ts"
import type { AppliedSnapshot, StoredOffset } from "../../connectors/hr/stored-rows.ts"
import type { Lane } from "../../schemas/lane.ts"
import type { SourceColumns } from "../../connectors/hr/target-findings.ts"
import type { Finding } from "../../schemas/finding.ts"
import type { LaneDesk } from "../apply/LaneDesk.ts"
import type { OffsetDesk } from "../apply/OffsetDesk.ts"
import type { DeadLetterDesk } from "../apply/DeadLetterDesk.ts"
import type { HeldDesk } from "../apply/HeldDesk.ts"
import type { TraceDesk } from "../apply/TraceDesk.ts"
import type { IdentityJudge } from "../identity/IdentityJudge.ts"
import type { ProfileStore, ProfileStoreError } from "../apply/ProfileStore.ts"
import type { ProfileView } from "../reconcile/ProfileView.ts"
import type { RunStore } from "../reconcile/RunStore.ts"
import type { Machine } from "../cli/Actions.ts"
import type { SecretUnreadable } from "../runtime/config-errors.ts"

type Asked<A, E = never> = Effect.Effect<A, SecretUnreadable | E, Machine>

export interface Target {
  readonly store: (lane: Lane) => Asked<Layer.Layer<ProfileStore>>
  readonly lanes: Effect.Effect<LaneDesk, SecretUnreadable, Machine | Scope.Scope>
  readonly offsetDesk: Effect.Effect<OffsetDesk, SecretUnreadable, Machine | Scope.Scope>
  readonly migrate: Asked<MigrateOutcome, ProfileStoreError>
  /** Makes the role that reads the views, where the account may. */
  readonly grantReader: Asked<ReaderRole, ProfileStoreError>
  /** @param sourceColumns what the training database's columns can hold, where that is known */
  readonly check: (sourceColumns: ReadonlyMap<string, SourceColumns>) => Asked<ReadonlyArray<Finding>>
  readonly identity: Effect.Effect<IdentityJudge, SecretUnreadable, Machine | Scope.Scope>
  readonly letters: Effect.Effect<DeadLetterDesk, SecretUnreadable, Machine | Scope.Scope>
  readonly trace: Effect.Effect<TraceDesk, SecretUnreadable, Machine | Scope.Scope>
  readonly held: Effect.Effect<HeldDesk, SecretUnreadable, Machine | Scope.Scope>
  readonly offsets: Asked<ReadonlyArray<StoredOffset>, ProfileStoreError>
  readonly snapshot: Asked<AppliedSnapshot, ProfileStoreError>
  /** What the HR database is asked and told in a comparison, each on a connection of its own. */
  readonly reconciliation: Asked<Layer.Layer<ProfileView | RunStore>>
  /** The socket of a new connection, a TLSSocket where it is encrypted. */
  readonly peer: Effect.Effect<unknown, unknown, Machine | Scope.Scope>
  /** On a connection that is opened when it is first asked and lives as long as the scope. */
  readonly operations: Effect.Effect<Operations, SecretUnreadable, Machine | Scope.Scope>
}
