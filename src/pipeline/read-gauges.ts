/** Sets the gauges from what the process knows about itself. Asked for by whoever reads the metrics. */
import { Clock, Effect, Metric } from "effect"
import { DAMAGE_KINDS } from "../../schemas/reconciliation.ts"
import * as metrics from "./metrics.ts"
import { CurrentVitals, ROLE_NAMES, ROLE_STATES, STAGES, SYSTEMS, type Vitals } from "./Vitals.ts"

/** The process as its platform knows it. */
export interface ProcessFigures {
  readonly version: string
  readonly residentBytes: number
  readonly heapBytes: number
  readonly cpuSeconds: number
  readonly startSeconds: number
}

export const readGauges = (figures: ProcessFigures): Effect.Effect<void> =>
  Effect.gen(function* () {
    const vitals = yield* CurrentVitals
    const now = yield* Clock.currentTimeMillis
    for (const [metric, value] of [
      ...roleGauges(vitals),
      ...stageGauges(vitals, now),
      ...queueGauges(vitals)
    ]) {
      yield* Metric.update(metric, value ?? Number.NaN)
    }
    yield* Metric.update(metrics.buildInformation({ version: figures.version }), 1)
    yield* Metric.update(metrics.residentBytes(), figures.residentBytes)
    yield* Metric.update(metrics.heapBytes(), figures.heapBytes)
    const counted = yield* Metric.value(metrics.cpuSecondsTotal())
    yield* Metric.update(metrics.cpuSecondsTotal(), figures.cpuSeconds - counted.count)
    yield* Metric.update(metrics.startSeconds(), figures.startSeconds)
  })

type Reading = readonly [Metric.Gauge<number>, number | undefined]

const roleGauges = (vitals: Vitals): ReadonlyArray<Reading> =>
  ROLE_NAMES.flatMap((role): ReadonlyArray<Reading> => {
    const own = vitals.roles.get(role)
    // A process says nothing about a role that it does not have.
    if (own === undefined) return []
    return [
      [metrics.up({ role }), own.state === "running" ? 1 : 0],
      ...ROLE_STATES.map((state): Reading => [
        metrics.roleState({ role, state }),
        own.state === state ? 1 : 0
      ]),
      [metrics.epoch({ role }), vitals.epochs.get(role)],
      [metrics.fenced({ role }), own.tag?.endsWith("Fenced") === true ? 1 : 0]
    ]
  })

const stageGauges = (vitals: Vitals, now: number): ReadonlyArray<Reading> => [
  ...STAGES.filter((stage) => vitals.roles.has(stage === "apply" ? "apply" : "capture")).flatMap(
    (stage): ReadonlyArray<Reading> => [
      [metrics.lagSeconds({ stage }), vitals.lagSeconds(stage, now)],
      [metrics.heartbeatAgeSeconds({ stage }), vitals.heartbeatAgeSeconds(stage, now)]
    ]
  ),
  ...SYSTEMS.map((system): Reading => {
    const answer = vitals.connections.get(system)
    return [metrics.connected({ system }), answer === undefined ? undefined : Number(answer)]
  }),
  ...[...vitals.certificateEnds].map(([system, millis]): Reading => [
    metrics.certificateEnd({ system }),
    millis / 1000
  ])
]

const queueGauges = ({
  comparison,
  purgeMarginSeconds,
  queues,
  snapshot
}: Vitals): ReadonlyArray<Reading> => [
  [metrics.purgeMarginSeconds(), purgeMarginSeconds],
  [metrics.heldResults(), queues?.held],
  [metrics.oldestHeldSeconds(), queues?.oldestHeldSeconds],
  [metrics.deadLetters(), queues?.deadLetters],
  ...(comparison === undefined
    ? []
    : [
        [metrics.reconciledAt(), comparison.finishedMillis / 1000] as const,
        [metrics.repairWithheld(), comparison.withheld] as const,
        ...DAMAGE_KINDS.map((kind): Reading => [
          metrics.reconcileDifferences({ kind }),
          comparison.differences.get(kind) ?? 0
        ])
      ]),
  ...(snapshot?.tables ?? []).flatMap(({ estimate, rows, table }): ReadonlyArray<Reading> => [
    [metrics.snapshotRows({ table }), rows],
    [metrics.snapshotEstimatedRows({ table }), estimate ?? undefined]
  ]),
  ...(snapshot === undefined
    ? []
    : (["waiting", "running", "done", "canceled"] as const).map((state): Reading => [
        metrics.snapshotTables({ state }),
        snapshot.tables.filter((table) => table.state === state).length
      ]))
]
