/**
 * A session on MySQL or MariaDB that opens its connection when it is first asked, and opens a new one after every failure
 * of the connection. With sql-text.ts and MySqlOffsets.ts the only file that touches the `mysql2` driver.
 *
 * - Every connection begins with the same settings, whatever the server's defaults are: strict mode, UTC, READ COMMITTED.
 * - A script is several statements in one packet. Where one fails the rest is not run, and the transaction it had begun
 *   is rolled back before anybody hears of it.
 * - A statement that is interrupted or times out loses its connection with it, so that no late answer meets the next
 *   statement. Whether it committed is then unknown; the caller's fence decides.
 */
import { createConnection, type Connection, type ConnectionOptions, type RowDataPacket } from "mysql2/promise"
import { Effect, Redacted, Semaphore, type Scope } from "effect"
import { classOf, serverErrorOf } from "./classify-error.ts"
import { literal } from "./sql-text.ts"

interface MySqlTls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized: boolean
  /** Whether the certificate must name the host. */
  readonly verifyIdentity: boolean
}

export interface MySqlOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: Redacted.Redacted | undefined
  /** `false`: no TLS. */
  readonly tls: MySqlTls | false
  /** Shown in `performance_schema.session_connect_attrs` as `program_name`. */
  readonly applicationName: string
  /** Milliseconds until a script that has no answer counts as lost. Default 65000. */
  readonly answerTimeoutMs?: number
  /** Milliseconds a statement waits for a lock, in whole seconds. Default 10000. */
  readonly lockTimeoutMs?: number
  /** Milliseconds until a connection counts as unreachable. Default 10000. */
  readonly connectTimeoutMs?: number
}

export type Row = Readonly<Record<string, unknown>>

/** What the server said about itself when the connection was opened. */
export interface ServerFacts {
  readonly version: string
  readonly isMariaDb: boolean
  /** Bytes of the longest packet it takes. */
  readonly packetBytes: number
}

/** What the driver threw, unread. */
export interface DriverError {
  readonly _tag: "DriverError"
  readonly cause: unknown
}

export interface MySqlSession {
  /** Rows of one statement, numbers of 64 bits, decimals, times and JSON as text. */
  readonly rows: <R extends object = Row>(text: string) => Effect.Effect<ReadonlyArray<R>, DriverError>
  /** Rows of the last that has any of several statements, which are sent together. */
  readonly script: <R extends object = Row>(
    statements: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<R>, DriverError>
  /** Several statements on one connection with nobody else's between them. */
  readonly exclusively: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly facts: Effect.Effect<ServerFacts, DriverError>
  /** The driver's connection of this moment, for drizzle. */
  readonly connection: Effect.Effect<Connection, DriverError>
}

const driverError = (cause: unknown): DriverError => ({ _tag: "DriverError", cause })

const ANSWER_TIMEOUT_MS = 65_000
const LOCK_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_MS = 10_000

/** Room for the packet's header and the driver's framing. */
const PACKET_MARGIN_BYTES = 1024

/** As the server would refuse it; the server then closes the connection, which is not told from other losses. */
const tooLarge = (): Error => Object.assign(new Error("packet"), { errno: 1153, sqlState: "08S01" })

const connectionOptions = (options: MySqlOptions): ConnectionOptions => ({
  host: options.host,
  port: options.port,
  user: options.user,
  password: options.password === undefined ? "" : Redacted.value(options.password),
  connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  charset: "UTF8MB4_BIN",
  multipleStatements: true,
  // Everything as text: a number of 64 bits, a date or a decimal must not pass through JavaScript's types.
  supportBigNumbers: true,
  bigNumberStrings: true,
  dateStrings: true,
  jsonStrings: true,
  enableKeepAlive: true,
  keepAliveInitialDelay: 10_000,
  connectAttributes: { program_name: options.applicationName },
  ...(options.tls === false ? {} : { ssl: { ...options.tls } })
})

/**
 * Strict: what does not fit is an error. Nothing of the modes that change how text is read (ANSI_QUOTES,
 * NO_BACKSLASH_ESCAPES), how it is compared (PAD_CHAR_TO_FULL_LENGTH) or when assignments happen
 * (MariaDB's SIMULTANEOUS_ASSIGNMENT).
 */
const SQL_MODE =
  "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

const settings = (options: MySqlOptions): string => {
  const seconds = Math.max(1, Math.ceil((options.lockTimeoutMs ?? LOCK_TIMEOUT_MS) / 1000))
  return `set session sql_mode = ${literal(SQL_MODE)}, time_zone = '+00:00', autocommit = 1, completion_type = 0,
  innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}, foreign_key_checks = 1, unique_checks = 1,
  sql_safe_updates = 0, sql_select_limit = default, max_join_size = default, sql_big_selects = 1, sql_notes = 0;
set session transaction isolation level read committed, read write;
select version() as version, @@max_allowed_packet as packet`
}

/** True where the server said why, and the connection goes on. */
const isAnswer = (cause: unknown): boolean => {
  const error = serverErrorOf(cause)
  return error !== undefined && !error.isFatal && classOf(error.errno) !== "unavailable"
}

interface Opened {
  readonly connection: Connection
  readonly facts: ServerFacts
}

class Connections {
  private current: Opened | undefined
  private readonly options: MySqlOptions
  private readonly setup: (facts: ServerFacts) => ReadonlyArray<string>
  constructor(options: MySqlOptions, setup: (facts: ServerFacts) => ReadonlyArray<string>) {
    this.options = options
    this.setup = setup
  }

  async opened(): Promise<Opened> {
    if (this.current !== undefined) return this.current
    const connection = await createConnection(connectionOptions(this.options))
    // An idle connection that breaks is an event; without a listener it would end the process.
    connection.on("error", () => this.forget(connection))
    try {
      const results = await this.ask(connection, settings(this.options))
      const [row] = (results as ReadonlyArray<ReadonlyArray<{ version: string; packet: string }>>).at(-1)!
      const facts = {
        version: row!.version,
        isMariaDb: /mariadb/i.test(row!.version),
        packetBytes: Number(row!.packet)
      }
      const setup = this.setup(facts)
      if (setup.length > 0) await this.ask(connection, setup.join(";\n"))
      this.current = { connection, facts }
      return this.current
    } catch (cause) {
      connection.destroy()
      throw cause
    }
  }

  async rows<R extends object>(text: string): Promise<ReadonlyArray<R>> {
    return (await this.run(text)) as ReadonlyArray<R>
  }

  async script<R extends object>(statements: ReadonlyArray<string>): Promise<ReadonlyArray<R>> {
    const answer = await this.run(statements.join(";\n"))
    // The driver gives one statement's result as it is.
    const results = statements.length === 1 ? [answer] : (answer as ReadonlyArray<unknown>)
    return (results.findLast((result) => Array.isArray(result)) ?? []) as ReadonlyArray<R>
  }

  private async run(text: string): Promise<unknown> {
    const { connection, facts } = await this.opened()
    if (Buffer.byteLength(text) + PACKET_MARGIN_BYTES > facts.packetBytes) throw tooLarge()
    try {
      return await this.ask(connection, text)
    } catch (cause) {
      if (isAnswer(cause)) await this.rollBack(connection)
      else this.discard()
      throw cause
    }
  }

  private async ask(connection: Connection, sql: string): Promise<unknown> {
    const timeout = this.options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS
    return (await connection.query<Array<RowDataPacket>>({ sql, timeout }))[0]
  }

  /** A statement that fails leaves the transaction of its script open, locks and all. */
  private async rollBack(connection: Connection): Promise<void> {
    try {
      await this.ask(connection, "rollback")
    } catch {
      this.discard()
    }
  }

  private forget(connection: Connection): void {
    if (this.current?.connection === connection) this.current = undefined
  }

  discard(): void {
    const opened = this.current
    this.current = undefined
    opened?.connection.destroy()
  }

  async close(): Promise<void> {
    const opened = this.current
    this.current = undefined
    await opened?.connection.end().catch(() => undefined)
  }
}

/**
 * A session for the life of the scope. Opening it asks nothing of the server yet.
 *
 * @param setup statements that every connection begins with
 */
export const openSession = (
  options: MySqlOptions,
  setup: (facts: ServerFacts) => ReadonlyArray<string> = () => []
): Effect.Effect<MySqlSession, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = Semaphore.makeUnsafe(1)
    const connections = yield* Effect.acquireRelease(
      Effect.sync(() => new Connections(options, setup)),
      (opened) => Effect.promise(() => opened.close())
    )
    const attempt = <A>(run: () => Promise<A>) =>
      Effect.onInterrupt(Effect.tryPromise({ try: run, catch: driverError }), () =>
        Effect.sync(() => connections.discard())
      )
    return {
      rows: <R extends object>(text: string) => attempt(() => connections.rows<R>(text)),
      script: <R extends object>(statements: ReadonlyArray<string>) =>
        attempt(() => connections.script<R>(statements)),
      exclusively: (effect) => turn.withPermit(effect),
      facts: attempt(async () => (await connections.opened()).facts),
      connection: attempt(async () => (await connections.opened()).connection)
    }
  })
