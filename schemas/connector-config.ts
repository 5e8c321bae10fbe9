/**
 * One connector's configuration (D9): where scores come from, through which log they travel, whose profile they reach.
 *
 * Unknown keys are refused. Secrets never stand in the file: `password: { file: … }` or `password: { env: … }`.
 */
import { Schema } from "effect"
import { AlertsConfig } from "./alerts-config.ts"
import { Name, Port, Secret, TimeZoneName, Tls } from "./config-values.ts"
import { EmployeesConfig } from "./employees-config.ts"
import { LANES_MAX } from "./lane.ts"
import { ReconcileConfig } from "./reconcile-config.ts"
import { TableConfig } from "./table-config.ts"
import { TelemetryConfig } from "./telemetry-config.ts"

export const SourceConfig = Schema.Struct({
  host: Schema.NonEmptyString,
  port: Schema.optionalKey(Port),
  user: Schema.NonEmptyString,
  password: Schema.optionalKey(Secret),
  tls: Schema.optionalKey(Tls),
  /** Zone of the server's DATETIME values, which carry none: "Asia/Shanghai" with its rules, or a fixed "+08:00". */
  timeZone: TimeZoneName,
  /** Replication id; unique among everything that reads this server's binlog. Derived from the connector's name by default. */
  serverId: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4294967295 }))),
  /**
   * Statements that emptied, dropped, renamed or rewrote a mapped table and that a person has seen: `FILE:POSITION` as the
   * error printed it. Capture passes over them; reconcile the table afterwards.
   */
  acceptedStatements: Schema.optionalKey(
    Schema.Array(
      Schema.String.check(
        Schema.isPattern(/^.+\.\d+:\d+$/u, { expected: "FILE:POSITION, as in binlog.000003:1234" })
      )
    )
  ),
  /**
   * Places from which reading cannot go on (purged, reset, another history) and which a person has given up:
   * `FILE:POSITION@SERVER` as the error printed it. Capture goes on at the end of the binlog, on a new timeline, and copies
   * every table anew.
   */
  acceptedBreaks: Schema.optionalKey(
    Schema.Array(
      Schema.String.check(
        Schema.isPattern(/^.+\.\d+:\d+@(?:mysql|mariadb):.+$/u, {
          expected: "FILE:POSITION@SERVER, as in binlog.000003:1234@mariadb:1"
        })
      )
    )
  ),
  /**
   * Where a connector that never ran begins: with a copy of the tables as they are and everything after it, with the
   * oldest binlog the server has, or with what comes next. Default snapshot.
   */
  start: Schema.optionalKey(Schema.Literals(["snapshot", "earliest", "latest"]))
})

export const ChangeLogConfig = Schema.Struct({
  servers: Schema.NonEmptyArray(Schema.NonEmptyString),
  /** Default: GRADEWIRE_<CONNECTOR>, "-" as "_". */
  stream: Schema.optionalKey(
    Schema.String.check(
      Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/u, { expected: "1–64 of A–Z, a–z, 0–9, _ and -" })
    )
  ),
  /** `create` makes the stream where it is missing; `verify` leaves that to somebody else. */
  manage: Schema.optionalKey(Schema.Literals(["create", "verify"])),
  replicas: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))),
  /** Bytes the stream may hold; when full, capture waits. Default: no limit of ours. */
  maxBytes: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** Bytes of the largest message, headers included; larger ones the stream refuses. Default: the server's max_payload. */
  maxMessageBytes: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 65_536, maximum: 67_108_864 }))
  ),
  /**
   * A change that is larger than the largest message: `refuse` stops capture before it, `split` stores it in several messages
   * (headers Gradewire-Piece and Gradewire-Piece-Last), which other readers of the stream must put together. Default refuse.
   */
  largeEvents: Schema.optionalKey(Schema.Literals(["refuse", "split"])),
  /** Hours a message is kept; at least the longest outage of the HR database. Default 168. */
  maxAgeHours: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  user: Schema.optionalKey(Schema.NonEmptyString),
  password: Schema.optionalKey(Secret),
  token: Schema.optionalKey(Secret),
  /** File in NATS .creds format. */
  credentials: Schema.optionalKey(Secret),
  tls: Schema.optionalKey(Tls)
})

const targetFields = {
  host: Schema.NonEmptyString,
  port: Schema.optionalKey(Port),
  user: Schema.NonEmptyString,
  password: Schema.optionalKey(Secret),
  tls: Schema.optionalKey(Tls),
  /** Zone in which times are written to target columns without one. Default: the source's. */
  timeZone: Schema.optionalKey(TimeZoneName)
}

/** The HR database. `mysql` is MariaDB as well; its tables are named database.table, so no database stands apart. */
export const TargetConfig = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("postgresql"), ...targetFields, database: Schema.NonEmptyString }),
  Schema.Struct({ kind: Schema.Literal("mysql"), ...targetFields })
])

/** Limits; every default fits a small pod. */
export const LimitsConfig = Schema.Struct({
  /** Change events in one message. Default 500. */
  segmentEvents: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10000 }))),
  /** Bytes of one message. Default 262144. */
  segmentBytes: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 4096, maximum: 8388608 }))),
  /** Change events in one transaction of the HR database. Default 1000. */
  batchEvents: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20000 }))),
  /**
   * Raw binlog bytes that may wait unread. A compressed or XA transaction may take sixteen times as much. Default
   * 16777216.
   */
  sourceBytes: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1_048_576, maximum: 1_073_741_824 }))
  ),
  /** Rows that a copy of a table reads at a time. Default 2000. */
  snapshotRows: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100000 }))),
  /**
   * Statements running on the training database (Threads_running) above which a copy waits, for ten seconds a chunk at
   * most. Default 25.
   */
  snapshotThreadsRunning: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100000 }))
  ),
  /** Rows a second that a copy reads at most, on average. Default: as fast as it can, behind the stream. */
  snapshotRowsPerSecond: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))
  ),
  /** Seconds between checkpoints while the training database writes elsewhere. Default 2. */
  checkpointSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 })))
})

/** How changes are filed in the HR database. */
export const ApplyConfig = Schema.Struct({
  /**
   * Into how many lanes the work is divided; each learner belongs to one. Once something has been applied, the number is
   * changed by `gradewire lanes set`. Default 1.
   */
  lanes: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: LANES_MAX })))
})

/** Where the running process answers probes and Prometheus. */
export const HttpConfig = Schema.Struct({
  /** Address of this machine to listen on. Default 0.0.0.0, all of them: probes come from outside the pod. */
  host: Schema.optionalKey(Schema.NonEmptyString),
  /** Default 9090. */
  port: Schema.optionalKey(Port)
})
export type HttpConfig = typeof HttpConfig.Type

export const ConnectorConfig = Schema.Struct({
  version: Schema.Literal(1),
  connector: Name,
  source: SourceConfig,
  changeLog: ChangeLogConfig,
  target: TargetConfig,
  employees: EmployeesConfig,
  tables: Schema.NonEmptyArray(TableConfig),
  limits: Schema.optionalKey(LimitsConfig),
  apply: Schema.optionalKey(ApplyConfig),
  /** `false`: no HTTP at all. */
  http: Schema.optionalKey(Schema.Union([Schema.Literal(false), HttpConfig])),
  /** Who is told when something is wrong. Default: nobody. */
  alerts: Schema.optionalKey(AlertsConfig),
  /** When both databases are compared by themselves. Default: never. */
  reconcile: Schema.optionalKey(ReconcileConfig),
  /** Where spans of batches are sent. Default: nowhere. */
  telemetry: Schema.optionalKey(TelemetryConfig)
})
export type ConnectorConfig = typeof ConnectorConfig.Type
