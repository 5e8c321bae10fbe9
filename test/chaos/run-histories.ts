/** Makes several histories happen after each other. */
import type { HistoryPlan } from "./plan-history.ts"
import type { Outcome } from "./run-history.ts"
import { Stage } from "./Stage.ts"

export interface Batch {
  readonly plans: ReadonlyArray<HistoryPlan>
  /** keep the folders of histories that passed, too */
  readonly keep: boolean
  /** Told of every history when it is over. */
  readonly over: (outcome: Outcome) => void
  /** Aborted: the history under way is given up, and everything is cleared away. */
  readonly signal: AbortSignal
}

/** Rejects where servers or program cannot be started. */
export const runHistories = async ({ keep, over, plans, signal }: Batch): Promise<void> => {
  const given = new Promise<undefined>((done) => signal.addEventListener("abort", () => done(undefined)))
  const stage = await Stage.open({ keep })
  try {
    for (const plan of plans) {
      const outcome = signal.aborted ? undefined : await Promise.race([stage.run(plan), given])
      if (outcome === undefined) return
      over(outcome)
    }
  } finally {
    await stage.close()
  }
}
