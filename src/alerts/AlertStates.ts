/** Port: what was said about which alert, kept where the next process finds it. */
import type { Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"

/** An alert that holds, or whose end is still to be told. */
export interface AlertState {
  /** A name of schemas/alert-rules.ts; an older or newer program may know others. */
  readonly alert: string
  readonly subject: string
  /** Since when it holds, ms since 1970 UTC. */
  readonly sinceMillis: number
  /** When people were last told; `undefined`: not yet. */
  readonly toldMillis: number | undefined
  readonly text: string
  /** Names of receivers that were to hear it too and have not taken it. */
  readonly owedTo: ReadonlyArray<string>
  /** It is over, and those to whom it is owed have not heard that. */
  readonly over: boolean
}

export interface AlertStatesChange {
  readonly kept: ReadonlyArray<AlertState>
  readonly gone: ReadonlyArray<Pick<AlertState, "alert" | "subject">>
}

/** Of one speaker: a process with certain roles and lanes. */
export interface AlertStates {
  readonly read: Effect.Effect<ReadonlyArray<AlertState>, Failure>
  readonly write: (change: AlertStatesChange) => Effect.Effect<void, Failure>
}
