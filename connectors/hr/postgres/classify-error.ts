/**
 * What an error of PostgreSQL or of the way to it means for a batch, decided by SQLSTATE alone
 * (PostgreSQL manual, appendix A).
 *
 * A server's message and detail may hold values of a person, so neither goes on (G9): names of constraint, table and
 * column, and the code, are all that does. A code that is not listed is taken for a row's fault: triggers raise
 * codes of their own, and apply never stops for one row (G3).
 */
import {
  RowRefused,
  StoreContended,
  StoreMisconfigured,
  StoreUnavailable,
  type ProfileStoreError
} from "../../../src/apply/ProfileStore.ts"
import { refusalIn } from "./conversion-sql.ts"

export type ErrorClass = "unavailable" | "contended" | "refused" | "misconfigured"

/** Longest prefix wins. */
const CLASSES: Readonly<Record<string, ErrorClass>> = {
  "08": "unavailable", // connection exception
  "0A": "misconfigured", // feature not supported
  "0B": "unavailable", // invalid transaction initiation
  "22": "refused", // data exception, 22P05: 0x00 has no place in text
  "23": "refused", // constraint
  "21": "refused", // two rows of a batch met in one target row; alone they do not
  "25": "unavailable", // transaction state, 25006: read-only, a failover under way
  "26": "unavailable", // prepared statement gone, a pooler's doing: a new connection has none
  "28": "misconfigured", // who we are
  "3D": "misconfigured", // no such database
  "3F": "misconfigured", // no such schema
  "40": "contended", // serialization failure, deadlock
  "40003": "unavailable", // outcome unknown
  "42": "misconfigured", // tables, columns, rights
  "44": "refused", // WITH CHECK OPTION
  "53": "unavailable", // disk, memory, connections
  "54": "refused", // a row too large for an index or a page
  "55": "contended", // lock not available, object in use
  "55000": "misconfigured",
  "57": "contended", // statement timeout, cancelled by an administrator
  "57P": "unavailable", // shutting down, starting up
  "58": "unavailable", // I/O
  P0: "refused", // RAISE in a trigger
  XX: "unavailable", // internal
  XX001: "misconfigured", // corruption: going on makes it worse
  XX002: "misconfigured"
}

/** Codes that node and the driver give where no server answered. */
const TLS_CODES = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/

export const classOf = (code: string): ErrorClass => {
  for (let length = 5; length >= 2; length--) {
    const found = CLASSES[code.slice(0, length)]
    if (found !== undefined) return found
  }
  return "refused"
}

interface ServerError {
  readonly code: string
  readonly schema: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly constraint: string | undefined
  /** A refusal of our own (conversion-sql.ts). Nothing else of the server's message goes on (G9). */
  readonly refusal: string | undefined
  /** `table employee` */
  readonly missing: string | undefined
}

const textOf = (error: object, key: string): string | undefined => {
  const value = (error as Record<string, unknown>)[key]
  return typeof value === "string" && value !== "" ? value : undefined
}

/** The server's own fields; `undefined` where no server answered. SQLSTATEs are five of 0–9 and A–Z, with a severity. */
const serverError = (cause: unknown): ServerError | undefined => {
  if (typeof cause !== "object" || cause === null) return undefined
  const code = textOf(cause, "code")
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || textOf(cause, "severity") === undefined)
    return undefined
  const message = textOf(cause, "message") ?? ""
  return {
    code,
    missing: namedIn(code, message),
    schema: textOf(cause, "schema"),
    table: textOf(cause, "table"),
    column: textOf(cause, "column"),
    constraint: textOf(cause, "constraint"),
    refusal: refusalIn(message)
  }
}

/**
 * Where a message names no value but what is missing, and only there is it read: these carry none of the fields above.
 * A server that speaks another language leaves it unnamed.
 */
const NAMED: Readonly<Record<string, RegExp>> = {
  "42501": /^permission denied for ((?:table|view|schema|relation|materialized view|foreign table) \S+)$/,
  "42703": /^(column .+) does not exist$/,
  "42P01": /^(relation .+) does not exist$/,
  "3F000": /^(schema .+) does not exist$/
}

const namedIn = (code: string, message: string): string | undefined =>
  NAMED[code]?.exec(message)?.[1]?.replaceAll('"', "")

/** Ours are made anew by a start, which nobody should wait for. */
const canReturn = ({ code, missing }: ServerError): boolean =>
  code === "42501" ||
  code === "42703" ||
  (code === "42P01" && missing?.startsWith("relation gradewire.") === false)

/** `23503 constraint training_record_employee_fkey on hr.training_record` */
const detailOf = (error: ServerError): string => {
  if (error.refusal !== undefined) return `column ${error.refusal}`
  const table =
    error.table === undefined
      ? undefined
      : `${error.schema === undefined ? "" : `${error.schema}.`}${error.table}`
  return [
    error.code,
    error.constraint && `constraint ${error.constraint}`,
    error.column && `column ${error.column}`,
    error.missing,
    table && `on ${table}`
  ]
    .filter((part) => part !== undefined)
    .join(" ")
}

/** Where the error was met, for its text. */
export interface ErrorPlace {
  /** `127.0.0.1:5432/hr` */
  readonly server: string
  /** Statements that give the rights gradewire needs, for missing rights. */
  readonly grants: string
}

export const classifyError = (cause: unknown, place: ErrorPlace): ProfileStoreError => {
  const error = serverError(cause)
  if (error === undefined) return connectionError(cause, place)
  const detail = detailOf(error)
  switch (classOf(error.code)) {
    case "unavailable":
      return new StoreUnavailable({
        message: `HR database ${place.server} cannot serve now: ${detail}`,
        code: error.code
      })
    case "contended":
      return new StoreContended({
        message: `HR database ${place.server} gave the batch up for others: ${detail}`,
        code: error.code
      })
    case "refused":
      return new RowRefused({
        message: `HR database ${place.server} refused a row: ${detail}`,
        code: error.code,
        detail
      })
    case "misconfigured":
      return new StoreMisconfigured({
        message: `HR database ${place.server} does not fit the configuration: ${detail}`,
        code: error.code,
        fix: fixOf(error.code, place),
        canReturn: canReturn(error)
      })
  }
}

const connectionError = (cause: unknown, place: ErrorPlace): ProfileStoreError => {
  const code = typeof cause === "object" && cause !== null ? textOf(cause, "code") : undefined
  const message = cause instanceof Error ? cause.message : ""
  const lacksTls = message === "The server does not support SSL connections"
  if (lacksTls || (code !== undefined && TLS_CODES.test(code))) {
    return new StoreMisconfigured({
      message: `HR database ${place.server} cannot be reached over TLS as configured`,
      code: lacksTls ? "NO_TLS" : code!,
      fix: lacksTls
        ? "Set ssl = on on the HR database, or target.tls.mode: disable."
        : "Check target.tls: mode, caFile, and the name in the server's certificate."
    })
  }
  const timedOut = message === "Query read timeout" || /timeout/i.test(message)
  return new StoreUnavailable({
    message: `HR database ${place.server} is not reachable`,
    code: code ?? (timedOut ? "TIMEOUT" : "CONNECTION_LOST")
  })
}

const fixOf = (code: string, place: ErrorPlace): string => {
  if (code === "42501") return place.grants
  if (code.startsWith("28"))
    return "Check target.user and target.password, and the line for them in pg_hba.conf."
  if (code === "3D000") return "Check target.database."
  if (code === "42P01" || code === "3F000")
    return "Run gradewire migrate, then gradewire check to see which table is missing."
  if (code === "42P10") return "Run gradewire check: it prints the unique index that target.key needs."
  if (code.startsWith("XX"))
    return "The HR database reports corruption. Restore it from a backup; gradewire replays the rest."
  return "Run gradewire check: it names every table, column and right that does not fit."
}
