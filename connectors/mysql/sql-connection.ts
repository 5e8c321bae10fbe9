/**
 * An ordinary connection to the training database, for the questions around the binlog. The only file besides
 * binlog-client.ts that knows the driver, and the place where connection options are made for both.
 */
import { Effect, Redacted, type Scope } from "effect"
import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from "mysql2/promise"
import { SourceMisconfigured, SourceSilent, type ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import { classifyError, driverError, type Attempt, type DriverError } from "./classify-error.ts"
import { defaultServerId, type SourceOptions, type TlsOptions } from "./source-options.ts"

export type SqlRow = Readonly<Record<string, unknown>>

export interface SqlConnection {
  readonly encrypted: boolean
  /** A TLSSocket where it is encrypted. */
  readonly socket: unknown
  readonly query: (
    sql: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<SqlRow>, ChangeSourceError>
  /** Rows as the text the server sends, column by column. */
  readonly texts: (
    sql: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<string | null>>, ChangeSourceError>
  /** The same for a statement with a condition that an operator wrote: what the server finds wrong with it is told apart. */
  readonly conditional: (
    sql: string
  ) => Effect.Effect<ReadonlyArray<ReadonlyArray<string | null>>, ChangeSourceError | ConditionFault>
  /** A quoted string literal. */
  readonly escape: (text: string) => string
}

/** The server understood that it was asked, and refuses the statement for what it says. */
export interface ConditionFault {
  readonly _tag: "ConditionFault"
  readonly errno: number
  readonly message: string
}

/**
 * Errors that a condition can cause: grammar, names, functions, character sets, operands, ranges, regular expressions
 * (ER_REGEXP_ERROR and 3685 up), JSON (3140 up), an unreadable table inside of a subquery.
 */
const CONDITION_ERRNOS: ReadonlySet<number> = new Set([
  1052, 1054, 1064, 1109, 1111, 1139, 1142, 1143, 1146, 1241, 1242, 1248, 1267, 1270, 1271, 1305, 1318, 1365,
  1370, 1411, 1525, 1582, 1583, 1584, 1630, 1690, 1695, 4161
])

const isConditionErrno = (errno: number): boolean =>
  CONDITION_ERRNOS.has(errno) || (errno >= 3685 && errno <= 3700) || (errno >= 3140 && errno <= 3170)

/** ER_QUERY_TIMEOUT, MariaDB's ER_STATEMENT_TIMEOUT, ER_LOCK_WAIT_TIMEOUT. */
const SILENCE_ERRNOS: ReadonlySet<number | undefined> = new Set([3024, 1969, 1205])

const isSilence = ({ code, errno }: DriverError): boolean =>
  SILENCE_ERRNOS.has(errno) || code === "PROTOCOL_SEQUENCE_TIMEOUT"

/** The server ends a statement itself; the driver's limit is for a server that does not answer at all. */
const ANSWER_GRACE_SECONDS = 5

/** Settings of a session whose statements end by themselves: a server does not notice that nobody waits any more. */
export const answerLimit = (seconds: number, mariadb: boolean): string =>
  `SET SESSION lock_wait_timeout = ${seconds}, ${mariadb ? `max_statement_time = ${seconds}` : `max_execution_time = ${seconds * 1000}`}`

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
  const { answerSeconds } = options
  const classified = (error: unknown) => {
    const known = driverError(error)
    return answerSeconds !== undefined && isSilence(known)
      ? new SourceSilent({
          message: `${options.host}:${options.port} gave no answer within ${answerSeconds} s`,
          seconds: answerSeconds
        })
      : classifyError(known, attemptOf(options))
  }
  const limit = answerSeconds === undefined ? {} : { timeout: (answerSeconds + ANSWER_GRACE_SECONDS) * 1000 }
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: classified })
  const readTexts = async (sql: string, values: ReadonlyArray<unknown>) => {
    const asText = { ...limit, sql, rowsAsArray: true, typeCast: (field: Field) => field.string() }
    // Where there are values, the driver looks for their places in the whole text.
    const [rows] = await (values.length === 0
      ? connection.query<Array<RowDataPacket>>(asText)
      : connection.query<Array<RowDataPacket>>(asText, [...values]))
    return rows as unknown as ReadonlyArray<ReadonlyArray<string | null>>
  }
  return {
    encrypted,
    // mysql2 puts the TLS socket in the place of the plain one (Connection.startTLS); its types leave the field out.
    socket: (connection as unknown as { connection?: { stream?: unknown } }).connection?.stream,
    query: (sql, values = []) =>
      attempt(async () => (await connection.query<Array<RowDataPacket>>({ ...limit, sql }, [...values]))[0]),
    texts: (sql, values = []) => attempt(() => readTexts(sql, values)),
    conditional: (sql) =>
      Effect.tryPromise({
        try: () => readTexts(sql, []),
        catch: (error): ChangeSourceError | ConditionFault => {
          const { errno, message } = driverError(error)
          if (errno === undefined || !isConditionErrno(errno)) return classified(error)
          return { _tag: "ConditionFault", errno, message }
        }
      }),
    escape: (text) => connection.escape(text)
  }
}

/** What mysql2 hands to a `typeCast`, as far as it is used here. */
interface Field {
  readonly string: () => string | null
}
