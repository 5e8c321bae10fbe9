/** Makes several histories happen after each other, on one set of servers as long as that is sound. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ProgramCopy } from "../../deploy/demo/Gradewire.ts"
import type { HistoryPlan } from "./plan-history.ts"
import { type Outcome, runHistory } from "./run-history.ts"
import { ServerSet, type SourceKind } from "./ServerSet.ts"

export interface Batch {
  readonly source: SourceKind
  readonly plans: ReadonlyArray<HistoryPlan>
  /** keep the folders of histories that passed, too */
  readonly keep: boolean
  /** Told of every history when it is over. */
  readonly over: (outcome: Outcome) => void
}

/** Rejects where servers or program cannot be started. Folders of failed histories are kept. */
export const runHistories = async (batch: Batch): Promise<ReadonlyArray<Outcome>> => {
  const folder = await mkdtemp(join(tmpdir(), "gradewire-chaos-"))
  const outcomes: Array<Outcome> = []
  let servers: ServerSet | undefined
  try {
    const program = await ProgramCopy.into(folder)
    for (const plan of batch.plans) {
      servers ??= await ServerSet.start(batch.source, folder)
      const outcome = await runHistory(plan, join(folder, `seed-${plan.seed}`), servers, program)
      outcomes.push(outcome)
      batch.over(outcome)
      if (outcome.complaints.length > 0) {
        // whatever broke may have broken the servers, too
        await servers.stop()
        servers = undefined
      } else if (!batch.keep) await rm(outcome.folder, { recursive: true, force: true })
    }
  } finally {
    await servers?.stop()
    await rm(join(folder, "program"), { recursive: true, force: true })
    const isClean = outcomes.every(({ complaints }) => complaints.length === 0)
    if (isClean && !batch.keep) await rm(folder, { recursive: true, force: true })
  }
  return outcomes
}
