import { describe, expect, it } from "vitest"
import { classifyError, classOf, type ErrorClass } from "../../../connectors/hr/postgres/classify-error.ts"

const place = { server: "hr.example:5432/hr", grants: "GRANT SELECT ON hr.employee TO gradewire;" }

const serverError = (code: string, over: object = {}) =>
  Object.assign(new Error("duplicate key value: Anna, 13800000001"), {
    code,
    severity: "ERROR",
    detail: "Key (phone)=(13800000001) already exists.",
    ...over
  })

const TABLE: ReadonlyArray<readonly [code: string, is: ErrorClass, what: string]> = [
  ["08000", "unavailable", "connection exception"],
  ["08006", "unavailable", "connection failure"],
  ["08P01", "unavailable", "protocol violation"],
  ["0A000", "misconfigured", "feature not supported"],
  ["21000", "refused", "one target row met twice"],
  ["22001", "refused", "text too long"],
  ["22003", "refused", "number out of range"],
  ["22021", "refused", "character not in repertoire"],
  ["22P02", "refused", "invalid text representation"],
  ["22P05", "refused", "0x00 in text"],
  ["23502", "refused", "not null"],
  ["23503", "refused", "foreign key"],
  ["23505", "refused", "unique"],
  ["23514", "refused", "check"],
  ["23P01", "refused", "exclusion"],
  ["25006", "unavailable", "read-only transaction"],
  ["25P02", "unavailable", "failed transaction"],
  ["26000", "unavailable", "prepared statement gone"],
  ["28000", "misconfigured", "authorization"],
  ["28P01", "misconfigured", "password"],
  ["3D000", "misconfigured", "no such database"],
  ["3F000", "misconfigured", "no such schema"],
  ["40001", "contended", "serialization failure"],
  ["40003", "unavailable", "outcome unknown"],
  ["40P01", "contended", "deadlock"],
  ["42501", "misconfigured", "insufficient privilege"],
  ["42703", "misconfigured", "no such column"],
  ["42P01", "misconfigured", "no such table"],
  ["42P10", "misconfigured", "no unique index for ON CONFLICT"],
  ["44000", "refused", "WITH CHECK OPTION"],
  ["53100", "unavailable", "disk full"],
  ["53200", "unavailable", "out of memory"],
  ["53300", "unavailable", "too many connections"],
  ["54000", "refused", "row too large for its index"],
  ["55000", "misconfigured", "object not in prerequisite state"],
  ["55006", "contended", "object in use"],
  ["55P03", "contended", "lock not available"],
  ["57014", "contended", "statement timeout"],
  ["57P01", "unavailable", "admin shutdown"],
  ["57P03", "unavailable", "starting up"],
  ["58030", "unavailable", "I/O error"],
  ["P0001", "refused", "raise exception"],
  ["HR042", "refused", "a trigger's own code"],
  ["XX000", "unavailable", "internal error"],
  ["XX001", "misconfigured", "corrupted"]
]

describe("errors of PostgreSQL", () => {
  it.each(TABLE)("%s is %s: %s (G3)", (code, is) => {
    expect(classOf(code)).toBe(is)
    const fates = {
      unavailable: "retry",
      contended: "retry",
      refused: "park",
      misconfigured: "halt"
    } as const
    expect(classifyError(serverError(code), place).fate).toBe(fates[is])
  })

  it("name code, constraint and table, never the server's message or detail (G9)", () => {
    const error = classifyError(
      serverError("23505", {
        schema: "hr",
        table: "employee",
        constraint: "employee_phone_key",
        column: "phone"
      }),
      place
    )
    expect(error).toMatchObject({
      _tag: "RowRefused",
      detail: "23505 constraint employee_phone_key column phone on hr.employee"
    })
    expect(JSON.stringify(error) + error.message + error.remedy).not.toMatch(/Anna|138/)
  })

  it("missing rights come with the statements that give them (G3)", () => {
    expect(classifyError(serverError("42501"), place).remedy).toBe(place.grants)
  })

  it.each([
    ["42501", "permission denied for table employee", "42501 table employee", true],
    ["42501", "keine Berechtigung", "42501", true],
    ["42703", "column e.mobile does not exist", "42703 column e.mobile", true],
    ["42P01", 'relation "hr.employee" does not exist', "42P01 relation hr.employee", true],
    [
      "42P01",
      'relation "gradewire.held_change" does not exist',
      "42P01 relation gradewire.held_change",
      false
    ],
    ["42P01", "Anna", "42P01", false],
    ["28P01", "password authentication failed", "28P01", false]
  ])(
    "what HR took away is named and can return, ours is made by a start: %s %s (G3, G9)",
    (code, message, named, canReturn) => {
      const error = classifyError(serverError(code, { message }), place)
      expect(error).toMatchObject({ _tag: "StoreMisconfigured", canReturn })
      expect(error.message).toMatch(new RegExp(`configuration: ${named}$`))
    }
  )

  it.each([
    [Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
    [Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }), "ENOTFOUND"],
    [Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }), "ECONNRESET"],
    [new Error("Connection terminated unexpectedly"), "CONNECTION_LOST"],
    [new Error("Query read timeout"), "TIMEOUT"],
    [new Error("timeout expired"), "TIMEOUT"],
    ["not even an error", "CONNECTION_LOST"],
    [undefined, "CONNECTION_LOST"]
  ])("without a server's answer it is unavailable: %s (G3)", (cause, code) => {
    expect(classifyError(cause, place)).toMatchObject({ _tag: "StoreUnavailable", code })
  })

  it.each([
    [new Error("The server does not support SSL connections"), "NO_TLS"],
    [Object.assign(new Error("x"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [Object.assign(new Error("x"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }), "ERR_TLS_CERT_ALTNAME_INVALID"],
    [Object.assign(new Error("x"), { code: "CERT_HAS_EXPIRED" }), "CERT_HAS_EXPIRED"]
  ])("TLS that does not fit is the configuration's: %s (G3)", (cause, code) => {
    expect(classifyError(cause, place)).toMatchObject({ _tag: "StoreMisconfigured", code })
  })
})
