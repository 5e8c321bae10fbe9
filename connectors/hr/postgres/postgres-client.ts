/**
 * The one file that touches the `pg` driver: a session that opens its connection when it is first asked, and opens a new
 * one after every failure of the connection.
 *
 * - One statement at a time: `pg` deprecates queries that overtake each other on one client.
 * - A statement that is interrupted or times out loses its connection with it, so that no late answer meets the next
 *   statement. Whether it committed is then unknown; the caller's fence decides.
 */
import { Client, types, type ClientConfig } from "pg"
import { Effect, Redacted, Semaphore, type Scope } from "effect"
import type { ConnectionOptions } from "node:tls"

export interface PostgresOptions {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Redacted.Redacted | undefined
  /** `false`: no TLS. */
  readonly tls: ConnectionOptions | false
  /** Shown in `pg_stat_activity`; cut to 63 bytes by the server. */
  readonly applicationName: string
  /** Milliseconds a statement may take on the server. Default 60000. */
  readonly statementTimeoutMs?: number
  /** Milliseconds a statement waits for a lock. Default 10000. */
  readonly lockTimeoutMs?: number
  /** Milliseconds until a connection counts as unreachable. Default 10000. */
  readonly connectTimeoutMs?: number
  /** A statement that meets what another changed since it began fails with 40001 instead of going on. Default: false. */
  readonly isRepeatable?: boolean
}

export interface Statement {
  readonly text: string
  /** Prepared under this name on the connection. */
  readonly name?: string
  readonly values?: ReadonlyArray<unknown>
}

export type Row = Readonly<Record<string, unknown>>

export interface PostgresSession {
  /** Rows of one statement. Fails with whatever the driver threw. */
  readonly rows: <R extends object = Row>(
    statement: Statement
  ) => Effect.Effect<ReadonlyArray<R>, DriverError>
  /** Several statements on one connection with nobody else's between them. */
  readonly exclusively: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** The driver's client of this moment, for drizzle. */
  readonly client: Effect.Effect<Client, DriverError>
}

/** What the driver threw, unread. */
export interface DriverError {
  readonly _tag: "DriverError"
  readonly cause: unknown
}

const driverError = (cause: unknown): DriverError => ({ _tag: "DriverError", cause })

const STATEMENT_TIMEOUT_MS = 60_000
const LOCK_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_MS = 10_000
/** The server answers its own timeout first; this one is for a server that does not answer at all. */
const ANSWER_GRACE_MS = 5000

const clientConfig = (options: PostgresOptions): ClientConfig => ({
  host: options.host,
  port: options.port,
  database: options.database,
  user: options.user,
  password: options.password === undefined ? undefined : Redacted.value(options.password),
  ssl: options.tls,
  application_name: options.applicationName,
  connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  query_timeout: (options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) + ANSWER_GRACE_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  // Times and numbers stay text: JavaScript's Date and number would round them.
  types: { getTypeParser: (oid, format) => (TEXT_TYPES.has(oid) ? asText : types.getTypeParser(oid, format)) }
})

const asText = (text: string): string => text
/** int8, numeric, date, timestamp, timestamptz */
const TEXT_TYPES: ReadonlySet<number> = new Set([20, 1700, 1082, 1114, 1184])

/**
 * Set by a query, not in the start packet, which connection poolers refuse. JIT costs more than our
 * statements take; the memory keeps a batch of ten thousand off the disk.
 */
const settings = (options: PostgresOptions): string =>
  `select set_config('statement_timeout', '${options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS}', false),
    set_config('lock_timeout', '${options.lockTimeoutMs ?? LOCK_TIMEOUT_MS}', false),
    set_config('idle_in_transaction_session_timeout', '60000', false),
    set_config('jit', 'off', false),
    set_config('default_transaction_isolation', '${options.isRepeatable === true ? "repeatable read" : "read committed"}', false),
    set_config('work_mem', '32MB', false)`

/**
 * True where the server said why, and the connection goes on: SQLSTATE outside of connection failures. One that is
 * read-only (25006) may be a former primary: the next attempt asks anew who is behind the name.
 */
const isAnswer = (cause: unknown): boolean => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  const severity =
    typeof cause === "object" && cause !== null && "severity" in cause ? cause.severity : undefined
  if (typeof code !== "string" || severity === undefined) return false
  return severity !== "FATAL" && severity !== "PANIC" && !/^(08|57P|26000|25P|25006)/.test(code)
}

/** Closes the socket at once: `end()` would wait for the statement under way. */
const drop = (client: Client): void => {
  client.on("error", () => undefined)
  // @types/pg leaves the connection out; `Client.connection.stream` is the socket in pg 8.
  ;(client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy()
}

class Connections {
  private current: Client | undefined
  private readonly options: PostgresOptions
  constructor(options: PostgresOptions) {
    this.options = options
  }

  async client(): Promise<Client> {
    if (this.current !== undefined) return this.current
    const client = new Client(clientConfig(this.options))
    // An idle connection that breaks is an event; without a listener it would end the process.
    client.on("error", () => this.forget(client))
    client.on("end", () => this.forget(client))
    try {
      await client.connect()
      await client.query(settings(this.options))
    } catch (cause) {
      drop(client)
      throw cause
    }
    this.current = client
    return client
  }

  async run<R extends object>(statement: Statement): Promise<ReadonlyArray<R>> {
    const client = await this.client()
    try {
      const result = await client.query<R>({ ...statement, values: [...(statement.values ?? [])] })
      return result.rows
    } catch (cause) {
      if (!isAnswer(cause)) this.discard()
      throw cause
    }
  }

  private forget(client: Client): void {
    if (this.current === client) this.current = undefined
  }

  discard(): void {
    const client = this.current
    this.current = undefined
    if (client !== undefined) drop(client)
  }

  async close(): Promise<void> {
    const client = this.current
    this.current = undefined
    await client?.end().catch(() => undefined)
  }
}

/** A session for the life of the scope. Opening it asks nothing of the server yet. */
export const openSession = (options: PostgresOptions): Effect.Effect<PostgresSession, never, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = Semaphore.makeUnsafe(1)
    const connections = yield* Effect.acquireRelease(
      Effect.sync(() => new Connections(options)),
      (opened) => Effect.promise(() => opened.close())
    )
    const attempt = <A>(run: () => Promise<A>) =>
      Effect.onInterrupt(Effect.tryPromise({ try: run, catch: driverError }), () =>
        Effect.sync(() => connections.discard())
      )
    return {
      rows: <R extends object>(statement: Statement) => attempt(() => connections.run<R>(statement)),
      exclusively: (effect) => turn.withPermit(effect),
      client: attempt(() => connections.client())
    }
  })
