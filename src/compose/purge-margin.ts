/** How long the training database still keeps the binlog that the HR database's offset needs. */
import { Effect } from "effect"
import type { StoredOffset } from "../../connectors/hr/stored-rows.ts"
import { purgeFinding, readPurgeMargin, type PurgeMargin } from "../../connectors/mysql/purge-margin.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { sourceOptions } from "./options.ts"
import { targetOf } from "./target-of.ts"

/** Nobody waits longer for a figure that is only an addition. */
const PATIENCE = "3 seconds"

type Anchor = Pick<NonNullable<StoredOffset["anchor"]>, "file" | "server">

/** `null` where the training database does not answer in time. */
export const purgeMargin = (loaded: LoadedConfig, anchor: Anchor) =>
  sourceOptions(loaded).pipe(
    Effect.flatMap((options) => readPurgeMargin(options, anchor)),
    Effect.timeout(PATIENCE),
    Effect.catch(() => Effect.succeed<PurgeMargin>(null))
  )

/** The lane that needs the oldest part of the binlog; one that has not begun before all others. */
export const slowestLane = (
  stored: ReadonlyArray<StoredOffset>,
  connector: string
): StoredOffset | undefined =>
  stored
    .filter((row) => row.connector === connector)
    .toSorted((a, b) => (a.anchor === null ? -1 : b.anchor !== null && a.position < b.position ? -1 : 1))[0]

/** One finding, or none where the HR database does not say what is needed: that is the finding of another part. */
export const checkPurgeMargin = (loaded: LoadedConfig) =>
  Effect.gen(function* () {
    const stored = yield* (yield* targetOf(loaded)).offsets
    const anchor = slowestLane(stored, loaded.config.connector)?.anchor ?? undefined
    return [purgeFinding(anchor, anchor === undefined ? null : yield* purgeMargin(loaded, anchor))]
  }).pipe(
    Effect.timeout("6 seconds"),
    Effect.catch(() => Effect.succeed([]))
  )
