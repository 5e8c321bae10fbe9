/**
 * What a refused or broken connection means, by the server's error number and message, or the socket's error code.
 *
 * Never by the driver's name for a server error: mysql2 names MariaDB's numbers by MySQL's table and so calls a
 * server_id collision ER_INVALID_MFA_PLUGIN_SPECIFIED.
 */
import {
  ServerIdTaken,
  SourceAccessDenied,
  SourceConnectionLost,
  SourceMisconfigured,
  type ChangeSourceError
} from "../../src/capture/ChangeSource.ts"
import { BinlogMismatch, PositionPurged } from "../../src/capture/history-errors.ts"

/** What the classification needs to know about the attempt. */
export interface Attempt {
  readonly user: string
  readonly host: string
  readonly port: number
  readonly serverId: number
  /** Where reading was to start, or the last place that was read. */
  readonly file: string
  readonly position: number
}

/** The parts of a driver error that are looked at. */
export interface DriverError {
  readonly errno: number | undefined
  readonly code: string | undefined
  readonly message: string
}

const UNKNOWN: DriverError = { errno: undefined, code: undefined, message: "the driver gave no reason" }

export const driverError = (error: unknown): DriverError => {
  if (typeof error !== "object" || error === null) return UNKNOWN
  const { errno, code, message } = error as { errno?: unknown; code?: unknown; message?: unknown }
  return {
    errno: typeof errno === "number" ? errno : undefined,
    code: typeof code === "string" ? code : undefined,
    message: typeof message === "string" ? message : UNKNOWN.message
  }
}

type Rule = readonly [
  matches: (error: DriverError) => boolean,
  give: (error: DriverError, attempt: Attempt) => ChangeSourceError
]

const errno =
  (...numbers: ReadonlyArray<number>) =>
  (error: DriverError): boolean =>
    error.errno !== undefined && numbers.includes(error.errno)

const says =
  (pattern: RegExp) =>
  (error: DriverError): boolean =>
    pattern.test(error.message)

const both =
  (one: (error: DriverError) => boolean, other: (error: DriverError) => boolean) =>
  (error: DriverError): boolean =>
    one(error) && other(error)

const denied = (error: DriverError, attempt: Attempt) =>
  new SourceAccessDenied({ message: error.message, user: attempt.user })

const taken = (error: DriverError, attempt: Attempt) =>
  new ServerIdTaken({ message: error.message, serverId: attempt.serverId })

const placeIn = ({ file, position }: Attempt): string => `${file}:${position}`

const purged = (error: DriverError, attempt: Attempt) =>
  new PositionPurged({ message: error.message, place: placeIn(attempt) })

const mismatch = (error: DriverError, attempt: Attempt) =>
  new BinlogMismatch({
    message: error.message,
    place: placeIn(attempt),
    expected: `a transaction at ${placeIn(attempt)}`,
    found: "no event at this place"
  })

const tls = (error: DriverError, attempt: Attempt) =>
  new SourceMisconfigured({
    message: `TLS to ${attempt.host}:${attempt.port}: ${error.message}`,
    setting: "source.tls",
    fix: "Give the certificate authority that signed the server's certificate in source.tls.ca, or choose another source.tls.mode."
  })

/** First match wins. Messages: mysql-server sql/rpl_binlog_sender.cc and rpl_source.cc, MariaDB sql/sql_repl.cc. */
const RULES: ReadonlyArray<Rule> = [
  [says(/same server_uuid\/server_id|same server_id|server_id .* already connected/i), taken],
  // ER_ACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_SPECIFIC_ACCESS_DENIED_ERROR,
  // ER_HOST_NOT_PRIVILEGED, ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ER_MUST_CHANGE_PASSWORD_LOGIN, ER_ACCOUNT_HAS_BEEN_LOCKED
  [errno(1045, 1044, 1142, 1227, 1130, 1698, 1862, 3118), denied],
  [
    both(errno(1236), says(/binary log is not open|Binary log is not open|not enabled/i)),
    (error) =>
      new SourceMisconfigured({
        message: error.message,
        setting: "log_bin",
        fix: "log_bin = binlog under [mysqld] in my.cnf, then restart the server."
      })
  ],
  // ER_NO_BINARY_LOGGING
  [
    errno(1381),
    (error) =>
      new SourceMisconfigured({
        message: error.message,
        setting: "log_bin",
        fix: "log_bin = binlog under [mysqld] in my.cnf, then restart the server."
      })
  ],
  [both(errno(1236), says(/could not find (first|next) log|purged|missing/i)), purged],
  [
    both(
      errno(1236),
      says(
        /impossible position|position > file size|bogus data|not a valid|truncated in the middle|corrupt|read error|wrong offset|max_allowed_packet|Could not open log/i
      )
    ),
    mismatch
  ],
  [
    both(errno(1236), says(/checksum/i)),
    (error) =>
      new SourceMisconfigured({
        message: error.message,
        setting: "binlog_checksum",
        fix: "SET GLOBAL binlog_checksum = CRC32;"
      })
  ],
  [errno(1236), purged],
  [says(/does not support secure connection/i), tls],
  [(error) => /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ERR_TLS|HANDSHAKE_SSL/.test(error.code ?? ""), tls]
]

/** Everything that no rule knows is worth another attempt: servers restart, networks break, dump threads are killed. */
export const classifyError = (error: DriverError, attempt: Attempt): ChangeSourceError => {
  for (const [matches, give] of RULES) if (matches(error)) return give(error, attempt)
  return new SourceConnectionLost({ message: `${attempt.host}:${attempt.port}: ${error.message}` })
}
