/** `gradewire lanes set`: divides a connector's work anew, in the HR database alone. */
import { Effect } from "effect"
import type { LanesView } from "../cli/Actions.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { operator } from "./operator.ts"
import { targetOf } from "./target-of.ts"

export const divide = Effect.fnUntraced(function* (file: string, wanted: number, execute: boolean) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const desk = yield* target.lanes
  const before = yield* desk.stored
  // Nothing has been applied yet: the first run makes as many as the configuration says.
  const executed = execute && before.length > 0
  const after = executed ? yield* desk.divide(wanted, `lanes set by ${operator()}`) : before
  const configured = effectiveConfig(loaded.config).apply.lanes
  return {
    connector: loaded.config.connector,
    configured,
    wanted,
    executed,
    before,
    after
  } satisfies LanesView
}, Effect.scoped)
