/**
 * The replication connection: raw binlog events as packets, in order, nothing else. The only file that imports zongji.
 *
 * zongji 0.9.0 connects, authenticates, encrypts and sends the dump command; its decoder is not used (it loses or
 * corrupts values in several reproduced ways). Its packet callback is replaced by ours, which is
 * no public interface: the version is pinned and test/integration/mysql-source.test.ts is the contract test.
 *
 * Invariants: packets are neither dropped nor reordered; any error of either connection is final; while more than
 * `bytesMax` wait, nothing is read from the network (G8).
 */
import ZongJi from "@vlasky/zongji"
import { Deferred, Effect, type Scope } from "effect"
import { SourceConnectionLost, type ChangeSourceError } from "../../src/capture/ChangeSource.ts"
import { classifyError, driverError, type Attempt } from "./classify-error.ts"
import { attemptOf, connectionOptions } from "./sql-connection.ts"
import { UNREAD_BYTES_MAX_DEFAULT, HEARTBEAT_SECONDS_DEFAULT, type SourceOptions } from "./source-options.ts"

export interface BinlogClient {
  /** The next waiting packet's event, or undefined. */
  readonly poll: () => Buffer | undefined
  /** Waits until a packet is there; fails once and for good when the connection is over and all packets are read. */
  readonly arrival: Effect.Effect<void, ChangeSourceError>
}

export interface DumpStart {
  readonly file: string
  readonly position: number
  /** Who must answer, where the caller knows it: between two connections an address may come to mean another server. */
  readonly server?: string
}

/**
 * A reader that waits for a slow change log must not be cut off (default 60 s); the server gives up on a write to us
 * only after this long.
 */
const NET_WRITE_TIMEOUT_SECONDS = 3600

/** mysql2's packet: the event stands behind one status byte. */
interface Packet {
  readonly buffer: Buffer
  readonly offset: number
  readonly end: number
  isEOF(): boolean
  isError(): boolean
  asError(encoding: string): unknown
}

interface DriverConnection {
  query(sql: string, done: (error: unknown, rows: unknown) => void): void
  pause(): void
  resume(): void
}

/** The parts of zongji that its types do not show. */
interface Internals {
  readonly connection: DriverConnection
  readonly BinlogClass: {
    readonly prototype: {
      binlogData: (packet: Packet, connection: { readonly clientEncoding: string }) => unknown
      onResult: (error: unknown) => void
    }
  }
}

class PacketQueue {
  private packets: Array<Buffer> = []
  private head = 0
  private bytes = 0
  private paused = false
  private failure: ChangeSourceError | undefined = undefined
  private waiting: Deferred.Deferred<void, ChangeSourceError> | undefined = undefined
  private readonly bytesMax: number
  private readonly flow: (run: boolean) => void

  /** @param flow starts and stops reading from the network */
  constructor(bytesMax: number, flow: (run: boolean) => void) {
    this.bytesMax = bytesMax
    this.flow = flow
  }

  push(packet: Buffer): void {
    this.packets.push(packet)
    this.bytes += packet.length
    if (!this.paused && this.bytes > this.bytesMax) {
      this.paused = true
      this.flow(false)
    }
    this.wake()
  }

  poll(): Buffer | undefined {
    const packet = this.packets[this.head]
    if (packet === undefined) return undefined
    this.head++
    this.bytes -= packet.length
    if (this.head === this.packets.length) {
      this.packets = []
      this.head = 0
    } else if (this.head >= 1024 && this.head * 2 > this.packets.length) {
      this.packets = this.packets.slice(this.head)
      this.head = 0
    }
    if (this.paused && this.bytes < this.bytesMax / 2) {
      this.paused = false
      this.flow(true)
    }
    return packet
  }

  fail(error: ChangeSourceError): void {
    this.failure ??= error
    this.wake()
  }

  readonly arrival: Effect.Effect<void, ChangeSourceError> = Effect.suspend(() => {
    if (this.head < this.packets.length) return Effect.void
    if (this.failure !== undefined) return Effect.fail(this.failure)
    this.waiting = Deferred.makeUnsafe<void, ChangeSourceError>()
    return Deferred.await(this.waiting)
  })

  private wake(): void {
    const waiting = this.waiting
    if (waiting === undefined) return
    this.waiting = undefined
    Deferred.doneUnsafe(
      waiting,
      this.failure === undefined || this.head < this.packets.length ? Effect.void : Effect.fail(this.failure)
    )
  }
}

/** Starts the dump at a file and position below 2^32. */
export const openBinlog = Effect.fnUntraced(function* (
  options: SourceOptions,
  encrypted: boolean,
  start: DumpStart
): Effect.fn.Return<BinlogClient, ChangeSourceError, Scope.Scope> {
  const attempt = attemptOf(options, start.file, start.position)
  const heartbeatSeconds = options.heartbeatSeconds ?? HEARTBEAT_SECONDS_DEFAULT
  const queue = yield* Effect.acquireRelease(
    Effect.sync(() => startDump(options, encrypted, start, attempt, heartbeatSeconds)),
    ({ stop }) => Effect.sync(stop)
  )
  const silence = new SourceConnectionLost({
    message: `${options.host}:${options.port} sent nothing for ${heartbeatSeconds * 3} seconds`
  })
  return {
    poll: () => queue.packets.poll(),
    arrival: queue.packets.arrival.pipe(
      Effect.timeoutOrElse({
        duration: `${heartbeatSeconds * 3} seconds`,
        orElse: () => Effect.fail(silence)
      })
    )
  }
})

const startDump = (
  options: SourceOptions,
  encrypted: boolean,
  start: DumpStart,
  attempt: Attempt,
  heartbeatSeconds: number
) => {
  const zongji = new ZongJi(connectionOptions(options, encrypted))
  const internals = zongji as unknown as Internals
  const fail = (error: unknown): void => packets.fail(classifyError(driverError(error), attempt))
  const packets = new PacketQueue(options.bytesMax ?? UNREAD_BYTES_MAX_DEFAULT, (run) =>
    run ? internals.connection.resume() : internals.connection.pause()
  )
  zongji.on("error", fail)
  zongji.on("stopped", () => fail(new Error("the replication connection was closed")))
  zongji.on("ready", () => takeOver(internals, packets, fail))
  zongji.start({
    serverId: attempt.serverId,
    filename: start.file,
    position: start.position,
    // MariaDB leaves these events out unless asked, and then positions cannot be counted.
    requestAnnotateRows: true
  })
  // zongji queues its own settings later, and the dump command after them: these land before it.
  const set = (sql: string): void => internals.connection.query(sql, (error) => error !== null && fail(error))
  if (start.server !== undefined) checkServer(internals.connection, start.server, fail, packets)
  set(`SET SESSION net_write_timeout = ${NET_WRITE_TIMEOUT_SECONDS}`)
  set(
    `SET @master_heartbeat_period = ${heartbeatSeconds * 1e9}, @source_heartbeat_period = ${heartbeatSeconds * 1e9}`
  )
  return { packets, stop: () => zongji.stop() }
}

const checkServer = (
  connection: DriverConnection,
  server: string,
  fail: (error: unknown) => void,
  packets: PacketQueue
): void => {
  const variable = server.startsWith("mariadb:") ? "server_id" : "server_uuid"
  connection.query(`SELECT @@GLOBAL.${variable} AS found`, (error, rows) => {
    if (error !== null) return fail(error)
    const found = String((rows as ReadonlyArray<{ readonly found?: unknown }>)[0]?.found)
    if (server.endsWith(`:${found}`)) return
    const message = `the address of ${server} came to mean the server ${found} in between`
    packets.fail(new SourceConnectionLost({ message }))
  })
}

const takeOver = (internals: Internals, packets: PacketQueue, fail: (error: unknown) => void): void => {
  // "CRC32" whatever the server's present setting: a client that announced NONE would get files written with CRC32
  // rewritten or refused, one that announced CRC32 gets every file as it is.
  internals.connection.query(
    "SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32'",
    (error) => {
      if (error !== null) fail(error)
    }
  )
  const prototype = internals.BinlogClass.prototype
  prototype.onResult = fail
  prototype.binlogData = (packet, connection) => {
    if (packet.isError()) {
      fail(packet.asError(connection.clientEncoding))
      return null
    }
    if (packet.isEOF()) {
      fail(new Error("the server ended the binlog stream"))
      return null
    }
    // A view: Node and mysql2 never write into a received chunk again.
    packets.push(packet.buffer.subarray(packet.offset + 1, packet.end))
    return prototype.binlogData
  }
}
