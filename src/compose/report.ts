/** `gradewire report …`: what the HR database keeps of a comparison, sealed; and sealed reports looked at again. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { Effect, FileSystem, Redacted, Schema } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import { ReconciliationReport, REPORT_FORMAT, type ReportTable } from "../../schemas/reconciliation-report.ts"
import type { ReconciliationRun, RunScope, TableRun } from "../../schemas/reconciliation.ts"
import { reportHtml, reportInHtml } from "../cli/report-html.ts"
import type { ReportCheck } from "../cli/Reconciliation.ts"
import { ReconcileUnknown, ReportUnreadable, RunStore } from "../reconcile/RunStore.ts"
import { toldSums } from "../reconcile/sums.ts"
import { utcNow } from "../reconcile/verify.ts"
import { SecretUnreadable } from "../runtime/config-errors.ts"
import { loadConfig, type LoadedConfig } from "../runtime/load-config.ts"
import { readNamedFile, readSecret } from "../runtime/read-secret.ts"
import { reportRows, type ReportRows } from "./report-rows.ts"
import { brokenParts, sealReport, signatureState } from "./seal-report.ts"
import { targetOf } from "./target-of.ts"

/** Differences that a report lists; the counts are of all. */
const LISTED_MAX = 100_000
const LISTED_RUNS_MAX = 1000

export const reports = Effect.fnUntraced(function* (file: string, limit: number) {
  const loaded = yield* loadConfig(file)
  const target = yield* targetOf(loaded)
  const runs = yield* Effect.flatMap(RunStore, ({ list }) =>
    list(Math.min(Math.max(1, limit), LISTED_RUNS_MAX))
  ).pipe(Effect.provide(yield* target.reconciliation))
  return { connector: loaded.config.connector, runs }
})

/** @param run `undefined`: the newest that was finished */
export const report = Effect.fnUntraced(function* (file: string, run: string | undefined) {
  const loaded = yield* loadConfig(file)
  const key = yield* signingKey(loaded)
  const target = yield* targetOf(loaded)
  return yield* Effect.gen(function* () {
    const store = yield* RunStore
    const found = run === undefined ? yield* newest : yield* store.read(run)
    const rows = yield* reportRows(store, found, LISTED_MAX)
    return sealReport(yield* unsealed(loaded.config.connector, found, rows), key)
  }).pipe(Effect.provide(yield* target.reconciliation))
})

const newest = Effect.gen(function* () {
  const runs = yield* (yield* RunStore).list(LISTED_RUNS_MAX)
  const found = runs.find(({ state }) => state === "done")
  return found ?? (yield* new ReconcileUnknown({ message: "no comparison was ever finished" }))
})

const unsealed = Effect.fnUntraced(function* (
  connector: string,
  { by, finishedAt, origin, run, scope, startedAt, state, tables }: ReconciliationRun,
  rows: ReportRows
) {
  return {
    format: REPORT_FORMAT,
    connector,
    run,
    state,
    by,
    scope,
    startedAt,
    finishedAt,
    origin,
    madeAt: yield* utcNow,
    madeWith: packageJson.version,
    tables: tables.map((table) => tableOf(table, scope)),
    ...rows
  } as const
})

const tableOf = ({ kinds, reverseRows, rows, ...table }: TableRun, scope: RunScope): ReportTable => ({
  table: table.table,
  startedAt: table.startedAt,
  finishedAt: table.finishedAt,
  sourceRows: rows,
  profileRows: reverseRows,
  chunks: table.chunks,
  skipped: table.skipped,
  from: table.from ?? null,
  upTo: table.upTo,
  missing: kinds["missing"] ?? 0,
  extra: kinds["extra"] ?? 0,
  stale: kinds["stale"] ?? 0,
  mismatch: kinds["mismatch"] ?? 0,
  unsettled: kinds["unsettled"] ?? 0,
  held: kinds["held"] ?? 0,
  dead: kinds["dead"] ?? 0,
  ...(table.compared === undefined ? {} : { compared: table.compared }),
  ...(table.sums === undefined ? {} : { sums: toldSums(table, scope) })
})

const KEY_FIX = "openssl genpkey -algorithm ed25519 -out report-key.pem"
const PUBLIC_FIX = "openssl pkey -in report-key.pem -pubout -out report-public.pem"

const keyOf = (make: () => KeyObject, path: string, place: string, fix: string) =>
  Effect.try({ try: make, catch: () => undefined }).pipe(
    Effect.filterOrFail(
      (key) => key.asymmetricKeyType === "ed25519",
      () => undefined
    ),
    Effect.mapError(
      () =>
        new SecretUnreadable({ message: `${path}: ${place} holds no Ed25519 key in PEM`, path, place, fix })
    )
  )

/** `undefined` where reports are not signed. */
const signingKey = Effect.fnUntraced(function* ({ config, folder }: LoadedConfig) {
  const secret = config.reconcile?.signingKey
  if (secret === undefined) return undefined
  const path = "reconcile.signingKey"
  const pem = Redacted.value(yield* readSecret(secret, path, folder))
  const place = "file" in secret ? `file ${secret.file}` : `environment variable ${secret.env}`
  return yield* keyOf(() => createPrivateKey(pem), path, place, KEY_FIX)
})

/** @param keyFile of the public key that must have signed the report; `undefined`: any */
export const checkReport = Effect.fnUntraced(function* (file: string, keyFile: string | undefined) {
  const wanted =
    keyFile === undefined
      ? undefined
      : yield* Effect.flatMap(readNamedFile(keyFile, "--key", "."), (pem) =>
          keyOf(() => createPublicKey(pem), "--key", `file ${keyFile}`, PUBLIC_FIX)
        )
  const unreadable = (why: string) => new ReportUnreadable({ message: `${file}: ${why}`, file })
  const text = yield* Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(file)).pipe(
    Effect.mapError(() => unreadable("cannot be read"))
  )
  const isPage = text.trimStart().startsWith("<")
  const raw = yield* Effect.try({
    try: () => JSON.parse(isPage ? (reportInHtml(text) ?? "") : text) as ReconciliationReport,
    catch: () => unreadable("holds no report of gradewire")
  })
  yield* Schema.decodeUnknownEffect(ReconciliationReport)(raw).pipe(
    Effect.mapError(() => unreadable("is no report that this version of gradewire knows"))
  )
  const broken = [...brokenParts(raw)]
  // The page shows what is embedded in it, and nothing else.
  const isFaithful = !isPage || reportHtml(raw) === text.trimEnd() || raw.madeWith !== packageJson.version
  if (!isFaithful) broken.push("the page shows something else than the report that it holds")
  const signature = signatureState(raw.seal, wanted)
  return {
    file,
    connector: raw.connector,
    run: raw.run,
    digest: raw.seal.digest,
    altered: broken,
    signature,
    keyFingerprint: raw.seal.signature?.keyFingerprint ?? null,
    unlookedPage: isPage && raw.madeWith !== packageJson.version,
    isGenuine:
      broken.length === 0 && (signature === "valid" || (signature === "none" && wanted === undefined))
  } satisfies ReportCheck
})
