/**
 * From a loaded configuration to what each adapter wants to be told: defaults filled in, secrets read, file names made
 * absolute. One function per outside system, so that a command asks only for the secrets it needs.
 */
import { hostname } from "node:os"
import { Effect, Path, Redacted } from "effect"
import { jetStreamOptions } from "../../connectors/jetstream/options.ts"
import { storeTarget } from "../../connectors/hr/own-target.ts"
import type { ComparedTable } from "../../connectors/hr/compared-tables.ts"
import type { MySqlOptions } from "../../connectors/hr/mysql/mysql-client.ts"
import type { PostgresOptions } from "../../connectors/hr/postgres/postgres-client.ts"
import type { SourceOptions, TlsOptions } from "../../connectors/mysql/source-options.ts"
import { timeZone } from "../../schemas/civil-time.ts"
import type { Lane } from "../../schemas/lane.ts"
import type { Secret, Tls } from "../../schemas/config-values.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"
import { tablePlans } from "../capture/SourceTranslator.ts"
import type { LoadedConfig } from "../runtime/load-config.ts"
import { readNamedFile, readSecret } from "../runtime/read-secret.ts"

/** Options of everything in connectors/mysql. */
export const sourceOptions = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const { connector, source, tables } = loaded.config
  const password = yield* optionalSecret(source.password, "source.password", loaded.folder)
  return {
    connector,
    host: source.host,
    port: source.port ?? 3306,
    user: source.user,
    password: password ?? Redacted.make(""),
    tls: yield* sourceTls(source.tls, loaded.folder),
    serverId: source.serverId,
    bytesMax: loaded.config.limits?.sourceBytes,
    threadsRunningMax: loaded.config.limits?.snapshotThreadsRunning,
    acceptedStatements: source.acceptedStatements,
    tables: tablePlans(tables).map((plan) => plan.wanted)
  } satisfies SourceOptions
})

const SOURCE_TLS_MODES = {
  disable: "disabled",
  require: "required",
  "verify-ca": "verify-ca",
  "verify-identity": "verify-identity"
} as const

/** Where nothing is said, encrypted if the server can, as MySQL's own clients do. */
const sourceTls = Effect.fnUntraced(function* (tls: Tls | undefined, folder: string) {
  if (tls === undefined) return { mode: "preferred" } satisfies TlsOptions
  return {
    mode: SOURCE_TLS_MODES[tls.mode],
    ...(yield* pemTexts(tls, "source", folder))
  } satisfies TlsOptions
})

/** Options of everything in connectors/jetstream. */
export const changeLogOptions = Effect.fnUntraced(function* (loaded: LoadedConfig) {
  const { changeLog } = loaded.config
  const tls = yield* absoluteTls(changeLog.tls, loaded.folder)
  const secret = (key: "password" | "token" | "credentials") =>
    optionalSecret(changeLog[key], `changeLog.${key}`, loaded.folder)
  const secrets = {
    password: yield* secret("password"),
    token: yield* secret("token"),
    credentials: yield* secret("credentials")
  }
  const options = jetStreamOptions(loaded.config, secrets)
  return { ...options, tls }
})

/** A target of one kind, as the adapter of that kind is told of it. */
export type TargetOf<K extends ConnectorConfig["target"]["kind"]> = Extract<
  ConnectorConfig["target"],
  { kind: K }
>

/** How to reach the HR database on PostgreSQL. @param role shown to its DBA in `pg_stat_activity` */
export const postgresOptions = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  target: TargetOf<"postgresql">,
  role: string
) {
  return {
    host: target.host,
    port: target.port ?? 5432,
    database: target.database,
    user: target.user,
    password: yield* optionalSecret(target.password, "target.password", loaded.folder),
    tls: yield* postgresTls(target.tls, loaded.folder),
    applicationName: `gradewire ${loaded.config.connector} ${role}`
  } satisfies PostgresOptions
})

/** How to reach the HR database on MySQL or MariaDB. @param role shown to its DBA in `session_connect_attrs` */
export const mysqlOptions = Effect.fnUntraced(function* (
  loaded: LoadedConfig,
  target: TargetOf<"mysql">,
  role: string
) {
  return {
    host: target.host,
    port: target.port ?? 3306,
    user: target.user,
    password: yield* optionalSecret(target.password, "target.password", loaded.folder),
    tls: yield* mysqlTls(target.tls, loaded.folder),
    applicationName: `gradewire ${loaded.config.connector} ${role}`
  } satisfies MySqlOptions
})

/** Names this process to people: in the HR database and in `gradewire status`. */
export const HOLDER = `${hostname()}:${process.pid}`

/** What every profile store is told, whatever its server. */
/** @param lane for stores that apply */
export const storeOptions = ({ config }: LoadedConfig, lane?: Lane) => ({
  lane,
  connector: config.connector,
  mapping: {
    scores: config.tables.flatMap((table) =>
      table.as === "score"
        ? [
            {
              table: table.table,
              target: storeTarget(config.connector, table, config.tables),
              checks: table.checks
            }
          ]
        : []
    ),
    employees: config.employees,
    zone: timeZone(config.target.timeZone ?? config.source.timeZone) ?? 0
  },
  holder: HOLDER
})

/** Tables whose rows the HR database knows. */
export const comparedTables = ({ config }: LoadedConfig): ReadonlyArray<ComparedTable> =>
  config.tables.flatMap(({ as, table }) => (as === "row" ? [] : [{ table, as }]))

const postgresTls = Effect.fnUntraced(function* (tls: Tls | undefined, folder: string) {
  if (tls === undefined || tls.mode === "disable") return false
  return {
    ...(yield* presentPems(tls, folder)),
    rejectUnauthorized: tls.mode !== "require",
    ...(tls.mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {})
  }
})

const mysqlTls = Effect.fnUntraced(function* (tls: Tls | undefined, folder: string) {
  if (tls === undefined || tls.mode === "disable") return false
  return {
    ...(yield* presentPems(tls, folder)),
    rejectUnauthorized: tls.mode !== "require",
    verifyIdentity: tls.mode === "verify-identity"
  }
})

const presentPems = Effect.fnUntraced(function* (tls: Tls, folder: string) {
  const { ca, cert, key } = yield* pemTexts(tls, "target", folder)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key })
  }
})

/** PEM text of the files that `tls` names. */
const pemTexts = Effect.fnUntraced(function* (tls: Tls, section: string, folder: string) {
  const text = (key: "caFile" | "certFile" | "keyFile") => {
    const file = tls[key]
    return file === undefined ? Effect.undefined : readNamedFile(file, `${section}.tls.${key}`, folder)
  }
  return { ca: yield* text("caFile"), cert: yield* text("certFile"), key: yield* text("keyFile") }
})

/** `undefined` where the configuration names no secret. */
const optionalSecret = (secret: Secret | undefined, path: string, folder: string) =>
  secret === undefined ? Effect.undefined : readSecret(secret, path, folder)

/** File names in `tls` start at the configuration's folder. */
const absoluteTls = Effect.fnUntraced(function* (tls: Tls | undefined, folder: string) {
  if (tls === undefined) return undefined
  const paths = yield* Path.Path
  const absolute = { ...tls }
  for (const key of ["caFile", "certFile", "keyFile"] as const) {
    const file = tls[key]
    if (file !== undefined) absolute[key] = paths.resolve(folder, file)
  }
  return absolute
})
