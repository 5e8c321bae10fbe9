/**
 * What the connector must be told: the configuration's `changeLog` part with its defaults filled in and its secrets
 * already read, and the names that follow from the connector's name.
 */
import type { Redacted } from "effect"
import type { Tls } from "../../schemas/config-values.ts"
import type { ConnectorConfig } from "../../schemas/connector-config.ts"

export interface JetStreamOptions {
  readonly connector: string
  /** `nats://host:port` or `tls://host:port`; all of one cluster. */
  readonly servers: ReadonlyArray<string>
  readonly stream: string
  /** `create` makes a missing stream; `verify` leaves that to somebody else. */
  readonly manage: "create" | "verify"
  readonly replicas: number
  /** Undefined: no limit of ours. */
  readonly maxBytes: number | undefined
  /** Bytes of the largest message with its headers; undefined: the server's limit. */
  readonly maxMessageBytes: number | undefined
  /** Hours a message is kept at least. */
  readonly maxAgeHours: number
  /** Largest segment that capture cuts, in bytes. */
  readonly segmentBytes: number
  readonly user: string | undefined
  readonly password: Redacted.Redacted | undefined
  readonly token: Redacted.Redacted | undefined
  /** Text of a NATS .creds file. */
  readonly credentials: Redacted.Redacted | undefined
  readonly tls: Tls | undefined
}

/** The secrets of `changeLog`, read from their files or variables. */
export interface JetStreamSecrets {
  readonly password?: Redacted.Redacted | undefined
  readonly token?: Redacted.Redacted | undefined
  readonly credentials?: Redacted.Redacted | undefined
}

export const jetStreamOptions = (
  config: Pick<ConnectorConfig, "connector" | "changeLog" | "limits">,
  secrets: JetStreamSecrets = {}
): JetStreamOptions => ({
  connector: config.connector,
  servers: config.changeLog.servers,
  stream: config.changeLog.stream ?? streamName(config.connector),
  manage: config.changeLog.manage ?? "create",
  replicas: config.changeLog.replicas ?? 1,
  maxBytes: config.changeLog.maxBytes,
  maxMessageBytes: config.changeLog.maxMessageBytes,
  maxAgeHours: config.changeLog.maxAgeHours ?? 168,
  segmentBytes: config.limits?.segmentBytes ?? 262_144,
  user: config.changeLog.user,
  password: secrets.password,
  token: secrets.token,
  credentials: secrets.credentials,
  tls: config.changeLog.tls
})

/** `scores-hr` => `GRADEWIRE_SCORES_HR` */
export const streamName = (connector: string): string =>
  `GRADEWIRE_${connector.toUpperCase().replaceAll("-", "_")}`

/** Everything of one connector; the stream holds exactly this. */
export const streamSubject = (connector: string): string => `gradewire.${connector}.>`

export const messageSubject = (connector: string, kind: "segment" | "checkpoint"): string =>
  `gradewire.${connector}.${kind}`

/** Outside the stream's subjects, so that a question is never stored. */
export const progressSubject = (connector: string): string => `gradewire-ask.${connector}.progress`

/** Whether somebody does this share of the connector's work; asked by those that stand by. */
export const holderSubject = (connector: string, share: string): string =>
  `gradewire-ask.${connector}.holder.${share}`

/** Where the running capture takes an operator's commands on the copy of the tables. */
export const snapshotSubject = (connector: string): string => `gradewire-ask.${connector}.snapshot`

/** Where running processes are asked what they do. */
export const vitalsSubject = (connector: string): string => `gradewire-ask.${connector}.vitals`
