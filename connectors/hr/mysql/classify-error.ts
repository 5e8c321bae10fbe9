/**
 * What an error of MySQL, of MariaDB or of the way to them means for a batch, decided by the server's error number
 * (MySQL Server Error Message Reference; MariaDB Error Codes: below 1900 the two agree, and what follows is named).
 *
 * Never by the driver's name for a number: mysql2 names MariaDB's numbers by MySQL's table. A server's message may hold
 * values of a person, so nothing of it goes on but the names of columns, keys and constraints that it ends with (G9).
 * A number that is not listed is taken for a row's fault: triggers raise numbers of their own, and apply never stops
 * for one row (G3).
 */
import {
  RowRefused,
  StoreContended,
  StoreMisconfigured,
  StoreUnavailable,
  type ProfileStoreError
} from "../../../src/apply/ProfileStore.ts"

export type ErrorClass = "unavailable" | "contended" | "refused" | "misconfigured"

const NUMBERS: Readonly<Record<Exclude<ErrorClass, "refused">, ReadonlyArray<number>>> = {
  unavailable: [
    1021, // disk full, waiting for someone to free some space
    1030, // storage engine's own trouble, disk full among it
    1037,
    1041, // out of memory
    1040,
    1203,
    1226, // too many connections, of this user, of this hour
    1047, // Galera: this node is not part of the cluster yet
    1053,
    1077,
    1079, // shutting down
    1080,
    1152,
    1158,
    1159,
    1160,
    1161,
    1184,
    1927, // connection aborted or killed
    1114, // table or temporary space full
    1129, // host blocked after many failed connections
    1180,
    1181, // error during COMMIT, during ROLLBACK
    1290,
    1792,
    1836, // --read-only, read-only transaction, read-only mode: a failover under way
    1135, // no thread for a connection
    3100, // replication hook failed at COMMIT
    3032 // server is offline (offline_mode)
  ],
  contended: [
    1020, // MariaDB: the row has changed since the snapshot
    1205,
    1213, // lock wait timeout, deadlock
    1206, // lock table full
    1317,
    3024,
    1969, // interrupted by an administrator; max_execution_time; MariaDB's max_statement_time
    1412,
    1615, // table definition changed under the transaction
    3101,
    3572,
    4031 // certification lost to another writer; NOWAIT; idle connection closed by the server
  ],
  misconfigured: [
    1031,
    1036, // engine without the option, read-only table
    1034,
    1194,
    1195,
    1712,
    1877, // damaged table or index
    1044,
    1045,
    1142,
    1143,
    1227,
    1370,
    1698,
    1130,
    1251,
    1820,
    1862,
    3118,
    3159,
    3955,
    4151, // who we are, what we may
    1046,
    1049,
    1051,
    1054,
    1109,
    1146,
    1305,
    1356,
    1449, // what is not there
    1064,
    1115,
    1137,
    1149,
    1193,
    1231,
    1235,
    1267,
    1271,
    1273, // what the server does not know
    1288,
    1347,
    1348,
    1393,
    1394,
    1395,
    1423,
    1471, // views that cannot be written
    1665,
    1785,
    1786, // binlog_format = STATEMENT; GTID consistency
    1906,
    3105 // a generated column cannot be written, MariaDB's and MySQL's
  ]
}

const CLASSES: ReadonlyMap<number, ErrorClass> = new Map(
  (["unavailable", "contended", "misconfigured"] as const).flatMap((name) =>
    NUMBERS[name].map((errno) => [errno, name] as const)
  )
)

export const classOf = (errno: number): ErrorClass => CLASSES.get(errno) ?? "refused"

interface ServerError {
  readonly errno: number
  readonly message: string
  readonly isFatal: boolean
}

const field = (error: object, key: string): unknown => (error as Record<string, unknown>)[key]

/** `undefined` where no server answered: only a server's error has an SQLSTATE. */
export const serverErrorOf = (cause: unknown): ServerError | undefined => {
  if (typeof cause !== "object" || cause === null) return undefined
  const errno = field(cause, "errno")
  if (typeof errno !== "number" || errno < 1000 || typeof field(cause, "sqlState") !== "string")
    return undefined
  const message = field(cause, "sqlMessage") ?? field(cause, "message")
  return {
    errno,
    message: typeof message === "string" ? message : "",
    isFatal: field(cause, "fatal") === true
  }
}

type Names = readonly [label: string, pattern: RegExp]

const KEY: Names = ["key", /for key '([^']+)'$/]
/** At the end of the message: what stands before it is the value. MariaDB qualifies and quotes by backticks. */
const COLUMN_AT_ROW: Names = ["column", /for column (?:'([^']+)'|(`[^`]+`(?:\.`[^`]+`)*)) at row \d+$/]
const COLUMN_FIRST: Names = [
  "column",
  /^(?:Column|Field) '([^']+)' (?:cannot be null|doesn't have a default value)$/
]
const FOREIGN_KEY: Names = ["constraint", /, CONSTRAINT `([^`]+)` FOREIGN KEY/]

/** Where a message names something that is not a value, by error number. */
const NAMES: Readonly<Record<number, Names>> = {
  1022: KEY,
  1048: COLUMN_FIRST,
  1054: ["column", /^Unknown column '([^']+)' in /],
  1062: KEY,
  1142: [
    "table",
    /^[A-Z, ]+ command denied to user '[^']*'@'[^']*' for table (?:'([^']+)'|(`[^`]+`(?:\.`[^`]+`)*))$/
  ],
  1143: ["column", /^[A-Z, ]+ command denied to user '[^']*'@'[^']*' for column '([^']+)' in table /],
  1146: ["table", /^Table '([^']+)' doesn't exist$/],
  1264: COLUMN_AT_ROW,
  1265: COLUMN_AT_ROW,
  1292: COLUMN_AT_ROW,
  1364: COLUMN_FIRST,
  1366: COLUMN_AT_ROW,
  1406: COLUMN_AT_ROW,
  1451: FOREIGN_KEY,
  1452: FOREIGN_KEY,
  1586: KEY,
  3819: ["constraint", /^Check constraint '([^']+)' is violated\.?$/],
  4025: ["constraint", /^CONSTRAINT `([^`]+)` failed for `[^`]+`\.`[^`]+`$/]
}

/** `1062 key training_record.system` */
const detailOf = ({ errno, message }: ServerError): string => {
  const names = NAMES[errno]
  const found = names?.[1].exec(message)
  const name = found?.[1] ?? found?.[2]?.replaceAll("`", "")
  return names === undefined || name === undefined ? String(errno) : `${errno} ${names[0]} ${name}`
}

/** Rights and columns, and tables that are not ours: those a start makes anew, which nobody should wait for. */
const canReturn = (errno: number, detail: string): boolean =>
  [1044, 1054, 1142, 1143].includes(errno) || (errno === 1146 && /^1146 table (?!gradewire\.)/.test(detail))

/** Where the error was met, for its text. */
export interface ErrorPlace {
  /** `127.0.0.1:3306` */
  readonly server: string
  /** Statements that give the rights gradewire needs, for missing rights. */
  readonly grants: string
}

export const classifyError = (cause: unknown, place: ErrorPlace): ProfileStoreError => {
  const error = serverErrorOf(cause)
  if (error === undefined) return connectionError(cause, place)
  const detail = detailOf(error)
  const code = String(error.errno)
  switch (classOf(error.errno)) {
    case "unavailable":
      return new StoreUnavailable({
        message: `HR database ${place.server} cannot serve now: ${detail}`,
        code
      })
    case "contended":
      return new StoreContended({
        message: `HR database ${place.server} gave the batch up for others: ${detail}`,
        code
      })
    case "refused":
      return new RowRefused({
        message: `HR database ${place.server} refused a row: ${detail}`,
        code,
        detail
      })
    case "misconfigured":
      return new StoreMisconfigured({
        message: `HR database ${place.server} does not fit the configuration: ${detail}`,
        code,
        fix: fixOf(error.errno, place),
        canReturn: canReturn(error.errno, detail)
      })
  }
}

/** Codes that node and the driver give where the way to the server is not what the configuration says. */
const TLS_CODES =
  /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO|HANDSHAKE_SSL)/
const NO_TLS = "HANDSHAKE_NO_SSL_SUPPORT"

const connectionError = (cause: unknown, place: ErrorPlace): ProfileStoreError => {
  const given = typeof cause === "object" && cause !== null ? field(cause, "code") : undefined
  const code = typeof given === "string" ? given : "CONNECTION_LOST"
  const lacksTls = code === NO_TLS
  if (lacksTls || TLS_CODES.test(code)) {
    return new StoreMisconfigured({
      message: `HR database ${place.server} cannot be reached over TLS as configured`,
      code: lacksTls ? "NO_TLS" : code,
      fix: lacksTls
        ? "Give the HR database a certificate (ssl_cert, ssl_key), or set target.tls.mode: disable."
        : "Check target.tls: mode, caFile, and the name in the server's certificate."
    })
  }
  return new StoreUnavailable({
    message: `HR database ${place.server} is not reachable`,
    code: code === "PROTOCOL_SEQUENCE_TIMEOUT" || code === "ETIMEDOUT" ? "TIMEOUT" : code
  })
}

const FIXES: ReadonlyArray<readonly [errnos: ReadonlyArray<number>, fix: (place: ErrorPlace) => string]> = [
  [[1044, 1142, 1143, 1227, 1370], (place) => place.grants],
  [
    [1045, 1130, 1251, 1698, 1820, 1862, 3118, 3955, 4151],
    () => "Check target.user and target.password, and the account's host, plugin and lock on the HR database."
  ],
  [
    [3159],
    () => "The HR database takes no connection without TLS: set target.tls.mode: require, or verify-identity."
  ],
  [[1049, 1146], () => "Run gradewire migrate, then gradewire check to see which table is missing."],
  [[1665], () => "SET GLOBAL binlog_format = ROW; -- and binlog_format = ROW under [mysqld] in my.cnf"],
  [
    [1034, 1194, 1195, 1712, 1877],
    () => "The HR database reports damage. Restore it from a backup; gradewire replays the rest."
  ]
]

const fixOf = (errno: number, place: ErrorPlace): string =>
  FIXES.find(([errnos]) => errnos.includes(errno))?.[1](place) ??
  "Run gradewire check: it names every table, column and right that does not fit."
