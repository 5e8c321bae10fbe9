/** `gradewire repair`: what a run found, mended by way of the running capture. */
import { Effect, Layer } from "effect"
import type { Actions } from "../cli/Actions.ts"
import type { RepairRequest, RepairView } from "../cli/Reconciliation.ts"
import { repair as mend } from "../reconcile/repair.ts"
import { ReconcileUnaskable } from "../reconcile/RunStore.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { operator } from "./operator.ts"
import { layerRowSender } from "./row-sender.ts"
import { layerSourceRows } from "./source-rows.ts"
import { targetOf } from "./target-of.ts"

export const repair = Effect.fnUntraced(function* (
  file: string,
  { kinds, mode, reason, revokeExtra, run, waitSeconds }: RepairRequest,
  watch: Parameters<Actions["repair"]>[2]
) {
  if (revokeExtra && (reason ?? "") === "") {
    return yield* new ReconcileUnaskable({
      message: "rows are revoked only for a reason",
      fix: "Say why: --revoke-extra --reason 'removed by the data protection request of 2026-11-22'"
    })
  }
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const waitMillis = waitSeconds * 1000
  const ports = Layer.mergeAll(
    layerSourceRows(loaded),
    yield* target.reconciliation,
    layerRowSender(loaded, waitMillis)
  )
  const options = {
    run,
    kinds,
    mode,
    revokeReason: revokeExtra ? (reason ?? undefined) : undefined,
    by: operator(),
    waitMillis,
    watch
  }
  const steps = yield* mend(options).pipe(Effect.provide(ports))
  return { connector: loaded.config.connector, run, mode, steps } satisfies RepairView
})
