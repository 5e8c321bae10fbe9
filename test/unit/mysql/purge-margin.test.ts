import { describe, expect, it } from "vitest"
import { purgeFinding, retentionOf } from "../../../connectors/mysql/purge-margin.ts"

describe("the retention of the binlog", () => {
  it.each([
    [{ binlog_expire_logs_seconds: "2592000", expire_logs_days: "0" }, 2_592_000],
    [{ binlog_expire_logs_seconds: "3600", expire_logs_days: "7" }, 3600],
    [{ binlog_expire_logs_seconds: "0", expire_logs_days: "7" }, 604_800],
    [{ expire_logs_days: "7.5" }, 648_000],
    [{ binlog_expire_logs_seconds: "0" }, "never"],
    [{ expire_logs_days: "0" }, "never"],
    [{ binlog_expire_logs_seconds: "3600", binlog_expire_logs_auto_purge: "OFF" }, "never"],
    [{ binlog_expire_logs_seconds: "3600", max_binlog_total_size: "1073741824" }, null],
    [{}, "never"]
  ])("of %j is %s (G1)", (variables, seconds) => {
    expect(retentionOf(new Map(Object.entries(variables)))).toBe(seconds)
  })
})

describe("the purge margin's finding", () => {
  const needed = { file: "binlog.000007", server: "mysql:x" }
  it.each([
    [100, "ok", "100.0 h for binlog.000007"],
    [24, "ok", "24.0 h for binlog.000007"],
    [23.9, "warning", "23.9 h for binlog.000007"],
    [2, "warning", "2.0 h for binlog.000007"],
    [1.99, "error", "2.0 h for binlog.000007"],
    [0, "error", "binlog.000007 is purged, or may be at any moment"],
    [null, "warning", "unknown for binlog.000007"],
    ["never", "ok", "binlog.000007 is kept for ever"]
  ] as const)("of %s hours is %s (G1)", (margin, severity, found) => {
    const finding = purgeFinding(needed, margin)
    expect(finding).toMatchObject({ severity, found })
    expect(finding.fix === "").toBe(severity === "ok")
  })

  it("is fine where nothing has been applied yet (G1)", () => {
    expect(purgeFinding(undefined, null)).toMatchObject({ severity: "ok" })
  })
})
