/**
 * What a comparison by the clock found is mended at once, where it is little. Above the limit nothing is touched: so much
 * damage has a cause that a person should see first, a wrong mapping for one.
 *
 * The run is held meanwhile, so that one process mends it and none compares. A process that is killed leaves a hold that
 * gives way after a minute; whoever goes on looks at every open row again, and mends only what differs still.
 */
import { Effect } from "effect"
import type { Failure } from "../../schemas/failure.ts"
import type { RepairSettings } from "../../schemas/reconcile-config.ts"
import { BY_CLOCK } from "../../schemas/reconciliation.ts"
import type { ProfileView } from "./ProfileView.ts"
import { repair, type RepairStep } from "./repair.ts"
import type { RowSender } from "./RowSender.ts"
import { RunStore } from "./RunStore.ts"
import type { SourceRows } from "./SourceRows.ts"

const KEEP = "15 seconds"

/** `Withheld`: more rows than the limit are to be mended, and none was. */
export type SelfRepair =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Withheld"; readonly limit: number }
  | { readonly _tag: "Repaired"; readonly steps: ReadonlyArray<RepairStep> }

export const repairByItself = Effect.fnUntraced(function* (
  run: string,
  { kinds, limit }: RepairSettings,
  waitMillis: number
): Effect.fn.Return<SelfRepair, Failure, RunStore | SourceRows | ProfileView | RowSender> {
  const store = yield* RunStore
  const open = { kinds, isOpen: true, table: undefined, after: undefined }
  const found = yield* store.differences(run, open, limit + 1)
  if (found.length === 0) return { _tag: "Nothing" }
  if (found.length > limit) return { _tag: "Withheld", limit }
  const mending = repair({
    run,
    kinds,
    mode: "execute",
    revokeReason: undefined,
    by: BY_CLOCK,
    waitMillis,
    watch: () => Effect.void
  })
  const steps = yield* Effect.acquireUseRelease(
    store.hold(run),
    () => Effect.raceFirst(mending, Effect.forever(Effect.delay(store.keep(run), KEEP))),
    () => Effect.ignore(store.release(run))
  )
  return { _tag: "Repaired", steps }
})
