/**
 * An ordinary connection to the training database, for the questions around the binlog. The only file besides
 * binlog-client.ts that knows the driver, and the place where connection options are made for both.
 */
import { Effect, Redacted, type Scope } from "effect"
import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from "mysql2/promise"
import { SourceMisconfigured, type ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import { classifyError, driverError, type Attempt } from "./classify-error.ts"
import { defaultServerId, type SourceOptions, type TlsOptions } from "./source-options.ts"

export type SqlRow = Readonly<Record<string, unknown>>

export interface SqlConnection {
  readonly encrypted: boolean
  readonly query: (
    sql: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<SqlRow>, ChangeSourceError>
  /** Rows as the text the server sends, column by column. */
  readonly texts: (
    sql: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<string | null>>, ChangeSourceError>
  /** A quoted string literal. */
  readonly escape: (text: string) => string
}

const CONNECT_TIMEOUT_MILLIS = 10_000

export const attemptOf = (options: SourceOptions, file = "", position = 0): Attempt => ({
  user: options.user,
  host: options.host,
  port: options.port,
  serverId: options.serverId ?? defaultServerId(options.connector),
  file,
  position
})

const tlsSettings = (tls: TlsOptions): ConnectionOptions["ssl"] => {
  const verify = tls.mode === "verify-ca" || tls.mode === "verify-identity"
  return {
    rejectUnauthorized: verify,
    verifyIdentity: tls.mode === "verify-identity",
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key })
  }
}

/** @param encrypted whether to use TLS; see {@link connectSql} for `preferred` */
export const connectionOptions = (options: SourceOptions, encrypted: boolean): ConnectionOptions => ({
  host: options.host,
  port: options.port,
  user: options.user,
  password: Redacted.value(options.password),
  connectTimeout: CONNECT_TIMEOUT_MILLIS,
  charset: "utf8mb4",
  // Everything as text: a number of 64 bits or a date must not pass through JavaScript's types.
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
  connectAttributes: { program_name: `gradewire ${options.connector}` },
  ...(encrypted ? { ssl: tlsSettings(options.tls)! } : {})
})

const connect = (
  options: SourceOptions,
  encrypted: boolean
): Effect.Effect<Connection, ChangeSourceError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const connection = await createConnection(connectionOptions(options, encrypted))
        // Without a listener a connection that dies between two queries would end the process.
        connection.on("error", () => {})
        return connection
      },
      catch: (error) => classifyError(driverError(error), attemptOf(options))
    }),
    (connection) => Effect.sync(() => connection.destroy())
  )

/** `preferred` tries with TLS first and without where the server has none. */
export const connectSql = Effect.fnUntraced(function* (options: SourceOptions) {
  const mode = options.tls.mode
  const first = yield* Effect.result(connect(options, mode !== "disabled"))
  if (first._tag === "Success") return sqlConnection(first.success, options, mode !== "disabled")
  if (mode === "preferred" && isTlsMissing(first.failure)) {
    return sqlConnection(yield* connect(options, false), options, false)
  }
  return yield* Effect.fail(first.failure)
})

const isTlsMissing = (error: ChangeSourceError): boolean =>
  error instanceof SourceMisconfigured && error.setting === "source.tls"

const sqlConnection = (connection: Connection, options: SourceOptions, encrypted: boolean): SqlConnection => {
  const attempt = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({
      try: run,
      catch: (error) => classifyError(driverError(error), attemptOf(options))
    })
  return {
    encrypted,
    query: (sql, values = []) =>
      attempt(async () => (await connection.query<Array<RowDataPacket>>(sql, [...values]))[0]),
    texts: (sql, values = []) =>
      attempt(async () => {
        const asText = { sql, rowsAsArray: true, typeCast: (field: Field) => field.string() }
        const [rows] = await connection.query<Array<RowDataPacket>>(asText, [...values])
        return rows as unknown as ReadonlyArray<ReadonlyArray<string | null>>
      }),
    escape: (text) => connection.escape(text)
  }
}

/** What mysql2 hands to a `typeCast`, as far as it is used here. */
interface Field {
  readonly string: () => string | null
}
