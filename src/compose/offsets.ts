/** `gradewire offsets list`: the HR database's own word on progress. */
import { Effect } from "effect"
import { listOffsets, type StoredOffset } from "../../connectors/hr/postgres/PostgresOffsets.ts"
import type { StageOffset } from "../cli/Actions.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { targetOptions } from "./options.ts"

/** Every connector that applies to the configuration's HR database. */
export const offsets = Effect.fnUntraced(function* (file: string) {
  const loaded = yield* loadConfig(file)
  const stored = yield* listOffsets(yield* targetOptions(loaded, "offsets"))
  return stored.map(stageOffset)
})

const stageOffset = (offset: StoredOffset): StageOffset => ({
  connector: offset.connector,
  stage: "apply",
  position: offset.anchor === null ? null : offset.position,
  logFile: offset.anchor?.file ?? null,
  logPosition: offset.anchor?.position ?? null,
  gtid: offset.anchor?.gtid ?? null,
  server: offset.anchor?.server ?? null,
  generation: offset.generation,
  streamSequence: offset.anchor === null ? null : offset.streamSequence,
  committedAt: offset.committedAt,
  updatedAt: offset.updatedAt,
  lagSeconds: offset.lagSeconds,
  ageSeconds: offset.idleSeconds,
  epoch: offset.epoch,
  holder: offset.holder,
  events: String(offset.events),
  applied: String(offset.applied),
  held: String(offset.held),
  deadLetters: String(offset.deadLetters)
})
