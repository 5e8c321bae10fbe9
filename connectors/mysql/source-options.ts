/** What the MySQL source needs to know; built from the configuration by the program's roof. */
import type { Redacted } from "effect"
import type { WantedTable } from "../../src/capture/ChangeSource.ts"

/**
 * - `disabled`        plain text
 * - `preferred`       encrypted where the server can
 * - `required`        encrypted, certificate not checked
 * - `verify-ca`       encrypted, certificate signed by `ca`
 * - `verify-identity` the same, and issued to the host's name
 */
export type TlsMode = "disabled" | "preferred" | "required" | "verify-ca" | "verify-identity"

export interface TlsOptions {
  readonly mode: TlsMode
  /** PEM text. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface SourceOptions {
  /** Names the connection in the server's process list and gives the default server_id. */
  readonly connector: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: Redacted.Redacted
  readonly tls: TlsOptions
  /** Unique among all replicas of the server; default: {@link defaultServerId} of the connector's name. */
  readonly serverId?: number | undefined
  /** The server reports that it is alive after this long without an event; three of them missing end the connection. Default 10. */
  readonly heartbeatSeconds?: number | undefined
  /** Raw bytes that may wait unread (default 2 MiB), and a sixteenth of what a compressed transaction may unpack to (default 16 MiB). */
  readonly bytesMax?: number | undefined
  /** Statements that may run on the server at once before a copy waits; default: server-load.ts. */
  readonly threadsRunningMax?: number | undefined
  /** How long one statement may take, on the server and until its answer; `undefined`: any time. */
  readonly answerSeconds?: number | undefined
  readonly tables: ReadonlyArray<WantedTable>
  /**
   * Statements that emptied, dropped or renamed a mapped table and that the operator has seen: `file:position` of the
   * transaction, as the SchemaDrift error printed it. Such a statement is passed over instead of stopping.
   */
  readonly acceptedStatements?: ReadonlyArray<string> | undefined
}

export const HEARTBEAT_SECONDS_DEFAULT = 10
export const BYTES_MAX_DEFAULT = 16 * 1024 * 1024
/** Raw bytes that wait unread where nothing else is said: 50 ms of decoding. More would only be memory. */
export const UNREAD_BYTES_MAX_DEFAULT = 2 * 1024 * 1024
/** Raw bytes one call of `next` decodes at most, so that its caller can work in a pipeline. */
export const CHUNK_BYTES_MAX = 128 * 1024

const SERVER_IDS_FROM = 0x4000_0000

/**
 * A server_id in 2^30 .. 2^31 - 1, far above the small numbers people give their replicas; the same for the same name
 * (FNV-1a). Two connectors of one server collide once in a billion; the server then drops the older connection.
 */
export const defaultServerId = (connector: string): number => {
  let hash = 0x811c_9dc5
  for (const byte of new TextEncoder().encode(connector)) hash = Math.imul(hash ^ byte, 0x0100_0193)
  return SERVER_IDS_FROM + ((hash >>> 0) % SERVER_IDS_FROM)
}
