/** `gradewire verify`: both databases, asked side by side; the run is kept in the HR database. */
import { Effect, Layer, Random } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import { FINDING_KINDS, type ReconciliationRun, type RunOrigin } from "../../schemas/reconciliation.ts"
import { KEEP_DAYS } from "../../schemas/reconcile-config.ts"
import type { Actions } from "../cli/Actions.ts"
import type { VerifyRequest, VerifyView } from "../cli/Reconciliation.ts"
import { ProfileView } from "../reconcile/ProfileView.ts"
import { ReconcileUnaskable, RunStore } from "../reconcile/RunStore.ts"
import { newRun, utcNow, verify as compare, type VerifyOptions } from "../reconcile/verify.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { effectiveConfig } from "./effective-config.ts"
import { mappingOf } from "./record-mapping.ts"
import { operator } from "./operator.ts"
import { keepHeapSmall } from "./small-heap.ts"
import { layerSourceRows } from "./source-rows.ts"
import { targetOf } from "./target-of.ts"

const SUSPECTS_MAX = 5000
const SHOWN_MAX = 1000

export const verify = Effect.fnUntraced(function* (
  file: string,
  request: VerifyRequest,
  watch: Parameters<Actions["verify"]>[2]
) {
  const loaded = yield* loadConfig(file)
  return yield* Effect.raceFirst(verifyWith(loaded, request, watch), keepHeapSmall)
})

export const verifyWith = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  request: VerifyRequest,
  watch: Parameters<Actions["verify"]>[2],
  by = operator()
) {
  const target = yield* targetOf(loaded)
  const hr = yield* target.reconciliation
  const ports = Layer.mergeAll(layerSourceRows(loaded), hr)
  return yield* Effect.gen(function* () {
    const run = request.resume ? yield* (yield* RunStore).resume : yield* begin(loaded, request, by)
    const done = yield* compare(run, yield* optionsOf(loaded, run, request, watch))
    const keepDays = loaded.config.reconcile?.keepDays ?? KEEP_DAYS
    // What cannot be removed now is removed after the next run.
    yield* Effect.ignore((yield* RunStore).retire(keepDays))
    return yield* viewOf(loaded.config.connector, done)
  }).pipe(Effect.provide(ports))
})

/** What a run found, as far as a person reads; the rest stands in the HR database. */
export const viewOf = Effect.fnUntraced(function* (connector: string, run: ReconciliationRun) {
  const filter = { kinds: FINDING_KINDS, isOpen: false, table: undefined, after: undefined }
  const found = yield* (yield* RunStore).differences(run.run, filter, SHOWN_MAX + 1)
  return {
    connector,
    run,
    differences: found.slice(0, SHOWN_MAX),
    more: found.length > SHOWN_MAX
  } satisfies VerifyView
})

const begin = Effect.fnUntraced(function* (loaded: LoadedConfig, request: VerifyRequest, by: string) {
  const { course, person, since, tables } = request
  const named = yield* tablesOf(loaded, request)
  const startedAt = yield* utcNow
  const mark = (yield* Random.nextIntBetween(0, 0x10000)).toString(16).padStart(4, "0")
  const name = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, "")}-${mark}`
  const scope = { tables: tables.length === 0 ? null : tables, course, person, since }
  const run = newRun(name, by, startedAt, named, scope, originOf(loaded))
  yield* (yield* RunStore).start(run)
  return run
})

const originOf = ({ config }: LoadedConfig): RunOrigin => {
  const { source, target } = effectiveConfig(config)
  const database = config.target.kind === "postgresql" ? `/${config.target.database}` : ""
  return {
    version: packageJson.version,
    mapping: mappingOf(config).hash,
    source: `${source.host}:${source.port}`,
    target: `${target.kind} ${target.host}:${target.port}${database}`
  }
}

/** Directories first: what is wrong there explains what is wrong with results. Raw rows are filed nowhere. */
const tablesOf = ({ config }: LoadedConfig, { course, person, since, tables }: VerifyRequest) => {
  const isNarrow = course !== null || person !== null || since !== null
  const known = config.tables.filter((table) => table.as !== "row")
  const unknown = tables.find((name) => !known.some(({ table }) => table === name))
  const names = known.map(({ table }) => table).join(", ")
  if (unknown !== undefined) {
    return new ReconcileUnaskable({
      message: `${unknown} is no table whose rows are filed in the HR database`,
      fix: `Give one of ${names}.`
    })
  }
  const chosen = known.filter(({ table }) => tables.length === 0 || tables.includes(table))
  const scores = isNarrow ? chosen.filter((table) => table.as === "score") : chosen
  const lacking = scores.flatMap((table) => {
    const fields: Readonly<Record<string, unknown>> = table.fields
    const lacks = [
      ...(course !== null && fields["assessment"] === undefined ? ["assessment"] : []),
      ...(person !== null && fields["learner"] === undefined ? ["learner"] : []),
      ...(since !== null && fields["submittedAt"] === undefined && fields["gradedAt"] === undefined
        ? ["submittedAt or gradedAt"]
        : [])
    ]
    return lacks.map((what) => `${table.table} maps no ${what}`)
  })
  if (lacking.length > 0 || scores.length === 0) {
    return new ReconcileUnaskable({
      message: lacking[0] ?? "no score table is named",
      fix: "Leave the condition out, or name with --table a score table that maps what it asks for."
    })
  }
  return Effect.succeed(scores.map(({ table }) => table))
}

const optionsOf = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  run: ReconciliationRun,
  { isDeep, rowsPerSecond, waitSeconds }: VerifyRequest,
  watch: VerifyOptions["watch"]
) {
  const { limits } = effectiveConfig(loaded.config)
  const { course, person, since } = run.scope
  const profile = yield* ProfileView
  return {
    isDeep,
    rowsMax: limits.snapshotRows,
    rowsPerSecond: rowsPerSecond ?? limits.snapshotRowsPerSecond,
    suspectsMax: SUSPECTS_MAX,
    waitMillis: waitSeconds * 1000,
    source: {
      since: since ?? undefined,
      assessment: course ?? undefined,
      learners: person === null ? undefined : yield* profile.learnersOf(person)
    },
    profile: { since: since ?? undefined, employee: person ?? undefined, assessment: course ?? undefined },
    watch
  } satisfies VerifyOptions
})
