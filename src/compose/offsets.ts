/** `gradewire offsets list`: the HR database's own word on progress. */
import { Effect } from "effect"
import type { StoredOffset } from "../../connectors/hr/stored-rows.ts"
import type { StageOffset } from "../cli/Actions.ts"
import { loadConfig } from "../runtime/load-config.ts"
import { placeOf } from "./place-of.ts"
import { purgeMargin } from "./purge-margin.ts"
import { targetOf } from "./target-of.ts"

/**
 * Every connector that applies to the configuration's HR database.
 *
 * @param withMargin asks the configuration's training database as well how long it keeps what this connector needs
 */
export const offsets = Effect.fnUntraced(function* (file: string, withMargin: boolean) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const stored = yield* target.offsets
  return yield* Effect.forEach(stored, (offset) => {
    const isOurs = withMargin && offset.connector === loaded.config.connector && offset.anchor !== null
    const margin = isOurs ? purgeMargin(loaded, offset.anchor) : Effect.succeed(null)
    return Effect.map(margin, (hours): StageOffset => ({ ...stageOffset(offset), purgeMarginHours: hours }))
  })
})

const stageOffset = (offset: StoredOffset): Omit<StageOffset, "purgeMarginHours"> => ({
  connector: offset.connector,
  stage: "apply",
  lane: offset.lane,
  position: offset.anchor === null ? null : offset.position,
  ...logPlaceOf(offset),
  resume: offset.anchor === null ? null : `${offset.anchor.file}:${offset.anchor.position}`,
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

const logPlaceOf = ({ anchor, position }: StoredOffset): Pick<StageOffset, "logFile" | "logPosition"> => {
  const place = placeOf(anchor, position)
  return { logFile: place.file, logPosition: place.position }
}
