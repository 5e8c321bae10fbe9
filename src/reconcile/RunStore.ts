/** Port: where runs and what they found are kept: in the HR database, beside what was compared. */
import { Context, Schema, type Effect } from "effect"
import type { Failure, Fate } from "../../schemas/failure.ts"
import type { DifferenceKind, ReconciliationRun } from "../../schemas/reconciliation.ts"
import type { Difference } from "./differences.ts"

/** One comparison of a connector at a time: two would only cost both databases twice. */
export class ReconcileRunning extends Schema.TaggedError<ReconcileRunning>()("ReconcileRunning", {
  message: Schema.String,
  run: Schema.String,
  holder: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return `Wait for run ${this.run} of ${this.holder}; one whose process is gone gives way after a minute.`
  }
}

/** No such run, or none that could be gone on with. */
export class ReconcileUnknown extends Schema.TaggedError<ReconcileUnknown>()("ReconcileUnknown", {
  message: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "gradewire report list --config FILE lists the runs; gradewire verify --config FILE starts a new one."
}

/** Another process took the run over, because this one had said nothing for a minute. */
export class ReconcileTakenOver extends Schema.TaggedError<ReconcileTakenOver>()("ReconcileTakenOver", {
  message: Schema.String,
  run: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy = "Nothing to do: the other process goes on with it."
}

/** What is to be compared cannot be told from the rest. */
export class ReconcileUnaskable extends Schema.TaggedError<ReconcileUnaskable>()("ReconcileUnaskable", {
  message: Schema.String,
  fix: Schema.String
}) {
  readonly fate: Fate = "halt"
  get remedy(): string {
    return this.fix
  }
}

/** A file that was to be looked at is no sealed report. */
export class ReportUnreadable extends Schema.TaggedError<ReportUnreadable>()("ReportUnreadable", {
  message: Schema.String,
  file: Schema.String
}) {
  readonly fate: Fate = "halt"
  readonly remedy =
    "Give a file that gradewire report show wrote, with -o html or -o json, whole and unchanged."
}

/** A stored difference. */
export interface StoredDifference extends Difference {
  readonly table: string
  /** Who had it mended, and when; null: nobody yet. */
  readonly repairedBy: string | null
  readonly repairedAt: string | null
}

export interface DifferenceFilter {
  readonly kinds: ReadonlyArray<DifferenceKind>
  /** Only those that nobody had mended. */
  readonly isOpen: boolean
  /** Of this table of the run alone, those behind an id; in the order of ids. `undefined`: of all tables. */
  readonly table: string | undefined
  readonly after: string | undefined
}

export interface ListedRun extends ReconciliationRun {
  /** Rows that differed and that nobody has had mended. */
  readonly open: number
}

export class RunStore extends Context.Service<
  RunStore,
  {
    /** Makes it the connector's only running one. */
    readonly start: (run: ReconciliationRun) => Effect.Effect<void, Failure>
    /** The newest run that did not end, now held by this process. */
    readonly resume: Effect.Effect<ReconciliationRun, Failure>
    /** Stores how far the run is, and what was found since, in one transaction. */
    readonly save: (
      run: ReconciliationRun,
      table: string,
      found: ReadonlyArray<Difference>
    ) => Effect.Effect<void, Failure>
    /** Makes a finished run the connector's only one that somebody works at: this process. */
    readonly hold: (run: string) => Effect.Effect<void, Failure>
    /** Says that this process still works at the run; fails where another one has taken it. */
    readonly keep: (run: string) => Effect.Effect<void, Failure>
    readonly release: (run: string) => Effect.Effect<void, Failure>
    /** Newest first. */
    readonly list: (max: number) => Effect.Effect<ReadonlyArray<ListedRun>, Failure>
    readonly read: (run: string) => Effect.Effect<ReconciliationRun, Failure>
    readonly differences: (
      run: string,
      filter: DifferenceFilter,
      max: number
    ) => Effect.Effect<ReadonlyArray<StoredDifference>, Failure>
    /** Guards of results that stand beyond everything that was ever applied are set back to where apply is. */
    readonly lowerGuards: (table: string, ids: ReadonlyArray<string>) => Effect.Effect<void, Failure>
    /**
     * Removes runs that began before so many days, with what they found, a bounded number of rows at a time and at once.
     * Stay whatever their age: the newest finished run of everything and of a part, and a run with open damage until
     * everything was compared again.
     */
    readonly retire: (keepDays: number) => Effect.Effect<void, Failure>
    readonly repaired: (
      run: string,
      table: string,
      ids: ReadonlyArray<string>,
      by: string
    ) => Effect.Effect<void, Failure>
  }
>()("gradewire/reconcile/RunStore") {}
