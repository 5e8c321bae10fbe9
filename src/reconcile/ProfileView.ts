/**
 * Port: what the HR database holds for rows of the training database. Reads only.
 *
 * Who a result belongs to is not decided anew: the ledger and the links say what was decided (G7). Values are compared in
 * the database, as what apply would write there, so that a conversion, a rounding or a padding is no difference.
 */
import { Context, type Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import type { PositionText } from "../../schemas/position.ts"
import type { TableSum } from "../../schemas/reconciliation.ts"
import type { SourceRow } from "./SourceRows.ts"

/** How far one lane of apply is. */
export interface ApplyPlace {
  readonly position: PositionText
  readonly server: string
  readonly timeline: number
}

/** A row as the HR database has it, at one moment. */
export interface Standing {
  readonly id: string
  /** What the ledger, or the directory, says of it. */
  readonly state: "absent" | "filed" | "revoked"
  /** Of the last change that was applied to it. */
  readonly position: PositionText | null
  /** Its row of the target is there. */
  readonly isThere: boolean
  readonly isHeld: boolean
  readonly isDead: boolean
  /** Names of what differs. */
  readonly fields: ReadonlyArray<string>
  /** The row is still what gradewire wrote; false where that is not known. */
  readonly isUntouched: boolean
  readonly learner: string | null
  /** Of its summed columns; empty where they are not known. */
  readonly amounts: ReadonlyArray<Amount>
}

/** One summed column's value, or the sum over rows: exact decimals; null: there is none, or it is not known. */
export type Amount = Pick<TableSum, "source" | "expected" | "profile">

/** Rows that are as the source has them, all at the moment of one answer. */
export interface EqualRows {
  readonly rows: number
  /** Empty where there are no such rows. */
  readonly amounts: ReadonlyArray<Amount>
}

export interface Compared {
  readonly differing: ReadonlyArray<Standing>
  readonly equal: EqualRows
}

export const NOTHING_COMPARED: Compared = { differing: [], equal: { rows: 0, amounts: [] } }

export interface IdPage {
  /** In an order of the database's own. */
  readonly ids: ReadonlyArray<string>
  readonly isEnd: boolean
}

/** Whose rows are looked at from this side. */
export interface ProfileScope {
  /** RFC 3339 UTC: rows that were applied since. */
  readonly since: string | undefined
  readonly employee: string | undefined
  /** Rows whose target keeps the id of their assessment, and it is this one. */
  readonly assessment: string | undefined
}

export class ProfileView extends Context.Service<
  ProfileView,
  {
    /** Standings of those rows that are not what the source has; of the others their number and sums. */
    readonly compare: (table: string, rows: ReadonlyArray<SourceRow>) => Effect.Effect<Compared, Failure>
    /** Columns of the table's target whose values are added up, in the order of amounts: those of exact numbers. */
    readonly summed: (
      table: string
    ) => Effect.Effect<ReadonlyArray<Pick<TableSum, "column" | "from">>, Failure>
    /** Why texts of this table's rows (RowTexts.ts) cannot be compared; `undefined`: they can. */
    readonly obstacle: (table: string) => Effect.Effect<string | undefined, Failure>
    /** As `compare`; `undefined` where some value is refused, so that the rows have to be looked at one by one. */
    readonly compareTexts: (
      table: string,
      texts: ReadonlyArray<string>
    ) => Effect.Effect<Compared | undefined, Failure>
    /** Standings of those ids that the HR database still holds as filed; nothing of the others. */
    readonly standing: (
      table: string,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<Standing>, Failure>
    /** Ids behind one that count as filed, from the ledger or a directory. */
    readonly filed: (
      table: string,
      after: string | undefined,
      max: number,
      scope: ProfileScope
    ) => Effect.Effect<IdPage, Failure>
    /** Ids behind one that rows of the target name, and the ledger does not count as filed; none of a moment's. */
    readonly strays: (
      table: string,
      after: string | undefined,
      max: number,
      scope: ProfileScope
    ) => Effect.Effect<IdPage, Failure>
    /** Learners who were proven to be this employee. */
    readonly learnersOf: (employee: string) => Effect.Effect<ReadonlyArray<string>, Failure>
    /** Of all lanes; empty where nothing was ever applied. */
    readonly progress: Effect.Effect<ReadonlyArray<ApplyPlace>, Failure>
  }
>()("gradewire/reconcile/ProfileView") {}
