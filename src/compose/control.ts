/** `gradewire pause|resume|throttle`: stores the operator's wish in the HR database. */
import { Effect } from "effect"
import type { ControlView } from "../cli/Actions.ts"
import type { RoleName } from "../pipeline/Vitals.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { operator } from "./operator.ts"
import { targetOf } from "./target-of.ts"

export const control = Effect.fnUntraced(function* (
  file: string,
  roles: ReadonlyArray<RoleName>,
  wish: { readonly paused: boolean; readonly reason: string }
) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const operations = yield* target.operations
  for (const role of roles) yield* operations.setControl({ role, ...wish, changedBy: operator() })
  const controls = yield* operations.controls
  return { connector: loaded.config.connector, controls } satisfies ControlView
}, Effect.scoped)

export const throttle = Effect.fnUntraced(function* (
  file: string,
  roles: ReadonlyArray<RoleName>,
  wish: { readonly eventsPerSecond: number | null; readonly reason: string }
) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const operations = yield* target.operations
  for (const role of roles) yield* operations.setThrottle({ role, ...wish, changedBy: operator() })
  const controls = yield* operations.controls
  return { connector: loaded.config.connector, controls } satisfies ControlView
}, Effect.scoped)
