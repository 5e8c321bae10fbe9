/**
 * One connector's configuration (D9): where scores come from, through which log they travel, whose profile they reach.
 *
 * Unknown keys are refused. Secrets never stand in the file: `password: { file: … }` or `password: { env: … }`.
 */
import { Schema } from "effect"
import { timeZone } from "./civil-time.ts"
import { LANES_MAX } from "./lane.ts"

const Name = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,30}$/u, { expected: "1–31 of a–z, 0–9 and -, starting with a letter" })
)
/** `schema.table`; any characters but a dot inside the parts. */
const TableName = Schema.String.check(Schema.isPattern(/^[^.\s][^.]*\.[^.]+$/u, { expected: "schema.table" }))
const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65535 }))
/** Zone of local times: an IANA name, or an offset that never changes. */
const TimeZoneName = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      timeZone(text) !== undefined ||
      'expected a zone such as "Asia/Shanghai", or an offset such as "+08:00"',
    {
      toJsonSchema: () => ({
        pattern: "^(Z|UTC|[+-](0\\d|1[0-4]):[0-5]\\d|[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+)$"
      })
    }
  )
)
const Column = Schema.NonEmptyString

/** A secret's place: a file's path (its trailing newline is dropped) or an environment variable's name. */
export const Secret = Schema.Union([
  Schema.Struct({ file: Schema.NonEmptyString }),
  Schema.Struct({ env: Schema.NonEmptyString })
])
export type Secret = typeof Secret.Type

export const Tls = Schema.Struct({
  /** `verify-identity` checks certificate and host name; `require` encrypts without checking either. */
  mode: Schema.Literals(["disable", "require", "verify-ca", "verify-identity"]),
  caFile: Schema.optionalKey(Schema.NonEmptyString),
  certFile: Schema.optionalKey(Schema.NonEmptyString),
  keyFile: Schema.optionalKey(Schema.NonEmptyString)
})
export type Tls = typeof Tls.Type

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

/** How the person behind a score is proven: each rule is an exact comparison; all that hit must agree. */
export const EmployeesConfig = Schema.Struct({
  /** Table or view of the HR database, read only. */
  table: TableName,
  /** Column that identifies the employee and is written to the target, 工号. */
  key: Column,
  match: Schema.NonEmptyArray(
    Schema.Struct({ learner: Schema.Literals(["employeeNo", "phone", "email"]), employee: Column })
  )
})

const keyColumns = Schema.NonEmptyArray(Column)

/** What every table says of its side of the mapping. */
const sourceTable = {
  table: TableName,
  /** Columns that tell its rows apart, in an order that an index gives them; best the primary key. */
  key: keyColumns,
  /**
   * Zero and partial dates (0000-00-00, 2026-00-00, 2026-02-31) of a column: `keep` them as that text, which is what
   * happens to columns not named here, make them `null`, or `refuse` them: capture stops at such a row.
   */
  zeroDates: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.Literals(["keep", "null", "refuse"]), Schema.Null]))
  ),
  /**
   * What a column holds that the binlog shows as bytes: one that is BINARY(16) and means a `uuid`, or a UUID that is
   * wanted as bytes (`binary`, base64 in events). MariaDB's own UUID, INET4, INET6 and VECTOR are found out.
   */
  columnTypes: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Literals(["uuid", "inet4", "inet6", "vector", "binary"]))
  )
}

export const LearnerTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("learner"),
  fields: Schema.Struct({
    employeeNo: Schema.optionalKey(Column),
    phone: Schema.optionalKey(Column),
    email: Schema.optionalKey(Column),
    name: Schema.optionalKey(Column)
  })
})

export const AssessmentTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("assessment"),
  fields: Schema.Struct({
    title: Schema.optionalKey(Column),
    max: Schema.optionalKey(Column),
    pass: Schema.optionalKey(Column)
  })
})

/** What a target column can be filled from. `attributes.<name>` names one of the score table's attributes. */
export const TARGET_SOURCES = [
  "employee",
  "resultId",
  "learner.id",
  "assessment.id",
  "assessment.title",
  "assessment.max",
  "assessment.pass",
  "score.raw",
  "score.min",
  "score.max",
  "score.pass",
  "score.text",
  "attempt.number",
  "attempt.startedAt",
  "attempt.submittedAt",
  "attempt.gradedAt",
  "event.id",
  "event.time"
] as const
export type TargetSource = (typeof TARGET_SOURCES)[number] | `attributes.${string}`

const TargetSourceName = Schema.String.check(
  Schema.makeFilter(
    (text) =>
      (TARGET_SOURCES as ReadonlyArray<string>).includes(text) ||
      /^attributes\..+$/.test(text) ||
      `expected one of ${TARGET_SOURCES.join(", ")} or attributes.<name>`,
    { toJsonSchema: () => ({ anyOf: [{ enum: [...TARGET_SOURCES] }, { pattern: "^attributes\\..+$" }] }) }
  )
)

const DecimalNumber = Schema.Union([
  Schema.Finite,
  Schema.String.check(
    Schema.isPattern(/^-?\d+(\.\d+)?$/u, {
      expected: "a decimal number such as 0.05, in quotes where it is long"
    })
  )
])

/** A source that is converted on its way; what is left out is not done. */
export const ColumnConversion = Schema.Struct({
  from: TargetSourceName,
  /** `trim` takes white space from both ends; `upper` and `lower` change A–Z. */
  text: Schema.optionalKey(Schema.NonEmptyArray(Schema.Literals(["trim", "upper", "lower"]))),
  /** Value: what is written for it; `null` writes NULL. */
  map: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean, Schema.Null]))
  ),
  /** What becomes of a value that is not in the map. `refuse` makes the change a dead letter. */
  otherwise: Schema.optionalKey(Schema.Union([Schema.Literals(["refuse", "null", "keep"]), Schema.Null])),
  /** Exact factor: 0.05 turns 0–100 into 0–5. */
  multiply: Schema.optionalKey(DecimalNumber),
  /** Digits behind the point. */
  decimals: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))),
  /** How they are reached: halves away from zero, halves to the even digit, cut, or refused where digits would be lost. */
  rounding: Schema.optionalKey(Schema.Literals(["half-up", "half-even", "truncate", "refuse"])),
  /** Zone in which a time is written, where it is not the target's. */
  timeZone: Schema.optionalKey(TimeZoneName),
  /** A time as text: YYYY, MM, DD, HH, mm, ss and what stands between them. */
  format: Schema.optionalKey(Schema.NonEmptyString)
})
export type ColumnConversion = typeof ColumnConversion.Type

/** An existing HR table; its shape is never altered. */
export const TargetTable = Schema.Struct({
  table: TableName,
  /** Columns of a unique index; one of them must be filled from `resultId`. */
  key: keyColumns,
  /** Target column: what fills it. A constant is written `{ value: … }`, a conversion `{ from: …, … }`. */
  columns: Schema.Record(
    Schema.String,
    Schema.Union([
      TargetSourceName,
      ColumnConversion,
      Schema.Struct({ value: Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]) })
    ])
  ),
  /** What a revoked score does to its row. `flag` writes the given columns and keeps the row. Default delete. */
  onRevoke: Schema.optionalKey(
    Schema.Union([
      Schema.Literals(["delete", "ignore"]),
      Schema.Struct({
        flag: Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
      })
    ])
  )
})
export type TargetTable = typeof TargetTable.Type

/**
 * gradewire's own table `gradewire.training_record`, which it makes and keeps. `hide`, the default, keeps a revoked row
 * and shows it in no view; `delete` keeps it in the history alone; `ignore` leaves it as it was.
 */
const OwnTarget = Schema.Struct({
  table: Schema.Literal("own"),
  onRevoke: Schema.optionalKey(Schema.Literals(["hide", "delete", "ignore"]))
})

export const ScoreTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("score"),
  fields: Schema.Struct({
    learner: Schema.optionalKey(Column),
    employeeNo: Schema.optionalKey(Column),
    phone: Schema.optionalKey(Column),
    email: Schema.optionalKey(Column),
    assessment: Schema.optionalKey(Column),
    raw: Schema.optionalKey(Column),
    min: Schema.optionalKey(Column),
    max: Schema.optionalKey(Column),
    pass: Schema.optionalKey(Column),
    text: Schema.optionalKey(Column),
    attempt: Schema.optionalKey(Column),
    startedAt: Schema.optionalKey(Column),
    submittedAt: Schema.optionalKey(Column),
    gradedAt: Schema.optionalKey(Column)
  }),
  attributes: Schema.optionalKey(Schema.Record(Schema.String, Column)),
  /** Where its scores are filed: an existing table, or gradewire's own. Default own. */
  target: Schema.optionalKey(Schema.Union([Schema.Literal("own"), OwnTarget, TargetTable]))
})
export type ScoreTable = typeof ScoreTable.Type

/** Published as they are for other consumers; not applied to the HR database. */
export const RowTable = Schema.Struct({
  ...sourceTable,
  as: Schema.Literal("row"),
  columns: Schema.NonEmptyArray(Column)
})

export const TableConfig = Schema.Union([ScoreTable, LearnerTable, AssessmentTable, RowTable])
export type TableConfig = typeof TableConfig.Type

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
  http: Schema.optionalKey(Schema.Union([Schema.Literal(false), HttpConfig]))
})
export type ConnectorConfig = typeof ConnectorConfig.Type
