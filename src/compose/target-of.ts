/**
 * The HR database that a configuration names. Each kind's adapter is a file of its own, read when a configuration names
 * that kind, so that the other one's driver is not loaded.
 */
import { Effect } from "effect"
import type { LoadedConfig } from "../runtime/load-config.ts"
import type { Target } from "./Target.ts"

export const targetOf = (loaded: LoadedConfig): Effect.Effect<Target> => {
  const { target } = loaded.config
  return target.kind === "mysql"
    ? Effect.map(
        Effect.promise(() => import("./mysql-target.ts")),
        (m) => m.mysqlTarget(loaded, target)
      )
    : Effect.map(
        Effect.promise(() => import("./postgres-target.ts")),
        (m) => m.postgresTarget(loaded, target)
      )
}
