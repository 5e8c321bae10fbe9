/**
 * What a caller holds of a real server that was started for a test, the demo or a benchmark.
 *
 * Invariants: whoever holds one may connect at once, the port never changes over `restart`, and nothing of it outlives
 * the owning process, not even when that is ended with SIGKILL.
 */

export type ServerKind = "mysql" | "mariadb" | "nats" | "postgresql"

export interface RunningServer {
  readonly kind: ServerKind
  /** as the server's own binary states it, e.g. `9.7.4` */
  readonly version: string
  readonly host: string
  readonly port: number
  /** superuser URL: `mysql://root@127.0.0.1:3306/`, `postgresql://postgres@127.0.0.1:5432/postgres`, `nats://127.0.0.1:4222` */
  readonly url: string
  /** folder with all its files (datadir or JetStream store, configuration, log) */
  readonly directory: string
  readonly logFile: string
  /** undefined while it is down */
  readonly pid: number | undefined
  /** SIGKILL (crash) without removing files */
  kill(): Promise<void>
  /** clean shutdown, waited for */
  shutdown(): Promise<void>
  /** start again on the SAME port and files after `kill` or `shutdown` */
  restart(): Promise<void>
  /** end it and remove its folder */
  stop(): Promise<void>
  /** SIGSTOP: the server freezes, its sockets stay open */
  pause(): void
  /** SIGCONT */
  resume(): void
}

export interface StartOptions {
  /** receives one line per long step; default: stderr */
  readonly progress?: (line: string) => void
  /** extra server flags, appended last so that they win; for NATS a line without a leading dash goes into its configuration file */
  readonly settings?: ReadonlyArray<string>
  /** true: every acknowledged write survives a power cut; false (default): only `kill`, because nothing waits for the disk */
  readonly durable?: boolean
  /** parent of the server's own fresh folder; default: the system's folder for temporary files */
  readonly directory?: string
}
