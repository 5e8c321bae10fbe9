/**
 * Port: the HR database. Rows, guard, queues and offset of a batch commit together or not at all (G4).
 *
 * - A batch names the position it follows and the epoch it is written under; where either differs nothing is written.
 * - The guard compares positions: an older change never overwrites a newer one, a replay changes nothing (G2).
 * - A score whose person is not proven is held, never filed to somebody else and never dropped (G7).
 */
import { Context, Schema, type Effect } from "effect"
import type { ApplyOffset } from "../../schemas/apply-offset.ts"
import type { ChangeEvent } from "../../schemas/change-event.ts"
import type { Fate } from "../../schemas/failure.ts"

export interface ApplyBatch {
  /** Offset that this batch follows; `undefined` for the very first. */
  readonly after: ApplyOffset | undefined
  /** Offset once the batch is committed. */
  readonly offset: ApplyOffset
  /** The last change of each key in the batch, in position order; `row.*` events left out. */
  readonly changes: ReadonlyArray<ChangeEvent>
  /** Change events that the batch covers, folded ones included. */
  readonly events: number
  /** Set where the one change of this batch was refused by the database: it goes to the dead letters instead. */
  readonly refusal: Refusal | undefined
}

/** Why a change is a dead letter. `detail` is the server's code and constraint, never a value. */
export interface Refusal {
  readonly reason: string
  readonly detail: string
}

/** Results by what became of them; `stale` lost against a newer position. */
export interface BatchOutcome {
  readonly applied: number
  readonly stale: number
  readonly held: number
  readonly dead: number
}

/** What `takeOver` found. */
export interface StoreLease {
  readonly epoch: number
  readonly offset: ApplyOffset | undefined
}

/** A table of employees that takes long to read is read less often: a twentieth of the time at most. */
export const READING_PAUSES = 20

export interface ReleaseOutcome {
  /** Held results filed now. */
  readonly released: number
  /** More may be due: to be asked again at once, after the changes that have come. */
  readonly more: boolean
}

export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  message: Schema.String,
  /** SQLSTATE or socket error code. */
  code: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Nothing to do if it passes by itself; else check that the HR database runs, is writable and reachable."
}

/** Deadlock, serialization failure, lock timeout: the same batch is tried again. */
export class StoreContended extends Schema.TaggedError<StoreContended>()("StoreContended", {
  message: Schema.String,
  code: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy =
    "Nothing to do; the batch is repeated. If it lasts, look for long transactions on the target tables."
}

/** Some row of the batch is refused by a constraint, a type or a trigger; the batch is split until it stands alone. */
export class RowRefused extends Schema.TaggedError<RowRefused>()("RowRefused", {
  message: Schema.String,
  code: Schema.String,
  detail: Schema.String
}) {
  readonly fate: Fate = "park"
  readonly remedy =
    "The row stands in the dead letters with the database's reason: gradewire deadletters list; mend the cause and replay it."
}

/** Another apply process took over (G6). */
export class ApplyFenced extends Schema.TaggedError<ApplyFenced>()("ApplyFenced", {
  message: Schema.String,
  epoch: Schema.Number,
  newerEpoch: Schema.Number
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Another gradewire applies for this connector. Run one apply process only; if the other one is the mistake, stop it and start this one again."
}

/** The stored offset is not the one this process left there, under the same epoch: restored from a backup, or edited. */
export class OffsetMoved extends Schema.TaggedError<OffsetMoved>()("OffsetMoved", {
  message: Schema.String,
  expected: Schema.String,
  found: Schema.String
}) {
  readonly fate: Fate = "retry"
  readonly remedy = "Apply starts again from the offset that the HR database holds now; nothing to do."
}

/** The connector's work is divided into another number of lanes than this process was told. */
export class LanesMismatch extends Schema.TaggedError<LanesMismatch>()("LanesMismatch", {
  message: Schema.String,
  stored: Schema.Number,
  configured: Schema.Number
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `gradewire lanes set ${this.configured} --config FILE --execute # or go back to apply.lanes: ${this.stored}`
  }
}

/** Tables, columns or rights are missing or do not fit; no retry will help. */
export class StoreMisconfigured extends Schema.TaggedError<StoreMisconfigured>()("StoreMisconfigured", {
  message: Schema.String,
  code: Schema.String,
  fix: Schema.String,
  /** A right, table or column of HR's that was taken away and can be given back: who has worked with it waits. */
  canReturn: Schema.optional(Schema.Boolean)
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

export type ProfileStoreError =
  | StoreUnavailable
  | StoreContended
  | RowRefused
  | ApplyFenced
  | OffsetMoved
  | LanesMismatch
  | StoreMisconfigured

export class ProfileStore extends Context.Service<
  ProfileStore,
  {
    /**
     * Raises the epoch: whoever applied before can no longer commit. Returns the offset to go on from. Where HR's employees
     * were never read under these matching rules, they are read first.
     */
    readonly takeOver: Effect.Effect<StoreLease, ProfileStoreError>
    /** The stored offset of this lane, without taking over. */
    readonly offset: Effect.Effect<ApplyOffset | undefined, ProfileStoreError>
    /** Where all lanes are: everything at or before it is applied in each. `undefined` where some lane has not begun. */
    readonly progress: Effect.Effect<ApplyOffset | undefined, ProfileStoreError>
    /**
     * One transaction, one round trip. Repeating a batch whose outcome is unknown is safe: where the offset already is
     * the batch's own, it counts as done with zero applied.
     */
    readonly apply: (epoch: number, batch: ApplyBatch) => Effect.Effect<BatchOutcome, ProfileStoreError>
    /** Reads HR's employees anew, for keys that HR spells in unusual ways; beside the batches, not between them. */
    readonly readEmployees: Effect.Effect<void, ProfileStoreError>
    /**
     * Files held results whose person is proven by now, a page of them at most, in one transaction under the epoch.
     */
    readonly release: (epoch: number) => Effect.Effect<ReleaseOutcome, ProfileStoreError>
  }
>()("gradewire/apply/ProfileStore") {}
