/** `gradewire snapshot …`: commands go to the running capture; where none runs, the HR database tells the progress. */
import { Effect } from "effect"
import { askSnapshot } from "../../connectors/jetstream/NatsSnapshotAsk.ts"
import { NatsConnection } from "../../connectors/jetstream/NatsConnection.ts"
import type { SnapshotCommand } from "../../schemas/snapshot-command.ts"
import type { SnapshotView } from "../cli/Actions.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { changeLogOptions } from "./options.ts"
import { targetOf } from "./target-of.ts"

export const snapshot = Effect.fnUntraced(function* (file: string, command: SnapshotCommand) {
  const loaded = yield* loadConfig(file)
  if (command.command !== "status") return yield* tell(loaded, command)
  // Side by side: neither of the two may have to wait for the other one's timeout.
  const [live, stored] = yield* Effect.all(
    [Effect.result(tell(loaded, command)), Effect.result(applied(loaded))],
    {
      concurrency: "unbounded"
    }
  )
  if (live._tag === "Success") return live.success
  return yield* Effect.fromResult(stored)
})

const tell = Effect.fnUntraced(function* (loaded: LoadedConfig, command: SnapshotCommand) {
  const log = yield* changeLogOptions(loaded)
  const status = yield* askSnapshot(log, command).pipe(Effect.provide(NatsConnection.layer(log)))
  const { connector } = loaded.config
  return { connector, from: "capture", updatedAt: null, ...status } satisfies SnapshotView
})

const applied = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const { connector } = loaded.config
  const target = yield* targetOf(loaded)
  const stored = yield* target.snapshot
  return { connector, from: "hr", ...stored } satisfies SnapshotView
})
