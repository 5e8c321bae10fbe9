/** The command that makes one history happen again. */
import type { HistoryPlan } from "./plan-history.ts"

/** @param areForced whether the faults were named and not drawn by the seed */
export const replayCommand = (plan: HistoryPlan, areForced: boolean): string => {
  const faults = areForced ? plan.faults.map(({ kind }) => ` --fault ${kind}`).join("") : ""
  const isHuge = plan.faults.some(({ kind }) => kind === "huge-transaction")
  const rows = isHuge ? ` --huge-rows ${plan.hugeRows}` : ""
  return `make chaos ARGS="--seeds 1 --first-seed ${plan.seed} --source ${plan.source} --target ${plan.target} --profile ${plan.profile} --lanes ${plan.lanes}${faults}${rows}"`
}
