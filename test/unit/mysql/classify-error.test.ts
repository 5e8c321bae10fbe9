import { describe, expect, it } from "vitest"
import { classifyError, driverError } from "../../../connectors/mysql/classify-error.ts"
import { defaultServerId } from "../../../connectors/mysql/source-options.ts"

const ATTEMPT = { user: "reader", host: "db", port: 3306, serverId: 77, file: "binlog.000003", position: 198 }

const purged = "Could not find first log file name in binary log index file"

describe("an error of the server or the network", () => {
  it.each([
    [1045, "Access denied for user 'reader'@'10.0.0.1' (using password: YES)", "SourceAccessDenied"],
    [1044, "Access denied for user 'reader'@'%' to database 'lms'", "SourceAccessDenied"],
    [1142, "SELECT command denied to user 'reader'@'%' for table 'exam'", "SourceAccessDenied"],
    [
      1227,
      "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s)",
      "SourceAccessDenied"
    ],
    [1130, "Host '10.0.0.1' is not allowed to connect to this MySQL server", "SourceAccessDenied"],
    [1698, "Access denied for user 'root'@'localhost'", "SourceAccessDenied"],
    [3118, "Access denied for user 'reader'@'%'. Account is locked.", "SourceAccessDenied"],
    [1236, purged, "PositionPurged"],
    [1236, "Could not find next log; the first event 'binlog.000003' at 4", "PositionPurged"],
    [1236, "Cannot replicate because the source purged required binary logs.", "PositionPurged"],
    [
      1236,
      "A slave with the same server_uuid/server_id as this slave has connected to the master",
      "ServerIdTaken"
    ],
    [4052, "A slave with the same server_uuid/server_id is already connected", "ServerIdTaken"],
    [1236, "Client requested source to start replication from position > file size", "BinlogMismatch"],
    [1236, "Client requested master to start replication from impossible position", "BinlogMismatch"],
    [1236, "bogus data in log event; the first event 'binlog.000003' at 205", "BinlogMismatch"],
    [1236, "binlog truncated in the middle of event; consider out of disk space on master", "BinlogMismatch"],
    [
      1236,
      "log event entry exceeded max_allowed_packet; Increase max_allowed_packet on source",
      "BinlogMismatch"
    ],
    [1236, "Binary log is not open", "SourceMisconfigured"],
    [1381, "You are not using binary logging", "SourceMisconfigured"],
    [
      1236,
      "Slave can not handle replication events with the checksum that master is configured to log",
      "SourceMisconfigured"
    ],
    [1053, "Server shutdown in progress", "SourceConnectionLost"],
    [1317, "Query execution was interrupted", "SourceConnectionLost"],
    [1040, "Too many connections", "SourceConnectionLost"],
    [2013, "Lost connection to MySQL server during query", "SourceConnectionLost"]
  ])("%i %s is %s (G3)", (errno, message, tag) => {
    const error = classifyError(
      driverError(Object.assign(new Error(message), { errno, code: "ER_WRONG_NAME" })),
      ATTEMPT
    )
    expect(error._tag).toBe(tag)
    expect(error.remedy).not.toBe("")
    expect(error.fate).toBe(tag === "SourceConnectionLost" ? "retry" : "halt")
  })

  it.each([
    ["ECONNREFUSED", "connect ECONNREFUSED 10.0.0.1:3306", "SourceConnectionLost"],
    [
      "PROTOCOL_CONNECTION_LOST",
      "Connection lost: The server closed the connection.",
      "SourceConnectionLost"
    ],
    ["ENOTFOUND", "getaddrinfo ENOTFOUND db", "SourceConnectionLost"],
    ["HANDSHAKE_NO_SSL_SUPPORT", "Server does not support secure connection", "SourceMisconfigured"],
    ["HANDSHAKE_SSL_ERROR", "self-signed certificate in certificate chain", "SourceMisconfigured"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain", "SourceMisconfigured"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate", "SourceMisconfigured"],
    [
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "Hostname/IP does not match certificate's altnames",
      "SourceMisconfigured"
    ]
  ])("%s is %s (G3)", (code, message, tag) => {
    expect(classifyError(driverError(Object.assign(new Error(message), { code })), ATTEMPT)._tag).toBe(tag)
  })

  it("is worth another attempt where nobody knows it (G3)", () => {
    for (const thrown of [undefined, null, "text", 7, {}, new Error("new in MySQL 12")]) {
      expect(classifyError(driverError(thrown), ATTEMPT)).toMatchObject({
        _tag: "SourceConnectionLost",
        fate: "retry"
      })
    }
  })

  it("is told with the numbers of the attempt (G3)", () => {
    const at = { place: "binlog.000003:198" }
    expect(classifyError({ errno: 1236, code: undefined, message: purged }, ATTEMPT)).toMatchObject(at)
    expect(
      classifyError({ errno: 1, code: undefined, message: "same server_uuid/server_id" }, ATTEMPT)
    ).toMatchObject({ serverId: 77 })
  })
})

it("a connector's default server_id is its own, stays the same, and lies far from a replica's (G6)", () => {
  const ids = ["lms-to-hr", "lms-to-hr2", "考试", ""].map(defaultServerId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toEqual(["lms-to-hr", "lms-to-hr2", "考试", ""].map(defaultServerId))
  for (const id of ids) {
    expect(id).toBeGreaterThanOrEqual(2 ** 30)
    expect(id).toBeLessThan(2 ** 31)
  }
})
